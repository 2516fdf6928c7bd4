//! Instants as text.

use alloc::string::String;
use std::time::{SystemTime, UNIX_EPOCH};

const NANOS: i128 = 1_000_000_000;

/// The first and the last instant that RFC 3339 can write, in nanoseconds since 1970.
const FIRST: i128 = -62_167_219_200 * NANOS;
const LAST: i128 = 253_402_300_800 * NANOS - 1;

/// RFC 3339 in UTC with 9 fractional digits: always 30 bytes.
///
/// A time outside the years 0000 to 9999 is written as the first or last instant of them, so that
/// a broken clock costs the time of an event and not the event.
pub(super) fn format(time: SystemTime) -> String {
    let nanos = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(LAST),
        Err(before) => i128::try_from(before.duration().as_nanos()).map_or(FIRST, |n| -n),
    }
    .clamp(FIRST, LAST);
    let (seconds, nanos) = (nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    alloc::format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

/// Year, month and day of a day counted from 1970-01-01, by Howard Hinnant's `civil_from_days`:
/// eras of 400 years, in years that begin on the first of March.
const fn civil(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + (month <= 2) as i128, month, day)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

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
            (
                253_402_300_799,
                999_999_999,
                "9999-12-31T23:59:59.999999999Z",
            ),
            (253_402_300_800, 0, "9999-12-31T23:59:59.999999999Z"),
            (
                9_000_000_000_000_000_000,
                0,
                "9999-12-31T23:59:59.999999999Z",
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

    #[test]
    fn every_day_follows_the_day_before() {
        let (mut year, mut month, mut day) = (1600, 1, 1);
        for days in -135_140..200_000 {
            assert_eq!(civil(days), (year, month, day), "{days}");
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 if is_leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                _ if day == last => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }
}
