//! What holds of any text.

use phi_seal::index::Normal::{self, Digits, Prefix, Text, Tokens};
use proptest::prelude::*;

use crate::{finds, form, terms};

/// Characters that fold, decompose, combine, vanish or part words, among any others.
fn text() -> impl Strategy<Value = String> {
    let telling = proptest::sample::select(
        "aAzZ09 \t-'’@.ßẞſKÅİıΣςǅŉﬃ２Ａｶﾞé́̈̊ͅᾼ\u{ad}\u{200b}\u{34f}\u{a0}\u{3000}\u{1160}\u{3164}가각\u{1100}\u{1161}Ꭰꭰ李٣½²´"
            .chars()
            .collect::<Vec<_>>(),
    );
    let any = prop_oneof![4 => telling, 1 => any::<char>()];
    proptest::collection::vec(any, 0..24).prop_map(|chars| chars.into_iter().collect())
}

fn any_normal() -> impl Strategy<Value = Normal> {
    prop_oneof![
        Just(Text),
        Just(Digits),
        Just(Normal::Email),
        Just(Normal::Date),
        Just(Normal::Year),
        Just(Normal::Zip3),
        Just(Normal::UsPhone),
        (1..6_u8).prop_map(Prefix),
        Just(Tokens),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_normal_form_is_its_own(normal in any_normal(), text in text()) {
        for term in terms(normal, &text) {
            // A prefix that ends between two words is too short once it is trimmed.
            if matches!(normal, Prefix(_)) && term.ends_with(' ') {
                continue;
            }
            prop_assert_eq!(terms(normal, &term), [term]);
        }
    }

    #[test]
    fn what_folds_alike_has_one_form(normal in any_normal(), text in text()) {
        let folded = form(Text, &text).unwrap_or_default();
        // The words of a text lose some apostrophes before it is folded.
        if normal != Tokens {
            prop_assert_eq!(terms(normal, &text), terms(normal, &folded));
        }
        let spaced = format!("\u{3000}{text}\u{200b} \r\n");
        prop_assert_eq!(terms(normal, &text), terms(normal, &spaced));
    }

    #[test]
    fn case_and_width_of_ascii_do_not_count(text in "[ -~]{0,24}") {
        let wide: String = text
            .chars()
            .map(|c| match c {
                ' ' => '\u{3000}',
                c => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
            })
            .collect();
        for normal in [Text, Digits, Normal::Email, Normal::UsPhone, Tokens, Prefix(2)] {
            let own = terms(normal, &text);
            prop_assert_eq!(&own, &terms(normal, &text.to_ascii_uppercase()), "{:?}", normal);
            prop_assert_eq!(&own, &terms(normal, &wide), "{:?}", normal);
        }
    }

    #[test]
    fn digits_are_digits(text in text()) {
        if let Some(digits) = form(Digits, &text) {
            prop_assert!(digits.bytes().all(|digit| digit.is_ascii_digit()));
            let folded = form(Text, &text).unwrap();
            let kept: String = folded.chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(digits, kept);
        }
    }

    #[test]
    fn what_is_stored_is_found_by_itself(normal in any_normal(), text in text()) {
        if !terms(normal, &text).is_empty() {
            prop_assert!(finds(normal, &text, &text));
        }
    }

    /// Whatever answers stands under the term that is looked up; else a search would miss it.
    #[test]
    fn every_answer_has_the_term_that_is_looked_up(
        normal in any_normal(),
        wanted in text(),
        more in text(),
    ) {
        let value = format!("{wanted}{more}");
        if normal.finds(&wanted, &value) == Ok(true) {
            let stored = terms(normal, &value);
            prop_assert!(terms(normal, &wanted).iter().any(|term| stored.contains(term)));
        }
    }

    #[test]
    fn a_text_without_letters_that_fold_is_trimmed_only(text in "[a-z0-9]{1,24}") {
        prop_assert_eq!(form(Text, &text), Some(text));
    }
}

#[cfg(feature = "index-phonetic")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// No name is lost: an exact spelling finds it, in whatever case.
    #[test]
    fn every_text_has_a_sound_or_a_spelling(text in text()) {
        let normal = Normal::Phonetic;
        prop_assert_eq!(form(normal, &text).is_some(), form(Text, &text).is_some());
        if let Some(sound) = form(normal, &text) {
            prop_assert!(finds(normal, &text, &text));
            let is_code = sound.bytes().all(|c| c.is_ascii_uppercase() || c == b'0');
            let spelling = format!("={}", form(Text, &text).unwrap());
            prop_assert!(is_code || sound == spelling);
        }
    }
}
