//! `jiff` 0.2: civil dates and timestamps, whose ranges are exactly those of the stored forms.

use ::jiff::{Timestamp, civil};

use crate::SecretBytes;
use crate::codec::{self, CodecError, Content, Encoder, Value};

/// The whole range.
impl Value for civil::Date {
    const CONTENT: Content = Content::Date;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let year = i32::from(self.year());
        codec::Date::from_ymd(year, self.month().unsigned_abs(), self.day().unsigned_abs())?
            .encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        let (year, month, day) = codec::Date::decode(content)?.ymd();
        // Every stored year fits 16 bits, every month and day 7.
        Self::new(year as i16, month as i8, day as i8)
            .map_err(|_| CodecError::new("the stored date must be one that jiff has"))
    }

    fn wipe(&mut self) {
        *self = Self::ZERO;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        4
    }
}

/// The whole range.
impl Value for Timestamp {
    const CONTENT: Content = Content::Timestamp;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        // Before 1970 both parts are negative here; the stored form counts nanoseconds forward.
        let (seconds, nanos) = match (self.as_second(), self.subsec_nanosecond()) {
            (seconds, nanos @ ..0) => (seconds - 1, nanos + 1_000_000_000),
            later => later,
        };
        codec::Timestamp::new(seconds, nanos.unsigned_abs())?.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        let stored = codec::Timestamp::decode(content)?;
        Self::new(stored.seconds(), stored.nanos().cast_signed())
            .map_err(|_| CodecError::new("the stored instant must be one that jiff has"))
    }

    fn wipe(&mut self) {
        *self = Self::UNIX_EPOCH;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        12
    }
}
