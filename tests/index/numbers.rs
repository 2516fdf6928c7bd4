//! Digits, telephone numbers, ZIP codes, dates and years.

use phi_seal::codec::{Date, Timestamp};
use phi_seal::index::Normal::{self, Digits, UsPhone, Year, Zip3};

use crate::{form, is_refused, terms};

fn check(normal: Normal, cases: &[(&str, Option<&str>)]) {
    for (value, expected) in cases {
        assert_eq!(form(normal, value).as_deref(), *expected, "{value}");
        assert_eq!(is_refused(normal, value), expected.is_none(), "{value}");
    }
}

#[test]
fn digits_only() {
    check(
        Digits,
        &[
            ("078-05-1120", Some("078051120")),
            (" 078 05 1120 ", Some("078051120")),
            ("０７８－０５－１１２０", Some("078051120")),
            ("MRN 00-17/b", Some("0017")),
            ("MRN", None),
            ("", None),
            // Other numerals are not left out, which would make different numbers equal.
            ("12٣", None),
            ("१२", None),
            ("Ⅷ", None),
            ("①²", Some("12")),
        ],
    );
    assert_eq!(terms(Digits, &78_051_120_u32), ["78051120"]);
    assert_eq!(terms(Digits, &-17_i64), ["17"]);
}

#[test]
fn us_telephone_numbers_without_country_code_and_extension() {
    check(
        UsPhone,
        &[
            ("2125550100", Some("2125550100")),
            ("(212) 555-0100", Some("2125550100")),
            ("212.555.0100", Some("2125550100")),
            ("+1 212 555 0100", Some("2125550100")),
            ("1-212-555-0100", Some("2125550100")),
            ("tel. (２１２) ５５５-0100", Some("2125550100")),
            ("(212) 555-0100 x17", Some("2125550100")),
            ("+1 212 555 0100 ext. 17", Some("2125550100")),
            ("212-555-0100,,17#", Some("2125550100")),
            ("tel:+12125550100;ext=17", Some("2125550100")),
            ("555-0100", None),
            ("1-212-555-010", Some("1212555010")),
            ("+2125550100", None),
            ("+49 30 1234567", None),
            ("+45 12 34 56 78", None),
            ("2 1212 555 0100", None),
            ("212-555-0100 / 212-555-0101", None),
            ("1-800-FLOWERS", None),
            ("", None),
        ],
    );
    assert_eq!(terms(UsPhone, &2_125_550_100_u64), ["2125550100"]);
}

#[test]
fn three_digits_of_a_zip_code() {
    check(
        Zip3,
        &[
            ("02139", Some("021")),
            (" 02139-4307", Some("021")),
            ("02139 4307", Some("021")),
            ("021394307", Some("021")),
            ("０２１３９", Some("021")),
            ("021", Some("021")),
            ("021**", Some("021")),
            // 02139 as a number.
            ("2139", None),
            ("02", None),
            ("0213943", None),
            ("MA 02139", None),
            ("K1A 0B1", None),
            ("", None),
        ],
    );
}

#[test]
fn dates_by_iso_8601() {
    check(
        Normal::Date,
        &[
            ("1952-02-29", Some("1952-02-29")),
            (" １９５２-02-29 ", Some("1952-02-29")),
            ("19520229", Some("1952-02-29")),
            ("0000-01-01", Some("0000-01-01")),
            ("-009999-01-01", Some("-009999-01-01")),
            ("9999-12-31", Some("9999-12-31")),
            ("1953-02-29", None),
            ("1952-13-01", None),
            ("1952-2-29", None),
            ("1952-02", None),
            ("1952", None),
            ("02/29/1952", None),
            ("1952-02-29T10:00", None),
            ("-000000-01-01", None),
            ("-010000-01-01", None),
            ("+1952-02-29", None),
            ("1952-0229", None),
            ("195202-29", None),
            ("-00000-1-01", None),
            ("", None),
        ],
    );
    let leap_day = Date::from_ymd(1952, 2, 29).unwrap();
    assert_eq!(terms(Normal::Date, &leap_day), ["1952-02-29"]);
    assert_eq!(terms(Normal::Date, &Date::MIN), ["-009999-01-01"]);
    assert_eq!(terms(Normal::Date, &Date::MAX), ["9999-12-31"]);
    let just_before = Timestamp::new(-1, 999_999_999).unwrap();
    assert_eq!(terms(Normal::Date, &just_before), ["1969-12-31"]);
    let epoch = Timestamp::new(0, 0).unwrap();
    assert_eq!(terms(Normal::Date, &epoch), ["1970-01-01"]);
    assert_eq!(terms(Normal::Date, &Timestamp::MIN), ["-009999-01-02"]);
    assert_eq!(terms(Normal::Date, &Timestamp::MAX), ["9999-12-30"]);
}

#[test]
fn years_of_all_that_has_one() {
    check(
        Year,
        &[
            ("1952-02-29", Some("1952")),
            ("19520229", Some("1952")),
            ("1952-02", Some("1952")),
            (" 1952 ", Some("1952")),
            ("-000001", Some("-000001")),
            ("-000001-12", Some("-000001")),
            ("1953-02-29", None),
            ("1952-13", None),
            ("1952-00", None),
            ("52", None),
            ("19521", None),
            ("1952-", None),
            ("1952-1", None),
            ("195202", None),
            ("", None),
        ],
    );
    assert_eq!(terms(Year, &1952_i16), ["1952"]);
    assert_eq!(terms(Year, &52_u8), ["0052"]);
    assert_eq!(terms(Year, &-1_i64), ["-000001"]);
    assert!(terms(Year, &10_000_i64).is_empty() && terms(Year, &i128::MIN).is_empty());
    assert_eq!(terms(Year, &Date::from_ymd(1952, 2, 29).unwrap()), ["1952"]);
    assert_eq!(terms(Year, &Timestamp::new(-1, 0).unwrap()), ["1969"]);
}
