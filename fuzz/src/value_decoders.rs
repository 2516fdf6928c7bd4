//! Arbitrary bytes as the content of every type of value, as after decryption under a key that
//! somebody else had too: no panic, no more memory than there are bytes, and one canonical form.
//!
//! Which bytes are accepted is said a second time here, from `docs/envelope.md`.

use phi_seal::codec::{CodecError, Content, Date, Encoder, Timestamp, Value, Zeroize};
use phi_seal::{Phi, SecretBytes, Serde};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub fn run(data: &[u8]) {
    let text = core::str::from_utf8(data);
    canonical::<String>(data, Some(text.is_ok()));
    canonical::<Vec<u8>>(data, Some(true));
    canonical::<[u8; 0]>(data, Some(data.is_empty()));
    canonical::<[u8; 16]>(data, Some(data.len() == 16));
    canonical::<bool>(data, Some(matches!(data, [0 | 1])));
    integers(data);
    dates(data);
    instants(data);
    canonical::<uuid::Uuid>(data, Some(data.len() == 16));
    lists(data);

    structured::<Chart>(data);
    structured::<Tree>(data);
    structured::<Vec<u8>>(data);
    structured::<String>(data);
    structured::<f64>(data);
    structured::<Option<i128>>(data);
    structured::<(bool, char, u64)>(data);
    structured::<Tagged>(data);
    structured::<Untagged>(data);
}

fn integers(data: &[u8]) {
    let value = <[u8; 16]>::try_from(data).ok().map(i128::from_be_bytes);
    fn fits<T: TryFrom<i128>>(value: Option<i128>) -> Option<bool> {
        Some(value.is_some_and(|value| T::try_from(value).is_ok()))
    }
    canonical::<i8>(data, fits::<i8>(value));
    canonical::<i16>(data, fits::<i16>(value));
    canonical::<i32>(data, fits::<i32>(value));
    canonical::<i64>(data, fits::<i64>(value));
    canonical::<i128>(data, fits::<i128>(value));
    canonical::<u8>(data, fits::<u8>(value));
    canonical::<u16>(data, fits::<u16>(value));
    canonical::<u32>(data, fits::<u32>(value));
    canonical::<u64>(data, fits::<u64>(value));
}

