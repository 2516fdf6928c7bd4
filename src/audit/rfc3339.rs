//! Instants as text.

use alloc::string::String;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::codec::Timestamp;

/// RFC 3339 in UTC with 9 fractional digits: always 30 bytes.
///
/// A time before the year 0000 or after [`Timestamp::MAX`] is written as the first or last
/// instant between, so that a broken clock costs the time of an event and not the event.
pub(super) fn format(time: SystemTime) -> String {
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
}
