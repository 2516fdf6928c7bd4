//! Instants as text.

use alloc::string::String;
use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(feature = "journal")]
use crate::codec::Date;
use crate::codec::Timestamp;

/// RFC 3339 in UTC with 9 fractional digits: always 30 bytes.
///
/// A time before the year 0000 or after [`Timestamp::MAX`] is written as the first or last
/// instant between, so that a broken clock costs the time of an event and not the event.
pub(crate) fn format(time: SystemTime) -> String {
    let nearest = match Timestamp::from_system_time(time) {
        Ok(instant) => instant.max(YEAR_0),
        Err(_) if time < UNIX_EPOCH => YEAR_0,
        Err(_) => Timestamp::MAX,
    };
    let mut text = String::with_capacity(30);
    nearest
        .write_rfc3339(&mut text)
        .expect("a string takes whatever is written, and the instant has a date");
    text
}

/// The instant of a text that [`format`] could have written.
#[cfg(feature = "journal")]
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let digits = |range: core::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_plain)
    };
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
    let date = Date::from_ymd(
        i32::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    );
    let seconds =
        i64::from(date.ok()?.days()) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    let instant = Timestamp::new(seconds, digits(20..29)?).ok()?;
    // Whatever else the text may be, it is not what is written for this instant.
    let mut canonical = String::with_capacity(30);
    instant.write_rfc3339(&mut canonical).ok()?;
    (canonical == text).then_some(instant)
}

const YEAR_0: Timestamp = match Timestamp::new(-62_167_219_200, 0) {
    Ok(instant) => instant,
    Err(_) => Timestamp::MIN,
};

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn known_instants() {
        for (seconds, nanos, text) in [
            (0, 0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
            (951_868_799, 999_999_999, "2000-02-29T23:59:59.999999999Z"),
            (1_000_000_000, 0, "2001-09-09T01:46:40.000000000Z"),
            (1_709_164_800, 0, "2024-02-29T00:00:00.000000000Z"),
            (1_709_251_200, 0, "2024-03-01T00:00:00.000000000Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000000000Z"),
            (253_402_207_200, 0, "9999-12-30T22:00:00.000000000Z"),
            (253_402_300_800, 0, "9999-12-30T22:00:00.999999999Z"),
            (
                9_000_000_000_000_000_000,
                0,
                "9999-12-30T22:00:00.999999999Z",
            ),
        ] {
            let time = UNIX_EPOCH + Duration::new(seconds, nanos);
            assert_eq!(format(time), text);
        }
    }

    #[test]
    fn before_1970() {
        for (seconds, nanos, text) in [
            (0, 1, "1969-12-31T23:59:59.999999999Z"),
            (86_400, 0, "1969-12-31T00:00:00.000000000Z"),
            (2_203_891_200, 0, "1900-03-01T00:00:00.000000000Z"),
            (2_203_977_600, 0, "1900-02-28T00:00:00.000000000Z"),
            (62_167_219_200, 0, "0000-01-01T00:00:00.000000000Z"),
            (62_167_219_200, 1, "0000-01-01T00:00:00.000000000Z"),
            (
                9_000_000_000_000_000_000,
                0,
                "0000-01-01T00:00:00.000000000Z",
            ),
        ] {
            let time = UNIX_EPOCH - Duration::new(seconds, nanos);
            assert_eq!(format(time), text);
        }
    }

    #[cfg(feature = "journal")]
    #[test]
    fn what_was_written_is_read() {
        for (seconds, nanos) in [(0, 0), (951_782_400, 1), (253_402_207_200, 999_999_999)] {
            let time = UNIX_EPOCH + Duration::new(seconds, nanos);
            let parsed = parse(&format(time)).map(|it| (it.seconds(), it.nanos()));
            assert_eq!(parsed, Some((seconds as i64, nanos)));
        }
        for text in [
            "",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00.000000000z",
            "1970-13-01T00:00:00.000000000Z",
            "1970-02-29T00:00:00.000000000Z",
            "1970-01-01T24:00:00.000000000Z",
            "1970-01-01 00:00:00.000000000Z",
            "+970-01-01T00:00:00.000000000Z",
            "1970-01-01T00:00:00.000000000Z ",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
