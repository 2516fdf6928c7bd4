//! parse ∘ write is the identity, and nothing but well-formed envelopes parses.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn content() -> impl Strategy<Value = Content> {
    (0_u8..10).prop_map(|code| Content::from_code(code).unwrap())
}

proptest! {
    #[test]
    fn parse_inverts_write(
        content in content(),
        padded: bool,
        key_id: [u8; 32],
        nonce: [u8; 24],
        ciphertext in prop::collection::vec(any::<u8>(), 0..200),
        tag: [u8; 16],
    ) {
        let mut prefix = [0xff; PREFIX_LEN];
        let kind = write_prefix(&mut prefix, content, padded, &KeyId(key_id), &nonce);
        let bytes = [&prefix[..], &ciphertext, &tag].concat();
        let envelope = Envelope::parse(&bytes).unwrap();
        prop_assert_eq!(envelope.content, content);
        prop_assert_eq!(envelope.padded, padded);
        prop_assert_eq!(envelope.kind(), kind);
        prop_assert_eq!(envelope.key_id(), KeyId(key_id));
        prop_assert_eq!(envelope.nonce, &nonce);
        prop_assert_eq!(envelope.ciphertext, ciphertext.as_slice());
        prop_assert_eq!(envelope.tag, &tag);
        prop_assert_eq!(bytes.len(), OVERHEAD + ciphertext.len());

        let text = to_text(&bytes);
        prop_assert_eq!(from_text(&text).unwrap(), bytes);
    }

    #[test]
    fn what_parses_writes_back_to_itself(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(envelope) = Envelope::parse(&bytes) {
            let mut prefix = [0xff; PREFIX_LEN];
            write_prefix(
                &mut prefix,
                envelope.content,
                envelope.padded,
                &envelope.key_id(),
                envelope.nonce,
            );
            let rewritten = [&prefix[..], envelope.ciphertext, envelope.tag].concat();
            prop_assert_eq!(rewritten, bytes);
        }
    }

    #[test]
    fn text_that_decodes_is_the_only_spelling(text in "(phi1\\.)?[A-Za-z0-9_=+/ -]{0,120}") {
        if let Ok(bytes) = from_text(&text) {
            prop_assert_eq!(to_text(&bytes), text);
        }
    }
}
