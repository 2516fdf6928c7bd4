//! MessagePack that is incomplete, overlong or of another type.

use phi_seal::Serde;
use phi_seal::codec::Value;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use super::{Note, stored};
use crate::{decoded, refusal};

pub(super) const INCOMPLETE: &str = "a structured value must be one complete MessagePack value";
pub(super) const TRAILING: &str = "a structured value must end where its MessagePack ends";
const OTHER_FORM: &str = "the stored MessagePack must have the form of the field's type";

/// Accepts whatever is well-formed.
pub(super) struct Anything;

impl Zeroize for Anything {
    fn zeroize(&mut self) {}
}

impl Serialize for Anything {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let whole = stored(&Note {
        text: "ok".into(),
        pages: 3,
        signed: None,
    });
    for tail in [&[0xc0][..], &[0], &[0x80], b"\xa1x", &whole] {
        assert_eq!(refusal::<Serde<Note>>(&[&whole, tail].concat()), TRAILING);
    }
    assert_eq!(
        refusal::<Serde<Note>>(&[&whole[..], &[0xc1]].concat()),
        TRAILING
    );
}

#[test]
fn every_cut_is_refused() {
    let whole = stored(&(1_u64 << 40, vec![String::from("a"); 20], 1.5_f64, -300_i32));
    for end in 0..whole.len() {
        assert_eq!(refusal::<Serde<Anything>>(&whole[..end]), INCOMPLETE);
    }
    assert!(decoded::<Serde<Anything>>(&whole).is_ok());
}

#[test]
fn huge_declared_lengths_allocate_nothing() {
    for marker in [0xc6, 0xc9, 0xdb, 0xdd, 0xdf] {
        let bytes = [marker, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(refusal::<Serde<Anything>>(&bytes), INCOMPLETE);
        assert_eq!(refusal::<Serde<Vec<u64>>>(&bytes), INCOMPLETE);
        assert_eq!(refusal::<Serde<Vec<()>>>(&bytes), INCOMPLETE);
        assert_eq!(refusal::<Serde<String>>(&bytes), INCOMPLETE);
        let nested = [&[0x91][..], &bytes, &[0xc0; 9]].concat();
        assert_eq!(refusal::<Serde<Vec<Vec<()>>>>(&nested), INCOMPLETE);
    }
}

#[test]
fn the_reserved_marker_is_refused() {
    for bytes in [
        &[0xc1][..],
        &[0x91, 0xc1],
        &[0x81, 0xc1, 0],
        &[0x81, 0, 0xc1],
    ] {
        assert_eq!(refusal::<Serde<Anything>>(bytes), INCOMPLETE);
    }
}

#[test]
fn every_marker_is_measured() {
    let payloads: [(&[u8], usize); 27] = [
        (&[0x7f], 0),
        (&[0xe0], 0),
        (&[0xc0], 0),
        (&[0xc2], 0),
        (&[0xbf], 31),
        (&[0xc4, 9], 9),
        (&[0xc5, 1, 0], 256),
        (&[0xc6, 0, 1, 0, 0], 65_536),
        (&[0xd9, 9], 9),
        (&[0xda, 1, 0], 256),
        (&[0xdb, 0, 1, 0, 0], 65_536),
        (&[0xca], 4),
        (&[0xcb], 8),
        (&[0xcc], 1),
        (&[0xcd], 2),
        (&[0xce], 4),
        (&[0xcf], 8),
        (&[0xd0], 1),
        (&[0xd1], 2),
        (&[0xd2], 4),
        (&[0xd3], 8),
        (&[0x93], 3),
        (&[0x83], 6),
        (&[0xdc, 1, 0], 256),
        (&[0xdd, 0, 1, 0, 0], 65_536),
        (&[0xde, 1, 0], 512),
        (&[0xdf, 0, 1, 0, 0], 131_072),
    ];
    for (head, len) in payloads {
        let bytes = [head, &vec![0; len]].concat();
        assert!(decoded::<Serde<Anything>>(&bytes).is_ok(), "{head:x?}");
        assert_eq!(
            refusal::<Serde<Anything>>(&[&bytes[..], &[0]].concat()),
            TRAILING
        );
        if len > 0 {
            assert_eq!(
                refusal::<Serde<Anything>>(&bytes[..bytes.len() - 1]),
                INCOMPLETE
            );
        }
    }
    for (marker, len) in [(0xd4, 2), (0xd5, 3), (0xd6, 5), (0xd7, 9), (0xd8, 17)] {
        let bytes = [&[marker][..], &vec![0; len - 1]].concat();
        assert_eq!(refusal::<Serde<u8>>(&bytes), INCOMPLETE);
        // Complete, but no `u8`.
        assert_eq!(
            refusal::<Serde<u8>>(&[&bytes[..], &[0]].concat()),
            OTHER_FORM
        );
    }
}

#[test]
fn another_type_is_refused() {
    assert_eq!(refusal::<Serde<u8>>(&[0xcd, 1, 0]), OTHER_FORM);
    assert_eq!(refusal::<Serde<String>>(&[0xa1, 0xff]), OTHER_FORM);
    assert_eq!(refusal::<Serde<bool>>(&[1]), OTHER_FORM);
    assert_eq!(refusal::<Serde<Note>>(b"\xa4text"), OTHER_FORM);
    assert_eq!(refusal::<Serde<Note>>(b"\x81\xa4text\xa2ok"), OTHER_FORM);
    assert_eq!(refusal::<Serde<[u8; 2]>>(&[0x93, 1, 2, 3]), OTHER_FORM);
    // A field twice.
    let twice = b"\x84\xa4text\xa2ok\xa4text\xa2no\xa5pages\x01\xa6signed\xc0";
    assert_eq!(refusal::<Serde<Note>>(twice), OTHER_FORM);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_never_panic(bytes in hostile()) {
        let _ = decoded::<Serde<Anything>>(&bytes);
        let _ = decoded::<Serde<Note>>(&bytes);
        let _ = decoded::<Serde<super::depth::Chain>>(&bytes);
        let _ = decoded::<Serde<Vec<Option<String>>>>(&bytes);
        let _ = decoded::<Serde<(u8, i64, f64, char, i128)>>(&bytes);
        let _ = decoded::<Vec<Serde<Note>>>(&bytes);
    }

    /// The shape check agrees with the reader of `rmp-serde` on what is one complete value.
    #[test]
    fn the_shape_is_that_of_the_reader(bytes in hostile()) {
        let mut reader = rmp_serde::Deserializer::new(&bytes[..]);
        let read = IgnoredAny::deserialize(&mut reader).is_ok();
        let complete = read && reader.get_ref().is_empty();
        prop_assert_eq!(Serde::<Anything>::decode(bytes_of(&bytes)).is_ok(), complete);
    }
}

/// Short runs of bytes that are often markers of small things.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        any::<u8>(),
        0xc0_u8..=0xdf,
        0x80_u8..=0x94,
        0_u8..4,
        Just(0xa1),
    ];
    proptest::collection::vec(byte, 0..24)
}

fn bytes_of(bytes: &[u8]) -> phi_seal::SecretBytes {
    phi_seal::SecretBytes::from_vec(bytes.to_vec())
}
