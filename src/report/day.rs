//! Calendar days as events spell them.

use alloc::string::String;

use crate::codec::Date;

/// The day of `YYYY-MM-DD`, or of a time that begins with one.
pub(super) fn of_text(text: &str) -> Option<Date> {
    let day = text.get(..10)?;
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = day.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    if year.len() != 4 || month.len() != 2 || !is_digits(year) || !is_digits(month) {
        return None;
    }
    if !is_digits(day) {
        return None;
    }
    Date::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// ISO 8601.
pub(super) fn text(day: Date) -> String {
    let (year, month, day) = day.ymd();
    alloc::format!("{year:04}-{month:02}-{day:02}")
}

/// The same day so many years before; of a 29 February, the 28th where there is no other.
pub(super) fn years_before(day: Date, years: i32) -> Date {
    let (year, month, of_month) = day.ymd();
    Date::from_ymd(year - years, month, of_month)
        .or_else(|_| Date::from_ymd(year - years, month, of_month - 1))
        .unwrap_or(Date::MIN)
}

pub(super) fn days_after(day: Date, days: i32) -> Date {
    Date::from_days(day.days().saturating_add(days)).unwrap_or(Date::MAX)
}
