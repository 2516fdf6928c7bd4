//! The names under which checkpoints are filed.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::audit::journal::Origin;

/// The origin as one part of a path: lower-case letters, digits, `-`, `_`, and `.` but at the
/// beginning, stay; every other byte is `%` and two upper-case hexadecimal digits.
///
/// Injective, also on file systems that do not tell upper from lower case.
pub fn origin_name(origin: &Origin) -> String {
    let mut name = String::new();
    for byte in origin.as_str().bytes() {
        let is_plain = matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')
            || (byte == b'.' && !name.is_empty());
        if is_plain {
            name.push(char::from(byte));
        } else {
            write!(name, "%{byte:02X}").expect("a string takes whatever is written");
        }
    }
    name
}

/// The number of entries, with 20 digits, so that names sort as numbers do.
pub fn checkpoint_name(size: u64) -> String {
    format!("{size:020}")
}

/// The number that [`checkpoint_name`] wrote.
pub fn size_of_name(name: &str) -> Option<u64> {
    let is_number = name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| name.parse().ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_plain_and_differ() {
        let name = |origin: &str| origin_name(&Origin::new(origin).unwrap());
        for (origin, expected) in [
            (
                "ehr.mercy.example/audit-2_a",
                "ehr.mercy.example%2Faudit-2_a",
            ),
            ("Ehr", "%45hr"),
            ("..", "%2E."),
            ("a/../b", "a%2F..%2Fb"),
            ("%2F", "%252%46"),
            ("a:b\\c", "a%3Ab%5Cc"),
        ] {
            assert_eq!(name(origin), expected);
        }
    }

    #[test]
    fn sizes_have_one_spelling() {
        for size in [0, 1, 4711, u64::MAX] {
            assert_eq!(size_of_name(&checkpoint_name(size)), Some(size));
        }
        for other in [
            "",
            "1",
            "0000000000000000001",
            "000000000000000000001",
            "+0000000000000000001",
            "99999999999999999999",
            "0000000000000000000x",
        ] {
            assert_eq!(size_of_name(other), None, "{other}");
        }
    }
}
