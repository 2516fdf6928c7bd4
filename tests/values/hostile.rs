//! Random bytes into every decoder: refused or decoded, never a panic.

use phi_seal::codec::{Date, Timestamp, Value};
use proptest::prelude::*;

use crate::{decoded, encoded};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn own_types(bytes in hostile()) {
        canonical::<bool>(&bytes);
        canonical::<u8>(&bytes);
        canonical::<i8>(&bytes);
        canonical::<u16>(&bytes);
        canonical::<i16>(&bytes);
        canonical::<u32>(&bytes);
        canonical::<i32>(&bytes);
        canonical::<u64>(&bytes);
        canonical::<i64>(&bytes);
        canonical::<i128>(&bytes);
        canonical::<String>(&bytes);
        canonical::<Vec<u8>>(&bytes);
        canonical::<[u8; 8]>(&bytes);
        canonical::<Date>(&bytes);
        canonical::<Timestamp>(&bytes);
    }

    #[test]
    fn lists(bytes in hostile_list()) {
        canonical::<Vec<String>>(&bytes);
        canonical::<Vec<Vec<u8>>>(&bytes);
        canonical::<Vec<Vec<bool>>>(&bytes);
        canonical::<Vec<i64>>(&bytes);
        canonical::<Vec<Date>>(&bytes);
        canonical::<Vec<Vec<Vec<String>>>>(&bytes);
    }

    #[cfg(feature = "jiff-0_2")]
    #[test]
    fn of_jiff(bytes in hostile()) {
        canonical::<jiff::civil::Date>(&bytes);
        canonical::<jiff::Timestamp>(&bytes);
    }

    #[cfg(feature = "chrono-0_4")]
    #[test]
    fn of_chrono(bytes in hostile()) {
        canonical::<chrono::NaiveDate>(&bytes);
        canonical::<chrono::DateTime<chrono::Utc>>(&bytes);
    }

    #[cfg(feature = "time-0_3")]
    #[test]
    fn of_time(bytes in hostile()) {
        canonical::<time::Date>(&bytes);
        canonical::<time::OffsetDateTime>(&bytes);
        canonical::<time::UtcDateTime>(&bytes);
    }

    #[cfg(feature = "uuid-1")]
    #[test]
    fn of_uuid(bytes in hostile()) {
        canonical::<uuid::Uuid>(&bytes);
    }
}

/// Bytes of any length, and of the lengths that decoders look for, often small numbers.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), Just(0), Just(0xff)];
    let len = prop_oneof![0_usize..40, Just(4), Just(12), Just(16)];
    len.prop_flat_map(move |len| proptest::collection::vec(byte.clone(), len))
}

/// Bytes that are often lists: a small code, and small lengths.
fn hostile_list() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (0_u32..6).prop_map(|len| len.to_be_bytes().to_vec()),
        any::<u32>().prop_map(|len| len.to_be_bytes().to_vec()),
        proptest::collection::vec(0_u8..10, 0..6),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    (0_u8..11, proptest::collection::vec(part, 0..8))
        .prop_map(|(code, parts)| [vec![code], parts.concat()].concat())
}

/// What is decoded is encoded to the same bytes: no second spelling gets in.
fn canonical<T: Value>(bytes: &[u8]) {
    if let Ok(value) = decoded::<T>(bytes) {
        assert_eq!(encoded(&value).unwrap(), bytes);
    }
}
