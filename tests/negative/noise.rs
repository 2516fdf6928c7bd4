//! Bytes and texts that nobody sealed: nothing opens, and nothing panics.

use phi_seal::codec::Timestamp;
use phi_seal::{ErrorKind, Sealed, inspect};
use proptest::prelude::*;

use crate::bytes::expected;
use crate::place::Place;
use crate::refusal::{key, refusal, sealed_at};

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(refusal::<String>(&Place::default(), &bytes), expected::<String>(&bytes));
        let _ = inspect(&bytes);
        let _ = Sealed::<Timestamp>::from_bytes(bytes);
    }

    #[test]
    fn any_text(text in ".{0,120}") {
        prop_assert_eq!(kind_of_text(&text), Some(ErrorKind::Malformed));
        let _ = inspect(text.as_bytes());
    }

    #[test]
    fn any_text_behind_the_prefix(body in "[A-Za-z0-9_+/= -]{0,120}|[A-Za-z0-9_-]{96,140}") {
        let text = format!("phi1.{body}");
        let known = Sealed::<String>::from_text(&text).map(Sealed::into_bytes);
        if let Ok(bytes) = known {
            prop_assert_eq!(refusal::<String>(&Place::default(), &bytes), expected::<String>(&bytes));
        }
        let _ = inspect(text.as_bytes());
    }

    #[test]
    fn any_envelope_that_names_the_right_key(
        flag in prop::sample::select(vec![0_u8, 0x80]),
        code in prop::sample::select(vec![0_u8, 2]),
        rest in prop::collection::vec(any::<u8>(), 40..200),
    ) {
        let bytes = [&[1, flag | code][..], key().id().as_bytes(), &rest].concat();
        let kind = refusal::<String>(&Place::default(), &bytes);
        prop_assert_eq!(kind, ErrorKind::Integrity);
    }

    #[test]
    fn any_splice_of_two_envelopes(
        one in ".{0,20}", other in ".{0,20}", cut in 0_usize..150, from in 0_usize..150,
    ) {
        let here = Place::default();
        let [one, other] = [one, other].map(|text| sealed_at(&here, Some(text), None).into_bytes());
        let spliced = [&one[..cut.min(one.len())], &other[from.min(other.len())..]].concat();
        if spliced != one && spliced != other {
            prop_assert_eq!(refusal::<String>(&here, &spliced), expected::<String>(&spliced));
        }
    }
}

fn kind_of_text(text: &str) -> Option<ErrorKind> {
    Sealed::<String>::from_text(text)
        .err()
        .map(|error| error.kind())
}
