//! Ages such as `90d`.

use alloc::string::String;
use core::time::Duration;

/// A whole number and one unit.
pub(super) fn parse(text: &str) -> Result<Duration, &'static str> {
    let read = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => HOUR,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return None,
        };
        let is_plain = number.bytes().all(|digit| digit.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|_| is_plain)?;
        number.checked_mul(unit).map(Duration::from_secs)
    };
    read().ok_or("write a whole number and s, m, h, d or w, such as 90d")
}

/// The greatest unit that fits, rounded down.
pub(super) fn show(seconds: u64) -> String {
    match seconds {
        DAY.. => alloc::format!("{}d", seconds / DAY),
        HOUR.. => alloc::format!("{}h", seconds / HOUR),
        60.. => alloc::format!("{}m", seconds / 60),
        _ => "<1m".into(),
    }
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
