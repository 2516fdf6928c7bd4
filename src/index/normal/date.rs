//! Dates and years.

use super::readable::{Readable, SecretText, write_date, write_year};
use super::text::folded_text;
use crate::codec::{Date, Timestamp};
use crate::secret::SecretBytes;

/// `1952-02-29`. Of text: that, or `19520229`.
pub(super) fn date(readable: &Readable<'_>) -> Option<SecretBytes> {
    let date = match readable {
        Readable::Date(date) => *date,
        Readable::Instant(instant) => date_in_utc(*instant)?,
        Readable::Text(text) => match Written::parse(&folded_text(text))? {
            Written {
                year,
                month: Some(month),
                day: Some(day),
            } => Date::from_ymd(year, month, day).ok()?,
            _ => return None,
        },
        _ => return None,
    };
    let mut out = SecretText::default();
    write_date(date, &mut out).ok()?;
    out.unless_empty()
}

/// `1952`. Of text: a date as above, `1952-02` or `1952`.
pub(super) fn year(readable: &Readable<'_>) -> Option<SecretBytes> {
    let year = match readable {
        Readable::Date(date) => date.ymd().0,
        Readable::Instant(instant) => date_in_utc(*instant)?.ymd().0,
        Readable::Integer(year) => i32::try_from(*year).ok()?,
        Readable::Text(text) => {
            let Written { year, month, day } = Written::parse(&folded_text(text))?;
            // The date as a whole must be one.
            let date = Date::from_ymd(year, month.unwrap_or(1), day.unwrap_or(1));
            date.ok()?.ymd().0
        }
        _ => return None,
    };
    // The range of all dates here.
    Date::from_ymd(year, 1, 1).ok()?;
    let mut out = SecretText::default();
    write_year(year, &mut out).ok()?;
    out.unless_empty()
}

fn date_in_utc(instant: Timestamp) -> Option<Date> {
    let days = i32::try_from(instant.seconds().div_euclid(86_400)).ok()?;
    Date::from_days(days).ok()
}

/// A date in ISO 8601, or its beginning, of no month and day that need exist.
struct Written {
    year: i32,
    month: Option<u8>,
    day: Option<u8>,
}

impl Written {
    /// `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or `YYYYMMDD`; before year 0 the year is `-` and six
    /// digits, and no form without hyphens.
    fn parse(text: &str) -> Option<Self> {
        let (year, rest) = match text.strip_prefix('-') {
            Some(text) => {
                let (year, rest) = text.split_at_checked(6)?;
                let year = -number::<i32>(year)?;
                if year == 0 {
                    return None;
                }
                (year, rest)
            }
            None => {
                let (year, rest) = text.split_at_checked(4)?;
                (number(year)?, rest)
            }
        };
        let (month, day) = match (rest.split_at_checked(4), text.starts_with('-')) {
            (Some((rest, "")), false) => {
                let (month, day) = rest.split_at_checked(2)?;
                (Some(month), Some(day))
            }
            _ if rest.is_empty() => (None, None),
            _ => match rest.strip_prefix('-')?.split_once('-') {
                Some((month, day)) => (Some(month), Some(day)),
                None => (Some(rest.strip_prefix('-')?), None),
            },
        };
        Some(Self {
            year,
            month: two_digits(month)?,
            day: two_digits(day)?,
        })
    }
}

/// A part that is absent stays so; one that is no two digits spoils the whole.
fn two_digits(part: Option<&str>) -> Option<Option<u8>> {
    match part {
        Some(digits) if digits.len() == 2 => number(digits).map(Some),
        Some(_) => None,
        None => Some(None),
    }
}

fn number<N: core::str::FromStr>(digits: &str) -> Option<N> {
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}
