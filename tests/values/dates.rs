//! `Date` and `Timestamp` on their own: calendar, clock, text, and what they show.

use std::time::{Duration, SystemTime};

use phi_seal::codec::{Date, Timestamp};

#[test]
fn every_day_has_one_year_month_and_day() {
    let (mut year, mut month, mut day) = (-9999, 1, 1);
    for days in Date::MIN.days()..=Date::MAX.days() {
        let date = Date::from_days(days).unwrap();
        assert_eq!(date.ymd(), (year, month, day));
        assert!(Date::from_ymd(year, month, day).unwrap() == date);
        day += 1;
        if Date::from_ymd(year, month, day).is_err() {
            (month, day) = (month + 1, 1);
        }
        if month == 13 {
            (year, month) = (year + 1, 1);
        }
    }
    assert_eq!((year, month, day), (10_000, 1, 1));
}

#[test]
fn days_that_do_not_exist() {
    for (year, month, day) in [
        (2026, 0, 1),
        (2026, 13, 1),
        (2026, 255, 1),
        (2026, 1, 0),
        (2026, 1, 32),
        (2026, 4, 31),
        (2026, 2, 29),
        (1900, 2, 29),
        (-1, 2, 29),
        (2024, 2, 30),
        (2026, 12, 255),
    ] {
        let error = Date::from_ymd(year, month, day).unwrap_err();
        assert_eq!(error.reason(), "a date must be a day of its month");
    }
    for year in [-10_000, 10_000, i32::MIN, i32::MAX] {
        let error = Date::from_ymd(year, 1, 1).unwrap_err();
        assert_eq!(
            error.reason(),
            "a date must lie between -9999-01-01 and 9999-12-31"
        );
    }
    for leap in [2000, 2024, 0, -4, -400] {
        assert!(Date::from_ymd(leap, 2, 29).is_ok());
    }
}

#[test]
fn the_bounds_are_inclusive() {
    assert_eq!(Date::MIN.ymd(), (-9999, 1, 1));
    assert_eq!(Date::MAX.ymd(), (9999, 12, 31));
    assert!(Date::from_days(Date::MIN.days() - 1).is_err());
    assert!(Date::from_days(Date::MAX.days() + 1).is_err());

    let (first, last) = (Timestamp::MIN, Timestamp::MAX);
    assert!(Timestamp::new(first.seconds(), 0).unwrap() == first);
    assert!(Timestamp::new(last.seconds(), 999_999_999).unwrap() == last);
    assert!(Timestamp::new(first.seconds() - 1, 999_999_999).is_err());
    assert!(Timestamp::new(last.seconds() + 1, 0).is_err());
    assert!(Timestamp::new(0, 1_000_000_000).is_err());
    assert!(Timestamp::new(i64::MIN, u32::MAX).is_err());
}

#[test]
fn instants_are_written_with_nine_digits() {
    for (seconds, nanos, text) in [
        (0, 0, "1970-01-01T00:00:00.000000000Z"),
        (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
        (1_795_293_660, 123_456_789, "2026-11-21T20:41:00.123456789Z"),
        (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
        (-62_167_219_200, 0, "0000-01-01T00:00:00.000000000Z"),
        (-62_167_219_201, 0, "-000001-12-31T23:59:59.000000000Z"),
        (-377_705_023_201, 0, "-009999-01-02T01:59:59.000000000Z"),
        (
            253_402_207_200,
            999_999_999,
            "9999-12-30T22:00:00.999999999Z",
        ),
    ] {
        let mut out = String::new();
        let instant = Timestamp::new(seconds, nanos).unwrap();
        instant.write_rfc3339(&mut out).unwrap();
        assert_eq!(out, text);
    }
}

#[test]
fn the_system_clock_counts_forward_before_1970_too() {
    let at = |time| Timestamp::from_system_time(time).map(|t| (t.seconds(), t.nanos()));
    let epoch = SystemTime::UNIX_EPOCH;
    let nano = Duration::from_nanos(1);
    let second = Duration::from_secs(1);
    assert_eq!(at(epoch), Ok((0, 0)));
    assert_eq!(at(epoch + second + nano), Ok((1, 1)));
    // Windows counts in steps of 100 ns.
    assert_eq!(at(epoch - 100 * nano), Ok((-1, 999_999_900)));
    assert_eq!(at(epoch - second), Ok((-1, 0)));
    assert_eq!(at(epoch - second - 100 * nano), Ok((-2, 999_999_900)));
    assert!(at(SystemTime::now()).is_ok());
    if let Some(late) = epoch.checked_add(Duration::from_secs(253_402_207_201)) {
        assert!(at(late).is_err());
    }
    if let Some(early) = epoch.checked_sub(Duration::from_secs(377_705_023_202)) {
        assert!(at(early).is_err());
    }
}

#[test]
fn nothing_is_shown() {
    let date = Date::from_ymd(1952, 2, 29).unwrap();
    let instant = Timestamp::new(1_795_293_660, 5).unwrap();
    assert_eq!(format!("{date:?}"), "Date { .. }");
    assert_eq!(
        format!("{date:#?} {:?}", [date]),
        "Date { .. } [Date { .. }]"
    );
    assert_eq!(format!("{instant:?}"), "Timestamp { .. }");
}

#[test]
fn constants_can_be_made() {
    const BORN: Result<Date, phi_seal::codec::CodecError> = Date::from_ymd(1952, 2, 29);
    assert_eq!(BORN.map(Date::days), Ok(-6516));
}
