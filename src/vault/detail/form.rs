//! What an envelope of an event holds: MessagePack, short because an event of 32 KiB may have hundreds of
//! envelopes and has to fit a journal's entry.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::UNENCODABLE;
use crate::audit::{AuditError, EventRecord, RecordedField, RecordedRecipient, RecordedRow};
use crate::envelope::{KeyId, TAG_LEN};

/// What an envelope says: of one patient, or of nobody.
pub(super) struct Content {
    pub(super) records: Vec<RecordedRow>,
    pub(super) texts: Texts,
}

/// The members of a disclosure's event that hold free text.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) recipient: Option<RecordedRecipient>,
    pub(super) description: Option<String>,
}

impl Texts {
    pub(super) const NONE: Self = Self {
        recipient: None,
        description: None,
    };

    pub(super) fn of(event: &EventRecord) -> Self {
        Self {
            recipient: event.recipient.clone(),
            description: event.description.clone(),
        }
    }

    /// Takes them out of an event.
    pub(super) const fn take_from(event: &mut EventRecord) -> Self {
        Self {
            recipient: event.recipient.take(),
            description: event.description.take(),
        }
    }

    pub(super) fn put_into(self, event: &mut EventRecord) {
        event.recipient = self.recipient;
        event.description = self.description;
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::NONE
    }
}

/// A map, so that later versions may add members, which readers ignore.
#[derive(Serialize, Deserialize)]
struct Detail<'d> {
    #[serde(rename = "r", borrow)]
    records: Vec<Row<'d>>,
    #[serde(rename = "t", borrow, default, skip_serializing_if = "Option::is_none")]
    recipient: Option<To<'d>>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'d, str>>,
}

/// Name, address.
#[derive(Serialize, Deserialize)]
struct To<'d>(#[serde(borrow)] Cow<'d, str>, Option<Cow<'d, str>>);

/// Type, id, fields.
#[derive(Serialize, Deserialize)]
struct Row<'d>(
    #[serde(borrow)] Cow<'d, str>,
    #[serde(borrow)] Cow<'d, str>,
    #[serde(borrow)] Vec<Item<'d>>,
);

/// Name, outcome, reason, key, tag.
#[derive(Serialize, Deserialize)]
struct Item<'d>(
    #[serde(borrow)] Cow<'d, str>,
    #[serde(borrow)] Cow<'d, str>,
    #[serde(borrow)] Cow<'d, str>,
    Option<Bytes<32>>,
    Option<Bytes<TAG_LEN>>,
);

/// The content of an envelope, and what it is padded to multiples of.
pub(super) fn encode(records: &[RecordedRow], texts: &Texts) -> Result<(Vec<u8>, u16), AuditError> {
    let records = records.iter().map(Row::of).collect::<Option<_>>();
    let detail = Detail {
        records: records.ok_or(UNENCODABLE)?,
        recipient: texts.recipient.as_ref().map(To::of),
        description: texts.description.as_deref().map(Cow::Borrowed),
    };
    let content = rmp_serde::to_vec_named(&detail).map_err(|_| UNENCODABLE)?;
    let bucket = bucket(content.len());
    Ok((content, bucket))
}

/// What an envelope's content says; `None` if it is of another form.
pub(super) fn decode(content: &[u8]) -> Option<Content> {
    let detail: Detail<'_> = rmp_serde::from_slice(content).ok()?;
    Some(Content {
        records: detail.records.into_iter().map(Row::into_row).collect(),
        texts: Texts {
            recipient: detail.recipient.map(To::into_recipient),
            description: detail.description.map(Cow::into_owned),
        },
    })
}

/// 64 bytes up to 512, and then an eighth of the next power of two: the length tells one field from
/// many, and little more.
fn bucket(len: usize) -> u16 {
    let eighth = len.next_power_of_two() / 8;
    u16::try_from(eighth.clamp(64, 8192)).unwrap_or(8192)
}

impl<'d> To<'d> {
    fn of(recipient: &'d RecordedRecipient) -> Self {
        let address = recipient.address.as_deref();
        Self(Cow::Borrowed(&recipient.name), address.map(Cow::Borrowed))
    }

