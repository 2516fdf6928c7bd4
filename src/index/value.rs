//! Index values: what a row stores and a query compares.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::str::FromStr;

use super::{Index, IndexInfo};
use crate::error::{Error, ErrorKind};
use crate::phi::write_short_type_name;

/// Which key, normal form and parameters made an index value: 4 bytes, public.
///
/// Values of one version are comparable. A census counts rows by it.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexVersion(pub(crate) [u8; 4]);

impl IndexVersion {
    /// The 4 bytes that begin every index value of this version.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

/// 8 lower-case hexadecimal digits.
impl fmt::Display for IndexVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// The blind index of one value: its version, then the truncated keyed hash.
///
/// [`LEN`](IndexValue::LEN) bytes; bits beyond the index's width are zero. Equal normal forms
/// have equal values, so a column of them shows which rows are alike: a pseudonym, and as such
/// PHI's kin. `Debug` shows the type only. A plain comparison: who sees the column can compare.
///
/// Not authenticated: somebody who writes to the database can put any value in its place.
/// [`Session::verify_indexes`](crate::Session::verify_indexes) finds those.
pub struct IndexValue<I> {
    bytes: [u8; VERSION_LEN + MAX_LEN],
    index: PhantomData<fn() -> I>,
}

const VERSION_LEN: usize = 4;
const MAX_LEN: usize = IndexInfo::MAX_BITS as usize / 8;

impl<I: Index> IndexValue<I> {
    /// Its length in bytes: 4 for the version, and the index's bits.
    pub const LEN: usize = VERSION_LEN + I::INFO.width().div_ceil(8) as usize;

    /// Takes a value as it was stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] unless it has [`LEN`](IndexValue::LEN) bytes and zeros beyond its
    /// width.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut value = [0; VERSION_LEN + MAX_LEN];
        if bytes.len() != Self::LEN || bytes[Self::LEN - 1] & !Self::last_mask() != 0 {
            return Err(MALFORMED);
        }
        value[..Self::LEN].copy_from_slice(bytes);
        Ok(Self::of(value))
    }

    /// Takes a value in its text form.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](IndexValue::from_bytes); also for any spelling but lower-case
    /// hexadecimal.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(MALFORMED),
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(MALFORMED);
        };
        let bytes = pairs
            .iter()
            .map(|[high, low]| Ok(digit(*high)? << 4 | digit(*low)?))
            .collect::<Result<Vec<_>, Error>>()?;
        Self::from_bytes(&bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..Self::LEN]
    }

    /// Its bytes in lower-case hexadecimal, for `TEXT` columns.
    pub fn to_text(&self) -> String {
        self.as_bytes()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// Which key, normal form and parameters made it.
    pub fn version(&self) -> IndexVersion {
        let [a, b, c, d, ..] = self.bytes;
        IndexVersion([a, b, c, d])
    }

    /// Cuts a hash to the index's width.
    pub(super) fn truncated(version: IndexVersion, hash: &[u8; MAX_LEN]) -> Self {
        let mut bytes = [0; VERSION_LEN + MAX_LEN];
        bytes[..VERSION_LEN].copy_from_slice(&version.0);
        bytes[VERSION_LEN..Self::LEN].copy_from_slice(&hash[..Self::LEN - VERSION_LEN]);
        bytes[Self::LEN - 1] &= Self::last_mask();
        Self::of(bytes)
    }

    /// The bits of the last byte that count.
    const fn last_mask() -> u8 {
        0xff << (8 * (Self::LEN - VERSION_LEN) - I::INFO.width() as usize)
    }
}

impl<I> IndexValue<I> {
    const fn of(bytes: [u8; VERSION_LEN + MAX_LEN]) -> Self {
        Self {
            bytes,
            index: PhantomData,
        }
    }
}

impl<I> Clone for IndexValue<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for IndexValue<I> {}

impl<I> PartialEq for IndexValue<I> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<I> Eq for IndexValue<I> {}

impl<I> Hash for IndexValue<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl<I> PartialOrd for IndexValue<I> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By bytes; says nothing about the values' own order.
impl<I> Ord for IndexValue<I> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<I: Index> TryFrom<&[u8]> for IndexValue<I> {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes(bytes)
    }
}

impl<I: Index> FromStr for IndexValue<I> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_text(text)
    }
}

impl<I> fmt::Debug for IndexValue<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexValue<")?;
        write_short_type_name(core::any::type_name::<I>(), f)?;
        f.write_str(">")
    }
}

/// The index values of one value with several terms, such as the words of a name: in order of
/// their bytes, each once, so that the terms' own order does not show. Their number does.
pub struct IndexSet<I>(Vec<IndexValue<I>>);

impl<I> IndexSet<I> {
    /// These values, sorted and each once.
    pub fn new(values: impl IntoIterator<Item = IndexValue<I>>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        Self(values)
    }

    /// The values.
    pub fn as_slice(&self) -> &[IndexValue<I>] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<I> Default for IndexSet<I> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<I> Clone for IndexSet<I> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<I> PartialEq for IndexSet<I> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<I> Eq for IndexSet<I> {}

impl<I> fmt::Debug for IndexSet<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexSet<")?;
        write_short_type_name(core::any::type_name::<I>(), f)?;
        f.write_str(">")
    }
}

const MALFORMED: Error = Error::new(
    ErrorKind::Malformed,
    "not a value of this index: wrong length, or of another width",
);
