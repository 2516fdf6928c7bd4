//! `chrono` 0.4: naive dates and instants in UTC.
//!
//! Both reach further than the stored forms: a year beyond ±9999 and a leap second have none.

use ::chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::SecretBytes;
use crate::codec::{CodecError, Content, Date, Encoder, Timestamp, Value};

/// Years from -9999 to 9999 only; others are not encoded.
impl Value for NaiveDate {
    const CONTENT: Content = Content::Date;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        Date::from_days(self.num_days_from_ce() - EPOCH)?.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        Self::from_num_days_from_ce_opt(Date::decode(content)?.days() + EPOCH).ok_or(
            CodecError::new("the stored date must be one that chrono has"),
        )
    }

    fn wipe(&mut self) {
        *self = Self::default();
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        4
    }
}

/// The range of [`Timestamp`] only, and no leap seconds; others are not encoded.
impl Value for DateTime<Utc> {
    const CONTENT: Content = Content::Timestamp;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        // A leap second counts 10^9 nanoseconds or more, which `new` refuses.
        Timestamp::new(self.timestamp(), self.timestamp_subsec_nanos())?.encode(out)
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        let stored = Timestamp::decode(content)?;
        Self::from_timestamp(stored.seconds(), stored.nanos()).ok_or(CodecError::new(
            "the stored instant must be one that chrono has",
        ))
    }

    fn wipe(&mut self) {
        *self = Self::UNIX_EPOCH;
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        12
    }
}

/// 1970-01-01 in days from the year 1, which count from 1.
const EPOCH: i32 = 719_163;