    fn into_recipient(self) -> RecordedRecipient {
        let Self(name, address) = self;
        RecordedRecipient {
            name: name.into_owned(),
            address: address.map(Cow::into_owned),
        }
    }
}

impl<'d> Row<'d> {
    fn of(row: &'d RecordedRow) -> Option<Self> {
        let fields = row.fields.iter().map(Item::of).collect::<Option<_>>()?;
        Some(Self(
            Cow::Borrowed(&row.record_type),
            Cow::Borrowed(&row.id),
            fields,
        ))
    }

    fn into_row(self) -> RecordedRow {
        let Self(record_type, id, fields) = self;
        RecordedRow {
            record_type: record_type.into_owned(),
            id: id.into_owned(),
            fields: fields.into_iter().map(Item::into_field).collect(),
        }
    }
}

impl<'d> Item<'d> {
    fn of(field: &'d RecordedField) -> Option<Self> {
        let key = match &field.key {
            Some(hex) => Some(Bytes(*KeyId::from_hex(hex)?.as_bytes())),
            None => None,
        };
        let tag = match &field.tag {
            Some(hex) => Some(Bytes(u128::from_str_radix(hex, 16).ok()?.to_be_bytes())),
            None => None,
        };
        Some(Self(
            Cow::Borrowed(&field.name),
            Cow::Borrowed(&field.outcome),
            Cow::Borrowed(&field.reason),
            key,
            tag,
        ))
    }

    fn into_field(self) -> RecordedField {
        let Self(name, outcome, reason, key, tag) = self;
        RecordedField {
            name: name.into_owned(),
            outcome: outcome.into_owned(),
            reason: reason.into_owned(),
            key: key.map(|Bytes(id)| KeyId::from_bytes(id).to_hex()),
            tag: tag.map(|Bytes(tag)| alloc::format!("{:032x}", u128::from_be_bytes(tag))),
        }
    }
}

/// Bytes as MessagePack's own, not as an array of integers.
struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfLength<const N: usize>;
        impl<const N: usize> Visitor<'_> for OfLength<N> {
            type Value = Bytes<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Bytes<N>, E> {
                let bytes = bytes.try_into().map(Bytes);
                bytes.map_err(|_| E::custom(String::from("bytes of another length")))
            }
        }
        deserializer.deserialize_bytes(OfLength)
    }
}

#[cfg(test)]
mod tests {
    use super::{Texts, bucket, encode};
    use crate::audit::RecordedRecipient;

    #[test]
    fn padding_takes_at_most_a_quarter_beyond_512_bytes() {
        for len in 0..=32_768 {
            let bucket = usize::from(bucket(len));
            assert!(bucket >= 64);
            assert!(bucket == 64 || bucket * 4 <= len, "{len}: {bucket}");
        }
    }

    /// The bound that `docs/audit-privacy.md` builds on, for every length there can be.
    #[test]
    fn an_envelope_takes_at_most_twice_its_content_and_150_bytes() {
        for len in 31..=36_000_usize {
            let bucket = usize::from(bucket(len));
            let padded = (len / bucket + 1) * bucket;
            let text = "phi1.".len() + ((74 + padded) * 4).div_ceil(3) + r#""","#.len();
            assert!(text <= 2 * (len + 75), "{len}: {text}");
        }
    }

    /// A copy of a disclosure's texts costs no more than what `audit::parts` reserves for it.
    #[test]
    fn texts_are_shorter_here_than_in_json() {
        for len in [0, 1, 31, 32, 255, 256, 512, 768] {
            for (address, description) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                let text = "x".repeat(len);
                let texts = Texts {
                    recipient: Some(RecordedRecipient {
                        name: text.clone(),
                        address: address.then(|| text.clone()),
                    }),
                    description: description.then(|| text.clone()),
                };
                let mut json = r#","recipient":{"name":""}"#.len() + len;
                json += usize::from(address) * (r#","address":"""#.len() + len);
                json += usize::from(description) * (r#","description":"""#.len() + len);
                let encoded = |texts| encode(&[], texts).map(|(content, _)| content.len());
                let without = encoded(&Texts::NONE).unwrap_or_default();
                let with = encoded(&texts).unwrap_or(usize::MAX);
                assert!(without > 0 && with - without <= json);
            }
        }
    }
}
