//! Whatever is encoded decodes to itself, and wiping leaves nothing of it.

use phi_seal::codec::{Date, Timestamp, Value};
use proptest::prelude::*;

use crate::{decoded, encoded};

macro_rules! round_trips {
    ($($name:ident: $type:ty = $strategy:expr;)*) => {
        proptest! {$(
            #[test]
            fn $name(value in $strategy) {
                returns::<$type>(value);
            }
        )*}
    };
}

round_trips! {
    u8s: u8 = any::<u8>();
    i8s: i8 = any::<i8>();
    u16s: u16 = any::<u16>();
    i16s: i16 = any::<i16>();
    u32s: u32 = any::<u32>();
    i32s: i32 = any::<i32>();
    u64s: u64 = any::<u64>();
    i64s: i64 = any::<i64>();
    i128s: i128 = any::<i128>();
    bools: bool = any::<bool>();
    texts: String = any::<String>();
    byte_strings: Vec<u8> = any::<Vec<u8>>();
    arrays: [u8; 17] = any::<[u8; 17]>();
    lists_of_text: Vec<String> = any::<Vec<String>>();
    lists_of_byte_strings: Vec<Vec<u8>> = any::<Vec<Vec<u8>>>();
    lists_of_integers: Vec<i64> = any::<Vec<i64>>();
    lists_of_lists: Vec<Vec<bool>> = any::<Vec<Vec<bool>>>();
    dates: Date = any_date();
    instants: Timestamp = any_timestamp();
    lists_of_dates: Vec<Date> = proptest::collection::vec(any_date(), 0..9);
}

proptest! {
    /// An integer field may change its width: the form is the same.
    #[test]
    fn integers_are_stored_alike(value: u16) {
        let bytes = encoded(&value).unwrap();
        prop_assert_eq!(&bytes, &encoded(&u64::from(value)).unwrap());
        prop_assert_eq!(decoded::<i128>(&bytes).unwrap(), i128::from(value));
    }

    /// The order of dates and instants is that of time.
    #[test]
    fn the_order_is_that_of_time(a in any_timestamp(), b in any_timestamp()) {
        let numbers = |t: Timestamp| (t.seconds(), t.nanos());
        prop_assert_eq!(a.cmp(&b), numbers(a).cmp(&numbers(b)));
    }
}

#[test]
fn wiping_leaves_a_neutral_value() {
    fn wiped<T: Value>(mut value: T) -> T {
        value.wipe();
        value
    }
    assert_eq!(wiped(17_i64), 0);
    assert!(!wiped(true));
    assert_eq!(wiped([7_u8; 3]), [0; 3]);
    assert_eq!(wiped(String::from("Ada")), "");
    assert_eq!(wiped(vec![String::from("Ada")]), Vec::<String>::new());
    assert_eq!(wiped(Date::MAX).days(), 0);
    assert!(wiped(Timestamp::MAX) == Timestamp::new(0, 0).unwrap());
}

pub(crate) fn any_date() -> impl Strategy<Value = Date> {
    (Date::MIN.days()..=Date::MAX.days()).prop_map(|days| Date::from_days(days).unwrap())
}

pub(crate) fn any_timestamp() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![
        Timestamp::MIN.seconds()..=Timestamp::MAX.seconds(),
        -100_i64..100,
    ];
    (seconds, prop_oneof![0_u32..1_000_000_000, 0_u32..2])
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap())
}

fn returns<T: Value + PartialEq>(value: T) {
    let bytes = encoded(&value).unwrap();
    let back = decoded::<T>(&bytes).unwrap();
    assert!(back == value);
    assert_eq!(encoded(&back).unwrap(), bytes);
}
