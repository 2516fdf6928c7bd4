//! Depth in both directions: nothing is written that could not be read.

use phi_seal::Serde;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use super::shape::{Anything, INCOMPLETE, TRAILING};
use super::{loaded, stored};
use crate::{decoded, encoded, refusal};

const TOO_DEEP: &str = "a structured value must be nested at most 64 levels deep";

/// A recursive enum: the levels that `rmp-serde` does not count.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Chain {
    End,
    Next(Box<Chain>),
}

impl Zeroize for Chain {
    fn zeroize(&mut self) {
        *self = Self::End;
    }
}

#[test]
fn depth_ends_at_64_levels() {
    let nested = |levels, core: &[u8]| [&vec![0x91; levels], core].concat();
    assert!(decoded::<Serde<Anything>>(&nested(64, &[0xc0])).is_ok());
    assert!(decoded::<Serde<Anything>>(&nested(63, &[0x90])).is_ok());
    // An extension is no level.
    assert!(decoded::<Serde<Anything>>(&nested(64, &[0xd4, 0, 0])).is_ok());
    for bytes in [
        nested(65, &[0xc0]),
        nested(64, &[0x90]),
        nested(64, &[0x80]),
        nested(65, &[0xd4, 0, 0]),
        nested(1_000_000, &[0xc0]),
        vec![0x91; 1_000_000],
        [0x81, 0xc0].repeat(1_000_000),
    ] {
        assert_eq!(refusal::<Serde<Anything>>(&bytes), TOO_DEEP);
    }
}

#[test]
fn a_recursive_enum_cannot_exhaust_the_stack() {
    let chain = |links| [&b"\x81\xa4Next".repeat(links)[..], b"\xa3End"].concat();
    assert!(decoded::<Serde<Chain>>(&chain(64)).is_ok());
    for links in [65, 1000, 1_000_000] {
        assert_eq!(refusal::<Serde<Chain>>(&chain(links)), TOO_DEEP);
    }
}

#[test]
fn what_would_be_too_deep_to_read_is_not_written() {
    let chain = |links| (0..links).fold(Chain::End, |next, _| Chain::Next(Box::new(next)));
    let deepest = stored(&chain(64));
    assert_eq!(stored(&loaded::<Chain>(&deepest)), deepest);
    let error = encoded(&Serde::new(chain(65))).unwrap_err();
    assert_eq!(error.reason(), TOO_DEEP);
}

#[test]
fn what_a_type_writes_wrongly_is_not_sealed() {
    /// Declares another number of elements than it writes, or none of either.
    struct Liar(Option<usize>);

    impl Zeroize for Liar {
        fn zeroize(&mut self) {}
    }
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error as _, SerializeSeq as _};
            let declared = self.0.ok_or(S::Error::custom("metastatic"))?;
            let mut seq = serializer.serialize_seq(Some(declared))?;
            seq.serialize_element("metastatic")?;
            seq.end()
        }
    }
    impl<'de> Deserialize<'de> for Liar {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            IgnoredAny::deserialize(deserializer).map(|_| Self(None))
        }
    }
    let reason = |declared| {
        let error = encoded(&Serde::new(Liar(declared))).unwrap_err();
        error.reason()
    };
    assert_eq!(reason(Some(2)), INCOMPLETE);
    assert_eq!(reason(Some(0)), TRAILING);
    assert!(!reason(None).contains("metastatic"));
    assert!(encoded(&Serde::new(Liar(Some(1)))).is_ok());
}
