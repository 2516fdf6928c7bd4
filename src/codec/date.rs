//! Calendar dates without a library: what every date type is stored as.

use core::fmt;

use super::{CodecError, Content, Encoder, Value, list};
use crate::secret::SecretBytes;

/// A day of the proleptic Gregorian calendar, from -9999-01-01 to 9999-12-31.
///
/// Years are those of ISO 8601: 0 is 1 BC, -1 is 2 BC. All date types that this crate can store
/// share this form, so a date sealed as `jiff::civil::Date` opens as `chrono::NaiveDate`,
/// `time::Date` or this type.
///
/// `Debug` shows the type only and there is no `Display`, because a date of birth is plaintext.
/// It is `Copy`: copies are not tracked, and only the one inside a [`Phi`](crate::Phi) is wiped.
///
/// # Example
///
/// ```
/// use phi_seal::codec::Date;
///
/// let born = Date::from_ymd(1952, 2, 29)?;
/// assert_eq!(born.days(), -6516);
/// assert_eq!(Date::from_days(-6516)?.ymd(), (1952, 2, 29));
/// assert!(Date::from_ymd(1953, 2, 29).is_err());
/// assert_eq!(format!("{born:?}"), "Date { .. }");
/// # Ok::<(), phi_seal::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    days: i32,
}

impl Date {
    /// -9999-01-01.
    pub const MIN: Self = Self { days: -4_371_587 };

    /// 9999-12-31.
    pub const MAX: Self = Self { days: 2_932_896 };

    /// The day that is `days` after 1970-01-01, or before it when negative.
    ///
    /// # Errors
    ///
    /// When the day is before -9999-01-01 or after 9999-12-31.
    pub const fn from_days(days: i32) -> Result<Self, CodecError> {
        if days < Self::MIN.days || days > Self::MAX.days {
            return Err(OUT_OF_RANGE);
        }
        Ok(Self { days })
    }

    /// A day by its year (-9999 to 9999), month (1 to 12) and day of the month (from 1).
    ///
    /// # Errors
    ///
    /// When there is no such day, or the year is out of range.
    pub const fn from_ymd(year: i32, month: u8, day: u8) -> Result<Self, CodecError> {
        if year < -9999 || year > 9999 {
            return Err(OUT_OF_RANGE);
        }
        if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return Err(CodecError::new("a date must be a day of its month"));
        }
        // The year is counted from March, so that the leap day is its last one.
        let (year, month) = if month > 2 {
            (year, month as i32 - 3)
        } else {
            (year - 1, month as i32 + 9)
        };
        let era = year.div_euclid(YEARS_PER_ERA);
        let year_of_era = year.rem_euclid(YEARS_PER_ERA);
        let day_of_year = (153 * month + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Ok(Self {
            days: era * DAYS_PER_ERA + day_of_era - EPOCH,
        })
    }

    /// Days since 1970-01-01, negative before it.
    pub const fn days(self) -> i32 {
        self.days
    }

    /// Year, month from 1 and day of the month from 1.
    pub const fn ymd(self) -> (i32, u8, u8) {
        let days = self.days + EPOCH;
        let era = days.div_euclid(DAYS_PER_ERA);
        let day_of_era = days.rem_euclid(DAYS_PER_ERA);
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let year = era * YEARS_PER_ERA + year_of_era;
        if month < 10 {
            (year, month as u8 + 3, day as u8)
        } else {
            (year + 1, month as u8 - 9, day as u8)
        }
    }
}

impl Value for Date {
    const CONTENT: Content = Content::Date;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(&self.days.to_be_bytes());
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        Self::from_days(i32::from_be_bytes(list::fixed(&content)?))
    }

    fn wipe(&mut self) {
        self.days = 0;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        4
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Date").finish_non_exhaustive()
    }
}

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The Gregorian calendar repeats after this many years.
const YEARS_PER_ERA: i32 = 400;
const DAYS_PER_ERA: i32 = 146_097;

/// Days from 0000-03-01, where eras are counted from, to 1970-01-01.
const EPOCH: i32 = 719_468;

const OUT_OF_RANGE: CodecError =
    CodecError::new("a date must lie between -9999-01-01 and 9999-12-31");
