//! How a name sounds.

use phi_seal::index::Normal::Phonetic;

use crate::{finds, form, is_refused};

/// What a clerk types who hears the name, or reads it in a hurry.
#[test]
fn names_that_are_mis_spelt_by_ear_are_found() {
    for (name, typed) in [
        ("Smith", "Smyth"),
        ("Catherine", "Katherine"),
        ("Catherine", "Kathryn"),
        ("Stephen", "Steven"),
        ("Philip", "Fillip"),
        ("Meyer", "Maier"),
        ("Schmidt", "Schmitt"),
        ("Nguyen", "Nguyenn"),
        ("Johnson", "Jonson"),
        ("MacDonald", "McDonald"),
        ("O'Neil", "ONeill"),
        ("O'Neil", "O Neal"),
        ("Anna-Maria", "Annamaria"),
        ("van der Berg", "Vanderberg"),
        ("Müller", "Mueller"),
        ("Müller", "Miller"),
        ("François", "Francois"),
        ("Muñoz", "Munoz"),
        ("Søren", "Soren"),
        ("Łukasz", "Lukasz"),
        ("Knight", "Night"),
        ("Wright", "Right"),
        ("Rodriguez", "Rodrigues"),
        ("Gonzalez", "Gonsales"),
        ("Papadopoulos", "Papadopolous"),
        ("Jackson", "Jaxon"),
        ("Leigh", "Lee"),
        ("Sarah", "Sara"),
        ("Geoffrey", "Jeffrey"),
        ("Robert", "ＲＯＢＥＲＴ"),
    ] {
        assert!(finds(Phonetic, typed, name), "{name} {typed}");
        assert!(finds(Phonetic, name, typed), "{typed} {name}");
    }
}

#[test]
fn names_that_sound_otherwise_are_not() {
    for (one, other) in [
        ("Smith", "Jones"),
        ("Anna", "Hanna"),
        ("Meyer", "Beyer"),
        ("Washington", "Wellington"),
        // A letter that some people hear.
        ("Thompson", "Thomson"),
        // Only the primary code counts; the alternate of Smith is the primary one of Schmidt.
        ("Smith", "Schmidt"),
    ] {
        assert!(!finds(Phonetic, one, other), "{one} {other}");
    }
}

#[test]
fn a_name_without_a_code_is_found_by_its_spelling() {
    for (name, expected) in [
        ("Ада", "=ада"),
        ("李 明", "=李 明"),
        ("Ada Лавлейс", "=ada лавлейс"),
        ("42", "=42"),
        ("H", "=h"),
        ("ʻ", "=ʻ"),
    ] {
        assert_eq!(form(Phonetic, name).as_deref(), Some(expected), "{name}");
        assert!(finds(Phonetic, name, name), "{name}");
    }
    assert!(finds(Phonetic, " АДА ", "Ада") && !finds(Phonetic, "Ада", "Ида"));
    assert!(form(Phonetic, " ").is_none() && is_refused(Phonetic, "\u{200b}"));
}

/// Codes of the algorithm's published test words, as they stand in Apache Commons Codec.
#[test]
fn codes_are_those_of_double_metaphone() {
    for (name, code) in [
        ("testing", "TSTNK"),
        ("the", "0"),
        ("quick", "KK"),
        ("brown", "PRN"),
        ("fox", "FKS"),
        ("jumped", "JMPT"),
        ("over", "AFR"),
        ("lazy", "LS"),
        ("dogs", "TKS"),
        ("McCafferey", "MKFR"),
        ("Stephan", "STFN"),
    ] {
        assert_eq!(form(Phonetic, name).as_deref(), Some(code), "{name}");
    }
    assert_eq!(Phonetic.code(), "phonetic-1");
}
