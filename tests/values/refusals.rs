//! Forms that no encoder writes, about five for each form that one does.

use phi_seal::codec::{Date, Timestamp, Value};

use crate::{encoded, refusal};

#[test]
fn text_that_is_not_utf8() {
    for bytes in [
        &[0xff][..],
        &[b'a', 0x80],
        &[0xc0, 0x80],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90, 0x80, 0x80],
        "Ż".as_bytes().split_last().unwrap().1,
    ] {
        assert_eq!(refusal::<String>(bytes), "text must be valid UTF-8");
    }
}

#[test]
fn arrays_of_another_size() {
    for len in [0, 1, 15, 17, 32] {
        assert!(refusal::<[u8; 16]>(&vec![0; len]).contains("another size"));
    }
}

#[test]
fn integers_of_another_size() {
    for len in [0, 1, 4, 8, 15, 17] {
        assert!(refusal::<i32>(&vec![0; len]).contains("another size"));
        assert!(refusal::<u8>(&vec![0; len]).contains("another size"));
        assert!(refusal::<i128>(&vec![0; len]).contains("another size"));
    }
}

#[test]
fn integers_beyond_their_width() {
    overflows::<u8>(&[-1, 256, i128::MIN, i128::MAX]);
    overflows::<i8>(&[-129, 128, i128::MIN, i128::MAX]);
    overflows::<u16>(&[-1, 65_536, i128::MIN, i128::MAX]);
    overflows::<i16>(&[-32_769, 32_768, i128::MIN, i128::MAX]);
    overflows::<u32>(&[-1, 1 << 32, i128::MIN, i128::MAX]);
    overflows::<i32>(&[-(1 << 31) - 1, 1 << 31, i128::MIN, i128::MAX]);
    overflows::<u64>(&[-1, 1 << 64, i128::MIN, i128::MAX]);
    overflows::<i64>(&[-(1 << 63) - 1, 1 << 63, i128::MIN, i128::MAX]);
}

#[test]
fn booleans_that_are_not_canonical() {
    for bytes in [&[][..], &[2], &[0xff], b"t", &[0, 0], &[1, 0]] {
        assert_eq!(refusal::<bool>(bytes), "a boolean is one byte, 0 or 1");
    }
}

#[test]
fn dates_of_another_size_or_year() {
    for len in [0, 3, 5, 8, 12] {
        assert!(refusal::<Date>(&vec![0; len]).contains("another size"));
    }
    let beyond = [
        Date::MIN.days() - 1,
        Date::MAX.days() + 1,
        i32::MIN,
        i32::MAX,
    ];
    for days in beyond {
        assert!(refusal::<Date>(&days.to_be_bytes()).contains("9999-12-31"));
    }
}

#[test]
fn instants_of_another_size_or_range() {
    for len in [0, 8, 11, 13, 16] {
        assert!(refusal::<Timestamp>(&vec![0; len]).contains("another size"));
    }
    let stored =
        |seconds: i64, nanos: u32| [&seconds.to_be_bytes()[..], &nanos.to_be_bytes()].concat();
    for nanos in [1_000_000_000, 1_999_999_999, u32::MAX] {
        assert!(refusal::<Timestamp>(&stored(0, nanos)).contains("below 1000000000"));
    }
    let beyond = [
        Timestamp::MIN.seconds() - 1,
        Timestamp::MAX.seconds() + 1,
        i64::MIN,
        i64::MAX,
    ];
    for seconds in beyond {
        assert!(refusal::<Timestamp>(&stored(seconds, 0)).contains("9999-12-30"));
    }
}

#[test]
fn lists_that_are_cut_short() {
    let whole = encoded(&vec![String::from("ab"), String::from("c")]).unwrap();
    for end in (0..whole.len()).filter(|end| ![1, 7].contains(end)) {
        assert_eq!(
            refusal::<Vec<String>>(&whole[..end]),
            "the stored list is cut short"
        );
    }
    let mut longer = whole;
    longer.push(0);
    assert_eq!(
        refusal::<Vec<String>>(&longer),
        "the stored list is cut short"
    );
    assert_eq!(
        refusal::<Vec<String>>(&[2, 0xff, 0xff, 0xff, 0xff, b'a']),
        "the stored list is cut short"
    );
}

#[test]
fn lists_of_other_elements() {
    for code in [0, 1, 3, 4, 9, 10, 127, 128, 255] {
        assert!(refusal::<Vec<String>>(&[code]).contains("another type"));
    }
    // The inner list's code counts too.
    assert!(refusal::<Vec<Vec<bool>>>(&[9, 0, 0, 0, 1, 2]).contains("another type"));
    assert!(refusal::<Vec<Vec<u8>>>(&[9, 0, 0, 0, 1, 1]).contains("another type"));
}

#[test]
fn lists_with_an_element_that_is_refused() {
    assert!(refusal::<Vec<bool>>(&[4, 0, 0, 0, 1, 1, 0, 0, 0, 1, 2]).contains("boolean"));
    assert!(refusal::<Vec<bool>>(&[4, 0, 0, 0, 0]).contains("boolean"));
    assert!(refusal::<Vec<String>>(&[2, 0, 0, 0, 1, 0xff]).contains("UTF-8"));
    assert!(refusal::<Vec<i64>>(&[3, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]).contains("size"));
    assert!(refusal::<Vec<Date>>(&[5, 0, 0, 0, 4, 0x7f, 0, 0, 0]).contains("9999"));
}

fn overflows<T: Value>(integers: &[i128]) {
    for integer in integers {
        assert!(refusal::<T>(&integer.to_be_bytes()).contains("does not fit"));
    }
}
