//! What an index is of, and how wide.

use super::{Normal, StoredIndex};
use crate::audit::SearchedIndex;
use crate::codec::{Content, Value};
use crate::context::{Field, FieldInfo, RecordType};
use crate::label::is_name;

/// A blind index of a record type, as a type: values of two indexes cannot be compared.
///
/// `#[phi(index)]` on a field makes one; not meant to be implemented by hand.
pub trait Index: Sized + 'static {
    /// What it is of, how it normalises and how wide it is.
    const INFO: IndexInfo;

    /// What a row stores: `Option<IndexValue<Self>>`, or `IndexSet<Self>` where a value has
    /// several terms.
    type Stored: StoredIndex<Self>;
}

/// What an [`Index`] is of, how it normalises and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexInfo {
    record_type: RecordType,
    name: &'static str,
    parts: &'static [IndexPart],
    bits: u16,
    is_slow: bool,
    is_unique: bool,
}

/// One field of an index, and the form in which its values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexPart {
    field: FieldInfo,
    content: Content,
    normal: Normal,
}

impl IndexPart {
    /// A field and its normal form.
    ///
    /// # Panics
    ///
    /// At compile time in a constant, if values of the field's type cannot have this form:
    ///
    /// | form | of |
    /// |---|---|
    /// | `Text` | text, integers, booleans, dates, instants, UUIDs |
    /// | `Prefix` | text, integers, dates, instants, UUIDs |
    /// | `Digits`, `UsPhone` | text, integers |
    /// | `Date` | dates, instants, text |
    /// | `Year` | dates, instants, text, integers |
    /// | `Tokens` | text, lists of text |
    /// | `Email`, `Zip3`, `Phonetic` | text |
    pub const fn new<T: Value>(field: &Field<T>, normal: Normal) -> Self {
        normal.refuse(T::CONTENT);
        Self {
            field: field.info(),
            content: T::CONTENT,
            normal,
        }
    }

    /// The field.
    pub const fn field(&self) -> &FieldInfo {
        &self.field
    }

    /// What its values are encoded as.
    pub const fn content(&self) -> Content {
        self.content
    }

    /// The form in which its values are compared.
    pub const fn normal(&self) -> Normal {
        self.normal
    }
}

impl IndexInfo {
    /// The widest index, in bits: the whole output of HMAC-SHA-256.
    pub const MAX_BITS: u16 = 256;

    /// The narrowest index that a uniqueness constraint may stand on, in bits. Among 2^32 rows
    /// two different values collide with a probability of 2^-65.
    pub const MIN_UNIQUE_BITS: u16 = 128;

    /// An index of these fields, 128 bits wide.
    ///
    /// # Panics
    ///
    /// At compile time in a constant: for a name that no field could have, for no part, for more
    /// than one where one of them has several terms, for a boolean alone, and for a field of
    /// another record type.
    pub const fn new(
        record_type: RecordType,
        name: &'static str,
        parts: &'static [IndexPart],
    ) -> Self {
        assert!(
            is_name(name),
            "an index is named by 1 to 64 of a-z A-Z 0-9 - _ ."
        );
        assert!(!parts.is_empty(), "an index is of at least one field");
        assert!(
            parts.len() <= SearchedIndex::MAX_FIELDS,
            "an index is of at most 8 fields"
        );
        assert!(
            parts.len() > 1 || !matches!(parts[0].content, Content::Boolean),
            "an index of a bare boolean shows for whom it is true: make it compound"
        );
        let mut at = 0;
        while at < parts.len() {
            assert!(
                parts.len() == 1 || !parts[at].normal.has_several_terms(),
                "an index of tokens is of one field"
            );
            assert!(
                are_equal(parts[at].field.record_type().name(), record_type.name()),
                "an index is of fields of its own record type"
            );
            at += 1;
        }
        Self {
            record_type,
            name,
            parts,
            bits: Self::MIN_UNIQUE_BITS,
            is_slow: false,
            is_unique: false,
        }
    }

    /// Another width: 1 to 256 bits.
    ///
    /// # Panics
    ///
    /// At compile time in a constant, for another width, or when the index is to be unique.
    #[must_use]
    pub const fn bits(mut self, bits: u16) -> Self {
        assert!(
            bits >= 1 && bits <= Self::MAX_BITS,
            "an index is 1 to 256 bits wide"
        );
        assert!(!self.is_unique, "say the width before `unique`");
        self.bits = bits;
        self
    }

    /// Hashes with Argon2id under the key, for values that are few enough to try.
    ///
    /// # Panics
    ///
    /// At compile time in a constant, where a value has several terms: a long text would take
    /// hours to seal.
    #[must_use]
    pub const fn slow(mut self) -> Self {
        assert!(
            !self.has_several_terms(),
            "an index with several terms for each value cannot be slow"
        );
        self.is_slow = true;
        self
    }

    /// A uniqueness constraint stands on its column.
    ///
    /// # Panics
    ///
    /// At compile time in a constant, unless it is at least 128 bits wide and has one term for
    /// each value; and where a form leaves something out, since the constraint would refuse a
    /// second patient whose family name begins alike: `Prefix`, `Zip3`, `Phonetic`, `Year` of
    /// anything but an integer, and `Date` of an instant.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        assert!(
            self.bits >= Self::MIN_UNIQUE_BITS,
            "an index for a uniqueness constraint is at least 128 bits wide"
        );
        assert!(
            !self.has_several_terms(),
            "an index with several terms for each value cannot be unique"
        );
        let mut at = 0;
        while at < self.parts.len() {
            assert!(
                !self.parts[at]
                    .normal
                    .leaves_something_out(self.parts[at].content),
                "an index of a form that leaves something out cannot be unique: different values have it"
            );
            at += 1;
        }
        self.is_unique = true;
        self
    }

    /// The record type.
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// Its name within the record type.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The fields it is of, at least one.
    pub const fn parts(&self) -> &'static [IndexPart] {
        self.parts
    }

    /// How many bits of the hash are kept.
    pub const fn width(&self) -> u16 {
        self.bits
    }

    /// Whether it is hashed with Argon2id.
    pub const fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// Whether a uniqueness constraint may stand on its column.
    pub const fn is_unique(&self) -> bool {
        self.is_unique
    }

    /// Whether a value has several terms, such as the words of a name.
    pub const fn has_several_terms(&self) -> bool {
        self.parts[0].normal.has_several_terms()
    }
}

/// `==` in constants.
const fn are_equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
