//! What a question is, which only a search sees; the forms themselves are tested through the
//! public interface in `tests/index`.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn the_longest_word_is_looked_up_and_all_are_compared() {
    let question = Normal::Tokens
        .question(Content::Text, "de Souza-Lima".as_bytes())
        .unwrap();
    assert_eq!(question.lookup.as_slice(), b"souza");
    assert!(question.is_answered_by(Content::Text, b"Maria LIMA de Souza"));
    assert!(!question.is_answered_by(Content::Text, b"Maria de Souza"));
    assert!(!question.is_answered_by(Content::Text, b"de Souza-Limas"));
    assert!(!question.is_answered_by(Content::Text, &[0xff]));
}

#[test]
fn a_beginning_is_looked_up_and_the_rest_compared() {
    let prefix = Normal::Prefix(3);
    let question = prefix.question(Content::Text, b"SCHMI").unwrap();
    assert_eq!(question.lookup.as_slice(), b"sch");
    assert!(question.is_answered_by(Content::Text, b"Schmidt"));
    assert!(question.is_answered_by(Content::Text, b"schmi"));
    assert!(!question.is_answered_by(Content::Text, b"Schmetterling"));
    assert!(!question.is_answered_by(Content::Text, b"Schm"));
    let short = prefix.question(Content::Text, b"Sc").unwrap_err();
    assert_eq!(short.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_question_shows_nothing_of_what_is_searched_for() {
    let question = Normal::Text.question(Content::Text, b"Lovelace").unwrap();
    assert_eq!(
        std::format!("{question:?}"),
        "Question { normal: Text, .. }"
    );
}
