//! What an error says, and what it must not say.

use std::error::Error;

use phi_seal::ErrorKind;

use crate::detector::Detector;
use crate::ward::CANARY;

/// All an error says of itself and of its sources, for people and for developers.
pub fn texts(error: &(dyn Error + 'static)) -> String {
    let own = format!("{error}\n{error:?}\n{error:#?}\n");
    own + &error.source().map(texts).unwrap_or_default()
}

/// The kind of this crate's error among the sources.
pub fn kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    match error.downcast_ref::<phi_seal::Error>() {
        Some(error) => Some(error.kind()),
        None => error.source().and_then(kind),
    }
}

#[track_caller]
pub fn assert_discreet(case: &str, error: &(dyn Error + 'static), column: &str, content: &[u8]) {
    assert_eq!(fault(error, column, content), None, "{case}");
}

/// What is wrong with its texts: the column must be named, and neither the cell's content nor a
/// plaintext quoted.
fn fault(error: &(dyn Error + 'static), column: &str, content: &[u8]) -> Option<String> {
    let texts = texts(error);
    if !texts.contains(column) {
        return Some(format!("no column in {texts}"));
    }
    [Detector::of_text(CANARY), Detector::of_bytes(content)]
        .iter()
        .find_map(|detector| detector.find(texts.as_bytes()))
        .map(|spelling| format!("{spelling:?} in {texts}"))
}

mod tests {
    use super::*;

    #[test]
    fn faults_are_found_anywhere_in_the_chain() {
        for quotation in [
            format!("{:?}", &CANARY.as_bytes()[..30]),
            format!("{:?}", [3_u8; 40]),
            CANARY[10..].to_string(),
        ] {
            let inner = std::io::Error::other(quotation);
            let outer = sqlx::Error::Decode(Box::new(inner));
            assert!(fault(&outer, "decoding", &[3; 40]).is_some());
        }
        assert_eq!(fault(&sqlx::Error::RowNotFound, "row", &[3; 40]), None);
        assert!(fault(&sqlx::Error::RowNotFound, "ssn", &[3; 40]).is_some());
    }
}
