//! Days and times, as they are typed.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::codec::Date;
use crate::report::Suspension;

/// A whole day, or an instant.
#[derive(Clone, Copy)]
pub(super) enum Moment {
    Day(Date),
    Instant(SystemTime),
}

impl Moment {
    /// The instant at which it begins.
    pub(super) fn start(self) -> SystemTime {
        match self {
            Self::Day(day) => midnight(i64::from(day.days())),
            Self::Instant(time) => time,
        }
    }

    /// The first instant that is not in it any more; of an instant, itself.
    pub(super) fn end(self) -> SystemTime {
        match self {
            Self::Day(day) => midnight(i64::from(day.days()) + 1),
            Self::Instant(time) => time,
        }
    }
}

/// `2026-11-21` or `2026-11-21T08:30:00Z`, with up to 9 digits of a second.
pub(super) fn moment(text: &str) -> Result<Moment, &'static str> {
    let Some((date, time)) = text.split_once('T') else {
        return day(text).map(Moment::Day).map_err(|_| NO_MOMENT);
    };
    let date = day(date).map_err(|_| NO_MOMENT)?;
    let within = within_day(time).ok_or(NO_MOMENT)?;
    Ok(Moment::Instant(midnight(i64::from(date.days())) + within))
}

/// `2026-11-21`.
pub(super) fn day(text: &str) -> Result<Date, &'static str> {
    let read = || {
        let &[y, m, d] = text.split('-').collect::<alloc::vec::Vec<_>>().as_slice() else {
            return None;
        };
        let (year, month, day) = (digits(y, 4)?, digits(m, 2)?, digits(d, 2)?);
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        Date::from_ymd(i32::try_from(year).ok()?, month, day).ok()
    };
    read().ok_or("write a day such as 2026-11-21")
}

/// `AGENCY=2026-11-01..2027-04-30`.
pub(super) fn written(text: &str) -> Result<Suspension, &'static str> {
    let read = || {
        let (agency, days) = text.rsplit_once('=')?;
        let (from, until) = days.split_once("..")?;
        Suspension::written(agency, day(from).ok()?, day(until).ok()?).ok()
    };
    read().ok_or("write an agency and its days, such as \"State Board=2026-11-01..2027-04-30\"")
}

/// `AGENCY=2026-11-01`.
pub(super) fn oral(text: &str) -> Result<Suspension, &'static str> {
    let read = || {
        let (agency, on) = text.rsplit_once('=')?;
        Suspension::oral(agency, day(on).ok()?).ok()
    };
    read().ok_or("write an agency and a day, such as \"State Board=2026-11-01\"")
}

fn within_day(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let &[h, m, s] = whole.split(':').collect::<alloc::vec::Vec<_>>().as_slice() else {
        return None;
    };
    let (hour, minute, second) = (digits(h, 2)?, digits(m, 2)?, digits(s, 2)?);
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
        return None;
    }
    let places = u32::try_from(fraction.len()).ok()?;
    let nanos = digits(fraction, fraction.len())? * 10_u32.pow(9 - places);
    let seconds = u64::from(hour * 3600 + minute * 60 + second);
    Some(Duration::new(seconds, nanos))
}

/// A number of exactly so many digits.
fn digits(text: &str, len: usize) -> Option<u32> {
    let is_plain = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// The beginning of a day, counted from 1970.
fn midnight(days: i64) -> SystemTime {
    let since = Duration::from_secs(days.unsigned_abs() * 86_400);
    match days < 0 {
        true => UNIX_EPOCH - since,
        false => UNIX_EPOCH + since,
    }
}

const NO_MOMENT: &str = "write a day such as 2026-11-21, or a time such as 2026-11-21T08:30:00Z";
