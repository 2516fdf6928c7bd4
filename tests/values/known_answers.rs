//! The bytes of each content code, written out: what another language has to produce.

use phi_seal::codec::{Content, Date, Timestamp, Value};

use crate::{decoded, encoded};

#[test]
fn the_codes_are_fixed() {
    let contents = [
        Content::Null,
        Content::Bytes,
        Content::Text,
        Content::Integer,
        Content::Boolean,
        Content::Date,
        Content::Timestamp,
        Content::Uuid,
        Content::Structured,
        Content::List,
    ];
    for (code, content) in contents.into_iter().enumerate() {
        assert_eq!(usize::from(content.code()), code);
    }
}

#[test]
fn bytes_and_text_are_as_they_are() {
    known(Content::Bytes, vec![0_u8, 255], &[0, 255]);
    known(Content::Bytes, Vec::<u8>::new(), &[]);
    known(Content::Bytes, [1_u8, 2, 3], &[1, 2, 3]);
    known(Content::Bytes, [0_u8; 0], &[]);
    known(
        Content::Text,
        String::from("Żak"),
        &[0xc5, 0xbb, b'a', b'k'],
    );
    known(Content::Text, String::new(), &[]);
    // Not normalised: the decomposed letter stays two code points.
    known(Content::Text, String::from("Z\u{307}"), &[b'Z', 0xcc, 0x87]);
}

#[test]
fn integers_take_16_bytes_whatever_their_width() {
    let one = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    known(Content::Integer, 1_u8, &one);
    known(Content::Integer, 1_i8, &one);
    known(Content::Integer, 1_u16, &one);
    known(Content::Integer, 1_i16, &one);
    known(Content::Integer, 1_u32, &one);
    known(Content::Integer, 1_i32, &one);
    known(Content::Integer, 1_u64, &one);
    known(Content::Integer, 1_i64, &one);
    known(Content::Integer, 1_i128, &one);
    known(Content::Integer, -1_i8, &[0xff; 16]);
    known(Content::Integer, -1_i128, &[0xff; 16]);
    let mut largest = [0; 16];
    largest[8..].fill(0xff);
    known(Content::Integer, u64::MAX, &largest);
}

#[test]
fn a_boolean_is_one_byte() {
    known(Content::Boolean, false, &[0]);
    known(Content::Boolean, true, &[1]);
}

#[test]
fn a_date_is_four_bytes() {
    let date = |year, month, day| Date::from_ymd(year, month, day).unwrap();
    known(Content::Date, date(1970, 1, 1), &[0, 0, 0, 0]);
    known(Content::Date, date(1969, 12, 31), &[0xff; 4]);
    known(Content::Date, date(2026, 11, 21), &[0, 0, 0x51, 0x2a]);
    known(Content::Date, date(-9999, 1, 1), &[0xff, 0xbd, 0x4b, 0x7d]);
    known(Content::Date, date(9999, 12, 31), &[0, 0x2c, 0xc0, 0xa0]);
}

#[test]
fn an_instant_is_twelve_bytes() {
    let instant = |seconds, nanos| Timestamp::new(seconds, nanos).unwrap();
    known(Content::Timestamp, instant(0, 0), &[0; 12]);
    known(
        Content::Timestamp,
        instant(-1, 999_999_999),
        &[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3b, 0x9a, 0xc9, 0xff,
        ],
    );
    known(
        Content::Timestamp,
        instant(1_795_293_660, 5),
        &[0, 0, 0, 0, 0x6b, 0x02, 0x01, 0xdc, 0, 0, 0, 5],
    );
}

#[test]
fn a_list_is_its_elements_code_and_each_element_behind_its_length() {
    known(Content::List, Vec::<String>::new(), &[2]);
    known(
        Content::List,
        vec![String::from("ab"), String::new()],
        &[2, 0, 0, 0, 2, b'a', b'b', 0, 0, 0, 0],
    );
    known(Content::List, vec![true], &[4, 0, 0, 0, 1, 1]);
    known(
        Content::List,
        vec![vec![7_u8], vec![]],
        &[1, 0, 0, 0, 1, 7, 0, 0, 0, 0],
    );
    known(
        Content::List,
        vec![vec![true], vec![]],
        &[9, 0, 0, 0, 6, 4, 0, 0, 0, 1, 1, 0, 0, 0, 1, 4],
    );
    let epoch = Date::from_days(0).unwrap();
    known(Content::List, vec![epoch], &[5, 0, 0, 0, 4, 0, 0, 0, 0]);
}

/// `value` has these bytes, these bytes have that value, and the size was foretold.
fn known<T: Value + PartialEq>(content: Content, value: T, bytes: &[u8]) {
    assert_eq!(T::CONTENT, content);
    assert_eq!(encoded(&value).unwrap(), bytes);
    assert_eq!(value.size_hint(), bytes.len());
    assert!(decoded::<T>(bytes).unwrap() == value);
}
