//! Arbitrary text as an envelope: one envelope has one spelling.

use phi_seal::codec::{Content, Value};
use phi_seal::{ErrorKind, Sealed, Serde, inspect};

pub fn run(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    let decoded = decode(text);
    if text.starts_with("phi1.") {
        let inspected = inspect(data);
        let expected = decoded.as_deref().and_then(|bytes| inspect(bytes).ok());
        assert_eq!(inspected.ok(), expected);
    }
    sealed::<String>(text, decoded.as_deref());
    sealed::<Vec<u8>>(text, decoded.as_deref());
    sealed::<i64>(text, decoded.as_deref());
    sealed::<bool>(text, decoded.as_deref());
    sealed::<Serde<u8>>(text, decoded.as_deref());
    sealed::<Vec<String>>(text, decoded.as_deref());
}

fn sealed<T: Value>(text: &str, decoded: Option<&[u8]>) {
    let sealed = Sealed::<T>::from_text(text);
    let parsed: Result<Sealed<T>, _> = text.parse();
    assert_eq!(parsed, sealed);
    // Also inside JSON, where serde's own errors would quote it.
    let json = serde_json::to_string(text).expect("text has a JSON form");
    let read = serde_json::from_str::<Sealed<T>>(&json);
    assert_eq!(read.is_ok(), sealed.is_ok());

    let is_of_type = |bytes: &&[u8]| {
        inspect(bytes)
            .is_ok_and(|about| about.content == T::CONTENT || about.content == Content::Null)
    };
    let expected = decoded.filter(is_of_type);
    match sealed {
        Ok(sealed) => {
            assert_eq!(Some(sealed.as_bytes()), expected);
            assert_eq!(sealed.to_text(), text);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert_eq!(expected, None, "refused the text of an envelope");
        }
    }
}

/// A second implementation of the text form, from `docs/envelope.md`, that shares nothing with
/// the crate: bit by bit and strict.
fn decode(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_prefix("phi1.")?;
    if body.len() % 4 == 1 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for symbol in body.bytes() {
        let value = ALPHABET.iter().position(|known| *known == symbol)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0).then_some(bytes)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
