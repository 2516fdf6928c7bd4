//! `jiff`, `chrono`, `time` and this crate's own types share their forms, and agree on calendars.

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use phi_seal::codec::{Content, Date, Timestamp, Value};
use proptest::prelude::*;
use time::{OffsetDateTime, UtcDateTime, UtcOffset};

use crate::round_trips::{any_date, any_timestamp};
use crate::{decoded, encoded};

proptest! {
    #[test]
    fn a_date_of_one_opens_in_the_others(date in any_date()) {
        let bytes = encoded(&date).unwrap();
        let (year, month, day) = date.ymd();

        let in_jiff: jiff::civil::Date = same(&bytes);
        let epoch = jiff::civil::date(1970, 1, 1);
        prop_assert_eq!(in_jiff.since(epoch).unwrap().get_days(), date.days());
        prop_assert_eq!(
            (i32::from(in_jiff.year()), in_jiff.month(), in_jiff.day()),
            (year, month as i8, day as i8)
        );

        let in_chrono: NaiveDate = same(&bytes);
        let since = in_chrono.signed_duration_since(NaiveDate::default());
        prop_assert_eq!(since.num_days(), i64::from(date.days()));
        prop_assert_eq!(
            (in_chrono.year(), in_chrono.month(), in_chrono.day()),
            (year, u32::from(month), u32::from(day))
        );

        let in_time: time::Date = same(&bytes);
        let since = in_time - OffsetDateTime::UNIX_EPOCH.date();
        prop_assert_eq!(since.whole_days(), i64::from(date.days()));
        prop_assert_eq!(
            (in_time.year(), u8::from(in_time.month()), in_time.day()),
            (year, month, day)
        );
    }

    #[test]
    fn an_instant_of_one_opens_in_the_others(instant in any_timestamp()) {
        let bytes = encoded(&instant).unwrap();
        let total = i128::from(instant.seconds()) * 1_000_000_000 + i128::from(instant.nanos());

        let in_jiff: jiff::Timestamp = same(&bytes);
        prop_assert_eq!(in_jiff.as_nanosecond(), total);

        let in_chrono: DateTime<Utc> = same(&bytes);
        prop_assert_eq!(in_chrono.timestamp(), instant.seconds());
        prop_assert_eq!(in_chrono.nanosecond(), instant.nanos());

        let in_time: OffsetDateTime = same(&bytes);
        prop_assert_eq!(in_time.unix_timestamp_nanos(), total);
        prop_assert_eq!(in_time.offset(), UtcOffset::UTC);
        prop_assert!(same::<UtcDateTime>(&bytes) == in_time);

        let mut text = String::new();
        instant.write_rfc3339(&mut text).unwrap();
        prop_assert_eq!(text, format!("{in_jiff:.9}"));
    }

    #[test]
    fn the_offset_is_not_kept(instant in any_timestamp(), minutes in -720_i32..=720) {
        let in_utc = decoded::<OffsetDateTime>(&encoded(&instant).unwrap()).unwrap();
        let offset = UtcOffset::from_whole_seconds(minutes * 60).unwrap();
        let abroad = in_utc.to_offset(offset);
        prop_assert!(encoded(&abroad).unwrap() == encoded(&instant).unwrap());
    }
}

#[test]
fn the_ranges_are_those_of_jiff() {
    let of = |t: Timestamp| encoded(&t).unwrap();
    assert_eq!(encoded(&jiff::Timestamp::MIN).unwrap(), of(Timestamp::MIN));
    assert_eq!(encoded(&jiff::Timestamp::MAX).unwrap(), of(Timestamp::MAX));
    let of = |date: Date| encoded(&date).unwrap();
    assert_eq!(encoded(&jiff::civil::Date::MIN).unwrap(), of(Date::MIN));
    assert_eq!(encoded(&jiff::civil::Date::MAX).unwrap(), of(Date::MAX));
    assert_eq!(encoded(&time::Date::MIN).unwrap(), of(Date::MIN));
    assert_eq!(encoded(&time::Date::MAX).unwrap(), of(Date::MAX));
}