fn dates(data: &[u8]) {
    let days = <[u8; 4]>::try_from(data).ok().map(i32::from_be_bytes);
    let is_date = Some(days.is_some_and(|days| (-4_371_587..=2_932_896).contains(&days)));
    canonical::<Date>(data, is_date);
    canonical::<jiff::civil::Date>(data, is_date);
    canonical::<chrono::NaiveDate>(data, is_date);
    canonical::<time::Date>(data, is_date);
    if let Ok(date) = decoded::<Date>(data) {
        let (year, month, day) = date.ymd();
        let again = Date::from_ymd(year, month, day);
        assert_eq!(again.map(Date::days), Ok(date.days()));
        let theirs = decoded::<chrono::NaiveDate>(data).map(|date| date.to_string());
        let sign = if year < 0 { "-" } else { "" };
        let ours = format!("{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs());
        assert_eq!(theirs, Ok(ours));
    }
}

fn instants(data: &[u8]) {
    let parts = data.split_first_chunk().and_then(|(seconds, nanos)| {
        let nanos = u32::from_be_bytes(nanos.try_into().ok()?);
        Some((i64::from_be_bytes(*seconds), nanos))
    });
    let is_instant = Some(parts.is_some_and(|(seconds, nanos)| {
        (-377_705_023_201..=253_402_207_200).contains(&seconds) && nanos < 1_000_000_000
    }));
    canonical::<Timestamp>(data, is_instant);
    canonical::<jiff::Timestamp>(data, is_instant);
    canonical::<chrono::DateTime<chrono::Utc>>(data, is_instant);
    canonical::<time::UtcDateTime>(data, is_instant);
    canonical::<time::OffsetDateTime>(data, is_instant);
    if let Ok(instant) = decoded::<Timestamp>(data) {
        let mut text = String::new();
        instant
            .write_rfc3339(&mut text)
            .expect("every instant can be written");
    }
}

fn lists(data: &[u8]) {
    canonical::<Vec<String>>(data, None);
    canonical::<Vec<Vec<u8>>>(data, None);
    canonical::<Vec<[u8; 2]>>(data, None);
    canonical::<Vec<bool>>(data, None);
    canonical::<Vec<i64>>(data, None);
    canonical::<Vec<Date>>(data, None);
    canonical::<Vec<jiff::Timestamp>>(data, None);
    canonical::<Vec<uuid::Uuid>>(data, None);
    canonical::<Vec<Vec<String>>>(data, None);
    canonical::<Vec<Vec<Vec<i64>>>>(data, None);
    // The content of an element may have several spellings, so only that none panics.
    drop(decoded::<Vec<Serde<Tree>>>(data));
    drop(decoded::<Vec<Vec<Serde<Chart>>>>(data));
}

/// What is read is written back the same; and exactly what is `acceptable`, if that is known, is
/// read.
fn canonical<T: Value>(data: &[u8], acceptable: Option<bool>) {
    let decoded = decoded::<T>(data);
    if let Some(acceptable) = acceptable {
        assert_eq!(
            decoded.is_ok(),
            acceptable,
            "{}",
            core::any::type_name::<T>()
        );
    }
    let Ok(value) = decoded else {
        return;
    };
    let type_name = core::any::type_name::<T>();
    assert_eq!(encoded(&value), Ok(data.to_vec()), "{type_name}");
    assert_ne!(T::CONTENT, Content::Structured);
    wiped(value);
}

/// What is read is written in one form, which is read as the same value; more or fewer bytes are
/// refused.
fn structured<T: Zeroize + Serialize + DeserializeOwned>(data: &[u8]) {
    let Ok(value) = decoded::<Serde<T>>(data) else {
        return;
    };
    let written = encoded(&value).expect("what was read can be written");
    let again = decoded::<Serde<T>>(&written).expect("what was written is read");
    assert_eq!(encoded(&again), Ok(written));
    // One value, and all of it.
    assert!(decoded::<Serde<T>>(&[data, &[0xc0]].concat()).is_err());
    assert!(decoded::<Serde<T>>(&data[..data.len() - 1]).is_err());
    wiped(value);
}

fn wiped<T: Value>(mut value: T) {
    let _ = value.size_hint();
    value.wipe();
    // Whatever is left is a valid value, which may be wiped again.
    drop(Phi::new(value));
}

fn encoded(value: &impl Value) -> Result<Vec<u8>, CodecError> {
    let mut buffer = SecretBytes::default();
    value.encode(&mut Encoder::new(&mut buffer))?;
    Ok(buffer.into_vec())
}

fn decoded<T: Value>(data: &[u8]) -> Result<T, CodecError> {
    T::decode(SecretBytes::from_vec(data.to_vec()))
}

#[derive(Debug, Serialize, Deserialize, Zeroize)]
#[serde(deny_unknown_fields)]
struct Chart {
    text: String,
    #[serde(default)]
    pages: Option<u16>,
    #[serde(default)]
    tags: Vec<(String, i32)>,
    #[serde(default)]
    state: State,
    #[serde(default)]
    scores: Vec<f32>,
}

#[derive(Debug, Default, Serialize, Deserialize, Zeroize)]
enum State {
    #[default]
    Open,
    Signed(String),
    Amended {
        by: String,
        revision: u8,
    },
}

#[derive(Debug, Serialize, Deserialize, Zeroize)]
struct Tree(Vec<Tree>);

#[derive(Debug, Serialize, Deserialize, Zeroize)]
#[serde(tag = "kind")]
enum Tagged {
    Text { text: String },
    Number { number: i64 },
}

#[derive(Debug, Serialize, Deserialize, Zeroize)]
#[serde(untagged)]
enum Untagged {
    Flag(bool),
    Number(i64),
    Text(String),
    Many(Vec<Untagged>),
}
