//! `time` 0.3: dates and instants.
//!
//! Reaches a little further than the stored instants, and much further under `large-dates`.

use ::time::{Date, OffsetDateTime, UtcDateTime};

use crate::SecretBytes;
use crate::codec::{self, CodecError, Content, Encoder, Timestamp, Value};

/// Years from -9999 to 9999 only; others (feature `large-dates`) are not encoded.
impl Value for Date {
    const CONTENT: Content = Content::Date;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        codec::Date::from_days(self.to_julian_day() - EPOCH)?.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        Self::from_julian_day(codec::Date::decode(content)?.days() + EPOCH)
            .map_err(|_| CodecError::new("the stored date must be one that time has"))
    }

    fn wipe(&mut self) {
        *self = OffsetDateTime::UNIX_EPOCH.date();
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        4
    }
}

/// The range of [`Timestamp`] only: the first day and the last hours of this type are not encoded.
impl Value for UtcDateTime {
    const CONTENT: Content = Content::Timestamp;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        Timestamp::new(self.unix_timestamp(), self.nanosecond())?.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        let stored = Timestamp::decode(content)?;
        Self::from_unix_timestamp(stored.seconds())
            .and_then(|second| second.replace_nanosecond(stored.nanos()))
            .map_err(|_| CodecError::new("the stored instant must be one that time has"))
    }

    fn wipe(&mut self) {
        *self = Self::UNIX_EPOCH;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        12
    }
}

/// The instant only: **the offset is not kept**. What was sealed at +02:00 opens at UTC, which
/// compares as equal. Instants outside the range of [`Timestamp`] are not encoded.
impl Value for OffsetDateTime {
    const CONTENT: Content = Content::Timestamp;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        Timestamp::new(self.unix_timestamp(), self.nanosecond())?.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        UtcDateTime::decode(content).map(Self::from)
    }

    fn wipe(&mut self) {
        *self = Self::UNIX_EPOCH;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        12
    }
}

/// 1970-01-01 as a Julian day number.
const EPOCH: i32 = 2_440_588;
