//! Values of each content as text, and values that have none.

use phi_seal::codec::{CodecError, Content, Date, Encoder, Timestamp, Value};
use phi_seal::index::Normal::{self, Text};
use phi_seal::{ErrorKind, SecretBytes};

use crate::terms;

#[test]
fn every_readable_content_has_a_text() {
    assert_eq!(terms(Text, &-17_i64), ["-17"]);
    assert_eq!(terms(Text, &i128::MAX), [i128::MAX.to_string()]);
    assert_eq!(terms(Text, &true), ["true"]);
    assert_eq!(terms(Text, &false), ["false"]);
    assert_eq!(
        terms(Text, &Date::from_ymd(1952, 2, 29).unwrap()),
        ["1952-02-29"]
    );
    assert_eq!(
        terms(Text, &Timestamp::new(1_795_293_660, 5).unwrap()),
        ["2026-11-21t20:41:00.000000005z"]
    );
}

#[cfg(feature = "uuid-1")]
#[test]
fn a_uuid_is_its_hyphenated_text() {
    let text = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    let uuid: uuid::Uuid = text.parse().unwrap();
    assert_eq!(terms(Text, &uuid), [text]);
    assert_eq!(terms(Normal::Prefix(8), &uuid), ["f81d4fae"]);
}

#[test]
fn a_newtype_is_found_like_what_it_holds() {
    struct Mrn(String);

    impl Value for Mrn {
        const CONTENT: Content = Content::Text;

        fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
            self.0.encode(out)
        }

        fn decode(content: SecretBytes) -> Result<Self, CodecError> {
            String::decode(content).map(Self)
        }

        fn wipe(&mut self) {
            self.0.wipe();
        }
    }

    assert_eq!(terms(Normal::Digits, &Mrn("MRN-17".into())), ["17"]);
}

#[test]
fn contents_without_a_form_have_no_term() {
    for normal in [
        Text,
        Normal::Digits,
        Normal::Date,
        Normal::Prefix(1),
        Normal::Tokens,
    ] {
        assert!(terms(normal, &vec![49_u8, 50]).is_empty(), "{normal:?}");
        let refused = normal.finds(&vec![49_u8], &vec![49_u8]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    }
    assert!(terms(Normal::Date, &19_520_229_i64).is_empty());
    assert!(terms(Normal::Year, &true).is_empty());
}

#[test]
fn a_value_that_cannot_be_encoded_says_so() {
    struct Refusing;

    impl Value for Refusing {
        const CONTENT: Content = Content::Text;

        fn encode(&self, _: &mut Encoder<'_>) -> Result<(), CodecError> {
            Err(CodecError::new("never encoded"))
        }

        fn decode(_: SecretBytes) -> Result<Self, CodecError> {
            Ok(Self)
        }

        fn wipe(&mut self) {}
    }

    let error = Text.terms_of(&Refusing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unencodable);
    assert_eq!(error.to_string(), "never encoded");
}
