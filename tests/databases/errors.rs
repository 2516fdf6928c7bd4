//! What an error says, and what it must not say.

use std::error::Error;

use phi_seal::ErrorKind;

use crate::detector::Detector;
use crate::ward::CANARY;

/// All an error says of itself and of its sources, for people and for developers.
pub fn texts(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain
        .flat_map(|error| [format!("{error}\n"), format!("{error:?}\n{error:#?}\n")])
        .collect()
}

/// This crate's error among the sources.
pub fn kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref::<phi_seal::Error>())
        .map(phi_seal::Error::kind)
}

/// It names the column, and quotes neither the cell's content nor a plaintext.
#[track_caller]
pub fn assert_discreet(case: &str, error: &(dyn Error + 'static), column: &str, content: &[u8]) {
    let texts = texts(error);
    assert!(texts.contains(column), "{case}: no column in {texts}");
    for detector in [Detector::of_text(CANARY), Detector::of_bytes(content)] {
        let found = detector.find(texts.as_bytes());
        assert_eq!(found, None, "{case}: quoted in {texts}");
    }
}

mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_found_anywhere_in_the_chain() {
        let inner = std::io::Error::other(format!("bad: {:?}", &CANARY.as_bytes()[..30]));
        let outer = sqlx::Error::Decode(Box::new(inner));
        let found = std::panic::catch_unwind(|| assert_discreet("", &outer, "ssn", &[]));
        assert!(found.is_err(), "no column");
        let found = std::panic::catch_unwind(|| assert_discreet("", &outer, "decoding", &[]));
        assert!(found.is_err(), "a plaintext as a list of bytes");
        assert_discreet("", &sqlx::Error::RowNotFound, "row", &[3; 40]);
    }
}
