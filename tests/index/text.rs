//! Text: what is folded, and what is not.

use phi_seal::index::Normal::{self, Email, Prefix, Text};

use crate::{finds, form, is_refused};

#[test]
fn case_width_and_compatibility_are_folded() {
    for (value, expected) in [
        ("Lovelace", "lovelace"),
        ("ＬＯＶＥＬＡＣＥ", "lovelace"),
        ("ﬃ ﬀ ﬆ", "ffi ff st"),
        ("Ⅷ ² ① ㎏ ½", "viii 2 1 kg 1⁄2"),
        ("ｶﾞﾊﾟ ｱ", "ガパ ア"),
        ("한국 한국", "한국 한국"),
        // Of Unicode's CaseFolding.txt, statuses C and F.
        ("Straße STRASSE ẞ", "strasse strasse ss"),
        ("Σίσυφος ΣΊΣΥΦΟΣ", "σίσυφοσ σίσυφοσ"),
        ("İ I ı", "i̇ i ı"),
        ("ŉ ǰ ΐ և", "ʼn ǰ ΐ եւ"),
        ("ᾳ ᾼ ᾳ", "αι αι αι"),
        ("Ꭰ ꭰ", "Ꭰ Ꭰ"),
        ("ſ K Å", "s k å"),
        // Capitals that only their decomposition shows.
        ("𝐀 ㎆ ℋ", "a mb h"),
    ] {
        assert_eq!(form(Text, value).as_deref(), Some(expected), "{value}");
    }
}

/// Lines of Unicode's NormalizationTest.txt: all five columns have one form.
#[test]
fn canonical_and_compatibility_equivalents_are_equal() {
    for columns in [
        ["\u{1e0a}", "\u{1e0a}", "D\u{307}", "\u{1e0a}", "D\u{307}"],
        [
            "\u{1e0a}\u{323}",
            "\u{1e0c}\u{307}",
            "D\u{323}\u{307}",
            "\u{1e0c}\u{307}",
            "D\u{323}\u{307}",
        ],
        ["\u{212b}", "\u{c5}", "A\u{30a}", "\u{c5}", "A\u{30a}"],
        ["\u{fb01}", "\u{fb01}", "\u{fb01}", "fi", "fi"],
        [
            "\u{3a9}\u{301}",
            "\u{38f}",
            "\u{3a9}\u{301}",
            "\u{38f}",
            "\u{3a9}\u{301}",
        ],
        [
            "\u{ac01}",
            "\u{ac01}",
            "\u{1100}\u{1161}\u{11a8}",
            "\u{ac01}",
            "\u{1100}\u{1161}\u{11a8}",
        ],
        [
            "\u{ff76}\u{ff9e}",
            "\u{ff76}\u{ff9e}",
            "\u{ff76}\u{ff9e}",
            "\u{30ac}",
            "\u{30ab}\u{3099}",
        ],
        ["\u{f900}", "\u{8c48}", "\u{8c48}", "\u{8c48}", "\u{8c48}"],
    ] {
        let forms = columns.map(|column| form(Text, column).unwrap());
        assert!(forms.iter().all(|f| *f == forms[0]), "{columns:?}");
    }
}

#[test]
fn white_space_is_collapsed_and_what_is_invisible_left_out() {
    for (value, expected) in [
        ("  Ada \t\r\n Lovelace ", "ada lovelace"),
        ("Ada\u{a0}\u{2003}\u{3000}Lovelace", "ada lovelace"),
        ("Ada\u{200b}Love\u{ad}lace\u{feff}", "adalovelace"),
        ("A\0d\u{7f}a\u{9f}\u{85}L", "ada l"),
        ("\u{202e}Ada\u{200d}\u{e0041}", "ada"),
        // What would keep marks apart that compose once it is gone.
        ("e\u{34f}\u{301}", "é"),
        ("a\u{301}\u{34f}\u{323}", "ạ\u{301}"),
        // A filler that only its decomposition shows.
        ("a\u{3164}\u{ffa0}b", "ab"),
        // An accent by itself is a space and a mark.
        ("\u{b4}", "\u{301}"),
    ] {
        assert_eq!(form(Text, value).as_deref(), Some(expected), "{value:?}");
    }
    for nothing in ["", " ", "\u{a0}\n", "\u{200b}", "\0"] {
        assert_eq!(form(Text, nothing), None, "{nothing:?}");
        assert!(is_refused(Text, nothing), "{nothing:?}");
    }
}

#[test]
fn what_text_tells_apart() {
    for (one, other) in [
        ("Müller", "Muller"),
        ("Müller", "Mueller"),
        ("Anna Maria", "Anna-Maria"),
        ("O'Neil", "O’Neil"),
        ("Ada Lovelace", "Lovelace, Ada"),
        ("İstanbul", "istanbul"),
        ("あ", "ア"),
    ] {
        assert!(!finds(Text, one, other), "{one} {other}");
        assert!(finds(Text, one, one) && finds(Text, other, other));
    }
}

#[test]
fn an_address_is_folded_as_a_whole() {
    assert_eq!(
        form(Email, "  Ada.Lovelace+x＠Example.ORG ").as_deref(),
        Some("ada.lovelace+x@example.org")
    );
    assert_eq!(form(Email, "\"a@b\"@c").as_deref(), Some("\"a@b\"@c"));
    assert!(!finds(Email, "adalovelace@x.org", "ada.lovelace@x.org"));
    for nothing in ["", "ada", "@x.org", "ada@", "a b@x.org", "Ada <ada@x.org>"] {
        assert_eq!(form(Email, nothing), None, "{nothing:?}");
        assert!(is_refused(Email, nothing), "{nothing:?}");
    }
}

#[test]
fn a_prefix_is_so_many_characters_of_the_text() {
    for (length, value, expected) in [
        (1, " Ärzte", Some("ä")),
        (3, "Straße", Some("str")),
        (6, "Straße", Some("strass")),
        (7, "Straße", Some("strasse")),
        (8, "Straße", None),
        (2, "李", None),
        (2, "李 明", Some("李 ")),
    ] {
        assert_eq!(form(Prefix(length), value).as_deref(), expected, "{value}");
    }
    assert!(finds(Prefix(3), "scHMI", "Schmidt"));
    assert!(!finds(Prefix(3), "Schmidt", "Schmi"));
    assert!(!finds(Prefix(3), "Schmidt", "Schmetterling"));
    assert!(is_refused(Prefix(3), "Sc"));
    assert!(!is_refused(Prefix(3), "Sch"));
}

#[test]
fn codes_name_each_form_and_its_version() {
    let codes = [
        (Text, "text-1"),
        (Normal::Digits, "digits-1"),
        (Email, "email-1"),
        (Normal::Date, "date-1"),
        (Normal::Year, "year-1"),
        (Normal::Zip3, "zip3-1"),
        (Normal::UsPhone, "us-phone-1"),
        (Prefix(3), "prefix-1:3"),
        (Prefix(255), "prefix-1:255"),
        (Normal::Tokens, "tokens-1"),
    ];
    for (normal, code) in codes {
        assert_eq!(normal.code(), code);
    }
}
