//! Values of any serde type, as MessagePack.

use core::fmt;

use rmp_serde::{decode, encode};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroize;

use super::messagepack::{self, MAX_DEPTH};
use super::{CodecError, Content, Encoder, Value};
use crate::secret::SecretBytes;

/// A value of any serde type, stored as one MessagePack value with field names.
///
/// Because fields are stored by name, the type may grow: fields that it no longer has are
/// ignored, and new ones need `#[serde(default)]`. Nesting ends at 64 levels, and a value deeper
/// than that is refused before it is sealed. `Debug` shows the type only.
///
/// # What it does not do
///
/// - It does not check that `T` reads back what it writes. Serde lets a type disagree with
///   itself (`skip_serializing_if` without `default`, `Some(None)`, which comes back as `None`,
///   128-bit integers in an untagged enum), so test a round trip of every type that you seal.
/// - One value can have several spellings, for example after a map was reordered. All that `T`
///   accepts are read, unlike in the other forms.
///
/// # Security
///
/// `T` must be [`Zeroize`](crate::codec::Zeroize), which wipes what the value owns when its
/// [`Phi`](crate::Phi) is dropped. The crate `zeroize` implements it for the numbers, `bool`,
/// `char`, `String`, `Vec`, `Option`, `Box<str>`, `Box<[T]>`, arrays, and tuples of up to ten.
/// Of `String` and `Vec` it wipes the spare capacity too, but not the blocks from which they
/// grew. There are none for maps, `Box<T>`, `Cow` or dates: write those by hand. For structs and
/// enums use `#[derive(Zeroize)]`, which needs `zeroize` with its feature `derive` as a
/// dependency of your own; a field under `#[zeroize(skip)]` is not wiped. `Serde` alone wipes
/// nothing: keep it in a `Phi`.
///
/// Reading borrows text and byte strings from the decrypted buffer and copies each once, into
/// `T`. Writing goes straight into the buffer to be sealed. So a plain struct or enum leaves no
/// copy of its content in freed memory. These do:
///
/// - a type with `#[serde(flatten)]` is first written to a buffer that nobody wipes;
/// - under `flatten`, `untagged` and `tag`, numbers and booleans (not text) wait in such a buffer
///   while reading;
/// - what does not fit `T`, and each variant of an untagged enum that does not fit on the way to
///   the one that does, leaves the fields that were read before, and a piece of a message that
///   may quote a number or a text;
/// - a type that writes itself through `Display`, as dates and decimals do, leaves its text;
/// - a list or map of more than 1 MiB of elements grows while it is read.
///
/// # Example
///
/// ```
/// use phi_seal::{Phi, Serde};
/// use serde::{Deserialize, Serialize};
/// use zeroize::Zeroize;
///
/// #[derive(Serialize, Deserialize, Zeroize)]
/// struct Allergy {
///     substance: String,
///     severity: u8,
/// }
///
/// let allergy = Phi::new(Serde::new(Allergy { substance: "penicillin".into(), severity: 3 }));
/// assert_eq!(allergy.expose().as_inner().severity, 3);
/// assert_eq!(format!("{:?}", allergy.expose()), "Serde { .. }");
/// ```
#[derive(Clone)]
pub struct Serde<T: Zeroize>(T);

impl<T: Zeroize> Serde<T> {
    /// Takes over `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn as_inner(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Serde<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> fmt::Debug for Serde<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serde").finish_non_exhaustive()
    }
}

impl<T: Zeroize + Serialize + DeserializeOwned> Value for Serde<T> {
    const CONTENT: Content = Content::Structured;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let start = out.len();
        let mut writer = rmp_serde::Serializer::new(&mut *out).with_struct_map();
        self.0.serialize(&mut writer).map_err(|error| {
            wipe_write_error(error);
            CodecError::new("the value's type must accept being written as MessagePack")
        })?;
        messagepack::check(&out.0.as_slice()[start..])
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        messagepack::check(content.as_slice())?;
        let mut reader = rmp_serde::Deserializer::from_read_ref(content.as_slice());
        // The reader refuses the level at which its count reaches zero, and counts an extension.
        reader.set_max_depth(MAX_DEPTH + 2);
        T::deserialize(&mut reader).map(Self).map_err(|error| {
            wipe_read_error(error);
            CodecError::new("the stored MessagePack must have the form of the field's type")
        })
    }

    fn wipe(&mut self) {
        self.0.zeroize();
    }

    fn size_hint(&self) -> usize {
        // Field names on top of what the value takes in memory.
        64 + size_of::<T>()
    }
}

/// Reads what `T` reads, in any format: for request bodies. No `Serialize` stands against it.
///
/// The error is replaced, because serde's own may quote its input.
impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Serde<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer)
            .map(Self)
            .map_err(|_| D::Error::custom("the value must have the form of the field's type"))
    }
}

fn wipe_write_error(error: encode::Error) {
    if let encode::Error::Syntax(mut message) = error {
        message.zeroize();
    }
}

/// Such a message may read `invalid type: string "…", expected u32`.
fn wipe_read_error(error: decode::Error) {
    if let decode::Error::Syntax(mut message) | decode::Error::Uncategorized(mut message) = error {
        message.zeroize();
    }
}
