//! Instants without a library: what every instant type is stored as.

use core::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{CodecError, Content, Date, Encoder, Value, list};
use crate::secret::SecretBytes;

/// An instant in UTC to the nanosecond, without leap seconds.
///
/// From -9999-01-02T01:59:59Z to 9999-12-30T22:00:00.999999999Z, the range of `jiff::Timestamp`:
/// every instant in it has a calendar date within Date's range in every time zone. All instant
/// types that this crate can store share this form. No time zone or offset is kept.
///
/// `Debug` shows the type only and there is no `Display`, because a time of admission is
/// plaintext. It is `Copy`: copies are not tracked, and only the one inside a
/// [`Phi`](crate::Phi) is wiped.
///
/// # Example
///
/// ```
/// use phi_seal::codec::Timestamp;
///
/// let admitted = Timestamp::new(1_795_293_660, 5)?;
/// let mut text = String::new();
/// admitted.write_rfc3339(&mut text)?;
/// assert_eq!(text, "2026-11-21T20:41:00.000000005Z");
/// assert!(Timestamp::new(0, 1_000_000_000).is_err());
/// assert_eq!(format!("{admitted:?}"), "Timestamp { .. }");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

impl Timestamp {
    /// -9999-01-02T01:59:59Z.
    pub const MIN: Self = Self {
        seconds: -377_705_023_201,
        nanos: 0,
    };

    /// 9999-12-30T22:00:00.999999999Z.
    pub const MAX: Self = Self {
        seconds: 253_402_207_200,
        nanos: 999_999_999,
    };

    /// The instant `seconds` after 1970-01-01T00:00:00Z (before it when negative) and then
    /// `nanos` (below 10^9) later: half a second before 1970 is `new(-1, 500_000_000)`.
    ///
    /// # Errors
    ///
    /// When the instant is before [`MIN`](Self::MIN) or after [`MAX`](Self::MAX), or `nanos` is
    /// a whole second or more.
    pub const fn new(seconds: i64, nanos: u32) -> Result<Self, CodecError> {
        if nanos > Self::MAX.nanos {
            return Err(CodecError::new(
                "the nanoseconds of an instant must be below 1000000000",
            ));
        }
        if seconds < Self::MIN.seconds || seconds > Self::MAX.seconds {
            return Err(OUT_OF_RANGE);
        }
        Ok(Self { seconds, nanos })
    }

    /// The instant of a system clock, at the precision that the clock has.
    ///
    /// # Errors
    ///
    /// When the instant is before [`MIN`](Self::MIN) or after [`MAX`](Self::MAX).
    pub fn from_system_time(time: SystemTime) -> Result<Self, CodecError> {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => {
                let seconds = i64::try_from(after.as_secs()).map_err(|_| OUT_OF_RANGE)?;
                Self::new(seconds, after.subsec_nanos())
            }
            Err(error) => {
                let before = error.duration();
                let seconds = i64::try_from(before.as_secs()).map_err(|_| OUT_OF_RANGE)?;
                match before.subsec_nanos() {
                    0 => Self::new(-seconds, 0),
                    nanos => Self::new(-seconds - 1, 1_000_000_000 - nanos),
                }
            }
        }
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after that second, 0 to 999999999.
    pub const fn nanos(self) -> u32 {
        self.nanos
    }

    /// Writes the instant as RFC 3339 in UTC: always nine digits of fraction, then `Z`.
    ///
    /// Years below 0, which RFC 3339 does not have, get a sign and six digits as in ISO 8601:
    /// `-009999-01-02T01:59:59.000000000Z`.
    ///
    /// # Errors
    ///
    /// Those of `out`, unchanged.
    ///
    /// # Security
    ///
    /// The text is plaintext. Meant for instants that are not about a patient, such as an audit
    /// event's.
    pub fn write_rfc3339(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let second_of_day = self.seconds.rem_euclid(SECONDS_PER_DAY);
        // In range: the instants' range ends a day before that of the dates.
        let days = self.seconds.div_euclid(SECONDS_PER_DAY) as i32;
        let (year, month, day) = Date::from_days(days).map_err(|_| fmt::Error)?.ymd();
        match year {
            0.. => write!(out, "{year:04}")?,
            _ => write!(out, "{year:+07}")?,
        }
        write!(
            out,
            "-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:09}Z",
            second_of_day / 3600,
            second_of_day / 60 % 60,
            second_of_day % 60,
            self.nanos
        )
    }
}

impl Value for Timestamp {
    const CONTENT: Content = Content::Timestamp;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(&self.seconds.to_be_bytes());
        out.append(&self.nanos.to_be_bytes());
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        let [s0, s1, s2, s3, s4, s5, s6, s7, nanos @ ..] = list::fixed::<12>(&content)?;
        Self::new(
            i64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            u32::from_be_bytes(nanos),
        )
    }

    fn wipe(&mut self) {
        (self.seconds, self.nanos) = (0, 0);
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        12
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timestamp").finish_non_exhaustive()
    }
}

const SECONDS_PER_DAY: i64 = 86_400;

const OUT_OF_RANGE: CodecError = CodecError::new(
    "an instant must lie between -9999-01-02T01:59:59Z and 9999-12-30T22:00:00.999999999Z",
);
