//! Words.

use phi_seal::ErrorKind;
use phi_seal::index::Normal::{self, Tokens};

use crate::{finds, is_refused, terms};

fn words(text: &str) -> Vec<String> {
    terms(Tokens, &text.to_string())
}

#[test]
fn words_end_at_all_but_letters_marks_digits_and_apostrophes() {
    for (value, expected) in [
        (
            "Anna-Maria von Humboldt",
            &["anna", "humboldt", "maria", "von"][..],
        ),
        ("O'Neil", &["oneil"]),
        ("O’Neil, J. R.", &["j", "oneil", "r"]),
        ("O´Neil O`Neil O‘Neil OʼNeil O＇Neil", &["oneil"]),
        ("ŉ", &["n"]),
        ("Straße 12b", &["12b", "strasse"]),
        ("Anna anna ＡＮＮＡ", &["anna"]),
        ("Jose\u{301}", &["josé"]),
        ("मोहन", &["मोहन"]),
        ("क्षत्रिय", &["क्षत्रिय"]),
        ("a/b_c·d\u{2010}e\u{2014}f", &["a", "b", "c", "d", "e", "f"]),
        ("李 明", &["明", "李"]),
        ("!? -- '", &[]),
        ("", &[]),
    ] {
        assert_eq!(words(value), expected, "{value}");
    }
}

#[test]
fn all_elements_of_a_list_have_their_words() {
    let names = vec!["Anna-Maria".to_string(), "Maria Ruiz".into(), " ".into()];
    assert_eq!(terms(Tokens, &names), ["anna", "maria", "ruiz"]);
    assert!(terms(Tokens, &Vec::<String>::new()).is_empty());
    // No list of texts.
    assert!(terms(Tokens, &vec![1_i64, 2]).is_empty());
    let wanted = vec!["ruiz maria".to_string()];
    assert_eq!(Tokens.finds(&wanted, &names), Ok(true));
}

#[test]
fn a_row_has_all_the_words_of_a_question() {
    let name = "Anna-Maria O’Neil de Souza";
    for wanted in ["anna", "MARIA anna", "o'neil", "oneil, Anna", name] {
        assert!(finds(Tokens, wanted, name), "{wanted}");
    }
    for wanted in ["ann", "neil", "anna ruiz", "annamaria"] {
        assert!(!finds(Tokens, wanted, name), "{wanted}");
    }
    assert!(is_refused(Tokens, "") && is_refused(Tokens, " -- "));
}

fn numbered(words: usize) -> String {
    let words: Vec<_> = (0..words).map(|number| format!("word{number}")).collect();
    words.join(" ")
}

#[test]
fn a_value_or_question_of_more_words_than_the_bound_is_refused() {
    assert_eq!(Normal::MAX_TOKENS, 64);
    let (most, more) = (numbered(64), numbered(65));
    assert_eq!(words(&most).len(), 64);
    // Each counts once, however often and in however many texts it stands.
    assert_eq!(
        words(&most.repeat(3).replace("word63word0", "word63 word0")).len(),
        64
    );
    assert_eq!(
        terms(Tokens, &vec![most.clone(), most.to_uppercase()]).len(),
        64
    );
    assert!(finds(Tokens, &most, &most));
    let half = |from: usize| {
        numbered(100)
            .split(' ')
            .skip(from)
            .take(33)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let halves = vec![half(0), half(33)];

    let refused = |error: phi_seal::Error, kind| {
        assert_eq!(error.kind(), kind);
        assert!(!format!("{error} {error:?}").contains("word6"));
    };
    refused(Tokens.terms_of(&more).unwrap_err(), ErrorKind::Unencodable);
    refused(
        Tokens.terms_of(&halves).unwrap_err(),
        ErrorKind::Unencodable,
    );
    refused(
        Tokens.finds(&more, &most).unwrap_err(),
        ErrorKind::InvalidInput,
    );
    refused(
        Tokens.finds(&halves, &halves).unwrap_err(),
        ErrorKind::InvalidInput,
    );
    // What cannot be in the index is no answer, whatever was planted there.
    assert!(!finds(Tokens, "word1", &more));
    // Other forms know no words.
    assert_eq!(terms(Normal::Text, &more), [more]);
}