#[test]
fn what_is_out_of_range_is_not_encoded() {
    for date in [
        NaiveDate::MIN,
        NaiveDate::MAX,
        NaiveDate::from_ymd_opt(-10_000, 12, 31).unwrap(),
        NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap(),
    ] {
        assert!(encoded(&date).unwrap_err().reason().contains("9999-12-31"));
        assert!(encoded(&vec![date]).is_err());
    }
    let last = Timestamp::MAX.seconds();
    for instant in [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        DateTime::from_timestamp(last + 1, 0).unwrap(),
        DateTime::from_timestamp(Timestamp::MIN.seconds() - 1, 999_999_999).unwrap(),
    ] {
        assert!(
            encoded(&instant)
                .unwrap_err()
                .reason()
                .contains("9999-12-30")
        );
    }
    let (first, last) = (time::Date::MIN.midnight(), time::Date::MAX.midnight());
    for instant in [first, last] {
        assert!(encoded(&instant.assume_utc()).is_err());
        assert!(encoded(&UtcDateTime::from(instant.assume_utc())).is_err());
    }
}

#[test]
fn a_leap_second_is_not_encoded() {
    for nanos in [1_000_000_000, 1_500_000_000, 1_999_999_999] {
        let leap = DateTime::from_timestamp(1_483_228_799, nanos).unwrap();
        let error = encoded(&leap).unwrap_err();
        assert!(error.reason().contains("below 1000000000"));
    }
}

#[test]
fn they_refuse_what_the_own_types_refuse() {
    for bytes in [vec![0; 3], vec![0; 5], vec![0x7f; 4], vec![0x80, 0, 0, 0]] {
        let reason = decoded::<Date>(&bytes).unwrap_err();
        assert_eq!(decoded::<jiff::civil::Date>(&bytes).unwrap_err(), reason);
        assert_eq!(decoded::<NaiveDate>(&bytes).unwrap_err(), reason);
        assert_eq!(decoded::<time::Date>(&bytes).unwrap_err(), reason);
    }
    for bytes in [vec![0; 11], vec![0; 13], vec![0x7f; 12], vec![0xff; 12]] {
        let reason = decoded::<Timestamp>(&bytes).unwrap_err();
        assert_eq!(decoded::<jiff::Timestamp>(&bytes).unwrap_err(), reason);
        assert_eq!(decoded::<DateTime<Utc>>(&bytes).unwrap_err(), reason);
        assert_eq!(decoded::<OffsetDateTime>(&bytes).unwrap_err(), reason);
        assert_eq!(decoded::<UtcDateTime>(&bytes).unwrap_err(), reason);
    }
}

#[test]
fn wiping_leaves_the_epoch_or_zero() {
    wiped(jiff::civil::date(1952, 2, 29), jiff::civil::Date::ZERO);
    wiped(jiff::Timestamp::MAX, jiff::Timestamp::UNIX_EPOCH);
    wiped(NaiveDate::MAX, NaiveDate::default());
    wiped(DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH);
    wiped(time::Date::MAX, OffsetDateTime::UNIX_EPOCH.date());
    wiped(UtcDateTime::MAX, UtcDateTime::UNIX_EPOCH);
    let utc = OffsetDateTime::UNIX_EPOCH;
    wiped(utc + time::Duration::days(9), utc);
}

#[test]
fn the_content_is_a_date_or_an_instant() {
    assert_eq!(<jiff::civil::Date as Value>::CONTENT, Content::Date);
    assert_eq!(<NaiveDate as Value>::CONTENT, Content::Date);
    assert_eq!(<time::Date as Value>::CONTENT, Content::Date);
    assert_eq!(<jiff::Timestamp as Value>::CONTENT, Content::Timestamp);
    assert_eq!(<DateTime<Utc> as Value>::CONTENT, Content::Timestamp);
    assert_eq!(<OffsetDateTime as Value>::CONTENT, Content::Timestamp);
    assert_eq!(<UtcDateTime as Value>::CONTENT, Content::Timestamp);
}

/// The `T` of these bytes, which it encodes to again, in the size that it foretells.
fn same<T: Value>(bytes: &[u8]) -> T {
    let value = decoded::<T>(bytes).unwrap();
    assert_eq!(encoded(&value).unwrap(), bytes);
    assert_eq!(value.size_hint(), bytes.len());
    value
}

fn wiped<T: Value + PartialEq>(mut value: T, neutral: T) {
    value.wipe();
    assert!(value == neutral);
}
