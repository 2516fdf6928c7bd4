//! Arbitrary bytes as an envelope: what parses writes back to itself, and describes itself alike
//! in every form.

use phi_seal::codec::{Content, Date, Timestamp, Value};
use phi_seal::{ErrorKind, Inspection, OVERHEAD, Sealed, Serde, inspect};

pub fn run(data: &[u8]) {
    let about = inspect(data);
    if let Err(error) = &about {
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    // `inspect` reads both forms. No byte form begins like a text form: its first byte is 1.
    let about = match core::str::from_utf8(data) {
        Ok(text) if text.starts_with("phi1.") => {
            let bytes = Sealed::<String>::from_text(text).map(Sealed::into_bytes);
            if let (Ok(about), Ok(bytes)) = (&about, bytes) {
                assert_eq!(inspect(&bytes), Ok(*about));
            }
            None
        }
        _ => {
            assert_eq!(about.is_ok(), is_envelope(data));
            about.ok()
        }
    };

    sealed::<String>(data, about);
    sealed::<Vec<u8>>(data, about);
    sealed::<[u8; 4]>(data, about);
    sealed::<i64>(data, about);
    sealed::<bool>(data, about);
    sealed::<Date>(data, about);
    sealed::<Timestamp>(data, about);
    sealed::<uuid::Uuid>(data, about);
    sealed::<Serde<u8>>(data, about);
    sealed::<Vec<String>>(data, about);
}

/// As `docs/envelope.md` says, section "Reading", step 1.
fn is_envelope(data: &[u8]) -> bool {
    data.len() >= OVERHEAD && data[0] == 1 && data[1] & 0x7f <= 9
}

fn sealed<T: Value>(data: &[u8], about: Option<Inspection>) {
    let sealed = match Sealed::<T>::from_bytes(data) {
        Ok(sealed) => sealed,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Malformed);
            let is_of_type =
                |about: Inspection| about.content == T::CONTENT || about.content == Content::Null;
            assert!(!about.is_some_and(is_of_type), "refused an envelope");
            return;
        }
    };
    let about = about.expect("what parses can be inspected");
    assert!(about.content == T::CONTENT || about.content == Content::Null);
    assert_eq!((about.suite, about.padded), (1, data[1] & 0x80 != 0));
    assert_eq!(about.content.code(), data[1] & 0x7f);
    assert_eq!(about.key_id.as_bytes(), &data[2..34]);
    assert_eq!(about.envelope_len, data.len());
    assert_eq!(about.content_len, data.len() - OVERHEAD);

    assert_eq!(sealed.as_bytes(), data);
    assert_eq!(sealed.key_id(), about.key_id);
    let text = sealed.to_text();
    assert_eq!(inspect(text.as_bytes()), Ok(about));
    assert_eq!(Sealed::from_text(&text), Ok(sealed.clone()));
    let json = serde_json::to_string(&sealed).expect("an envelope has a JSON form");
    assert_eq!(json, format!("\"{text}\""));
    let read: Sealed<T> = serde_json::from_str(&json).expect("what was written is read");
    assert_eq!(read.into_bytes(), data);
}
