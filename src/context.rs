//! Where a value belongs: the context that its envelope authenticates and never stores.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU16;
use core::ptr;

use crate::category::{Category, Label, Labels};
use crate::codec::Value;
use crate::error::{Error, ErrorKind};
use crate::label::{MAX_NAME_LEN, RecordId, SubjectId, TenantId, is_name};

/// A kind of record, such as `patient` or `encounter`: the first half of a field's name.
///
/// # Example
///
/// ```
/// use phi_seal::{Category, Field, RecordType};
///
/// const PATIENT: RecordType = RecordType::new("patient");
/// const SSN: Field<String> = PATIENT.field("ssn", Category::Ssn);
/// assert_eq!((SSN.record_type().name(), SSN.name()), ("patient", "ssn"));
/// ```
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct RecordType {
    name: &'static str,
    subjectless: bool,
    subject_keyed: bool,
}

impl RecordType {
    /// Records of this type are about a patient and always name one.
    ///
    /// The name is part of what every envelope authenticates: renaming it later makes old
    /// envelopes unreadable.
    ///
    /// # Panics
    ///
    /// At compile time when used in a constant, unless `name` is 1 to 64 ASCII letters, digits,
    /// `-`, `_` or `.`, starting with a letter.
    pub const fn new(name: &'static str) -> Self {
        assert!(
            is_name(name),
            "a record type is named by 1 to 64 of a-z A-Z 0-9 - _ ."
        );
        Self {
            name,
            subjectless: false,
            subject_keyed: false,
        }
    }

    /// Declares that records of this type are about no patient: their subject is empty.
    ///
    /// # Panics
    ///
    /// At compile time when used in a constant, if the type is
    /// [`subject_keyed`](Self::subject_keyed).
    #[must_use]
    pub const fn subjectless(self) -> Self {
        assert!(
            !self.subject_keyed,
            "who is about no patient has no patient's key"
        );
        Self {
            subjectless: true,
            ..self
        }
    }

    /// Declares that each patient's records of this type are sealed under a key of that patient's
    /// own, so that destroying it erases them wherever they were copied to. A key of the whole
    /// tenant neither seals nor opens them.
    ///
    /// # Panics
    ///
    /// At compile time when used in a constant, if the type is [`subjectless`](Self::subjectless).
    #[must_use]
    pub const fn subject_keyed(self) -> Self {
        assert!(
            !self.subjectless,
            "who is about no patient has no patient's key"
        );
        Self {
            subject_keyed: true,
            ..self
        }
    }

    /// A field of this record type.
    ///
    /// # Panics
    ///
    /// As [`RecordType::new`], for the field's name.
    pub const fn field<T: Value>(self, name: &'static str, category: Category) -> Field<T> {
        assert!(
            is_name(name),
            "a field is named by 1 to 64 of a-z A-Z 0-9 - _ ."
        );
        assert!(
            T::CONTENT.code() != 0,
            "null is what an absence is sealed as, not the content of a value"
        );
        Field {
            info: FieldInfo {
                record_type: self,
                name,
                category,
                labels: Labels::NONE,
                bucket: None,
                sealed_null: false,
            },
            value: PhantomData,
        }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Whether its records are about no patient.
    pub const fn is_subjectless(self) -> bool {
        self.subjectless
    }

    /// Whether its records need a key of their patient's own.
    pub const fn is_subject_keyed(self) -> bool {
        self.subject_keyed
    }
}

/// A field: record type, name, category, labels, value type and how it is sealed.
///
/// Meant to be a constant, declared once: the name is authenticated, while category and labels are
/// the application's word to its policy. Whoever declares the same field again with another
/// category is judged by that. Category, labels, padding and
/// [`sealed_null`](Field::sealed_null) may change later: old envelopes stay readable. The name may
/// not.
pub struct Field<T> {
    info: FieldInfo,
    value: PhantomData<fn() -> T>,
}

impl<T: Value> Field<T> {
    /// Adds a sensitivity label.
    #[must_use]
    pub const fn label(mut self, label: Label) -> Self {
        self.info.labels = self.info.labels.with(label);
        self
    }

    /// Pads each value to a multiple of `bucket` bytes, at least one byte more than the value,
    /// so that its length tells no more than the bucket. Recommended for short enumerations.
    ///
    /// # Panics
    ///
    /// When `bucket` is 0; at compile time in a constant.
    #[must_use]
    pub const fn pad_to(mut self, bucket: u16) -> Self {
        let bucket = NonZeroU16::new(bucket);
        assert!(bucket.is_some(), "a padding bucket has at least 1 byte");
        self.info.bucket = bucket;
        self
    }

    /// Seals an absent value too, so that a NULL written over it is found as tampering.
    ///
    /// The envelope's header shows which values are absent.
    #[must_use]
    pub const fn sealed_null(mut self) -> Self {
        self.info.sealed_null = true;
        self
    }

    /// The field without its value type, as policies and audit events see it.
    pub const fn info(&self) -> FieldInfo {
        self.info
    }

    /// The record type it belongs to.
    pub const fn record_type(&self) -> RecordType {
        self.info.record_type
    }

    /// Its name within the record type.
    pub const fn name(&self) -> &'static str {
        self.info.name
    }
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

impl<T> fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.fmt(f)
    }
}

/// A [`Field`] without its value type.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct FieldInfo {
    record_type: RecordType,
    name: &'static str,
    category: Category,
    labels: Labels,
    bucket: Option<NonZeroU16>,
    sealed_null: bool,
}

impl FieldInfo {
    /// The record type it belongs to.
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// Its name within the record type.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its category.
    pub const fn category(&self) -> Category {
        self.category
    }

    /// Its sensitivity labels.
    pub const fn labels(&self) -> Labels {
        self.labels
    }

    /// The padding bucket in bytes, if it pads.
    pub const fn bucket(&self) -> Option<NonZeroU16> {
        self.bucket
    }

    /// Whether it seals absent values.
    pub const fn seals_null(&self) -> bool {
        self.sealed_null
    }

    /// As `==`, and faster: each value's field is held against those announced, and the names are
    /// mostly the very same constants.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        let Self {
            record_type,
            name,
            category,
            labels,
            bucket,
            sealed_null,
        } = *other;
        is_same_name(self.name, name)
            && is_same_name(self.record_type.name, record_type.name)
            && self.record_type.subjectless == record_type.subjectless
            && self.record_type.subject_keyed == record_type.subject_keyed
            && (self.category, self.labels) == (category, labels)
            && (self.bucket, self.sealed_null) == (bucket, sealed_null)
    }

    /// Places an error at this field.
    pub(crate) const fn blame(&self, error: Error) -> Error {
        error.in_field(self.record_type.name, self.name)
    }
}

#[inline]
fn is_same_name(a: &'static str, b: &'static str) -> bool {
    ptr::eq(a, b) || a == b
}

/// One row: record id, subject and binding. With a field and the session's tenant it makes the
/// context of a value.
///
/// # Example
///
/// ```
/// use phi_seal::{RecordId, RecordRef, SubjectId};
///
/// let (id, patient) = (RecordId::from(4711_u64), SubjectId::new("p-1")?);
/// let row = RecordRef::new(&id, &patient).binding(b"revision 3");
/// assert_eq!(row.id().as_str(), "4711");
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct RecordRef<'a> {
    id: &'a RecordId<'a>,
    subject: Option<&'a SubjectId<'a>>,
    binding: &'a [u8],
}

impl<'a> RecordRef<'a> {
    /// A record about `subject`.
    pub const fn new(id: &'a RecordId<'a>, subject: &'a SubjectId<'a>) -> Self {
        Self {
            id,
            subject: Some(subject),
            binding: &[],
        }
    }

    /// A record about no patient; only for record types declared
    /// [`subjectless`](RecordType::subjectless).
    pub const fn subjectless(id: &'a RecordId<'a>) -> Self {
        Self {
            id,
            subject: None,
            binding: &[],
        }
    }

    /// Binds the values to further bytes of the application, such as a row revision: fields of
    /// two revisions can then not be mixed. Replaces an earlier binding. Empty by default.
    #[must_use]
    pub const fn binding(mut self, binding: &'a [u8]) -> Self {
        self.binding = binding;
        self
    }

    /// The record's id.
    pub const fn id(&self) -> &'a RecordId<'a> {
        self.id
    }

    /// The patient it is about.
    pub const fn subject(&self) -> Option<&'a SubjectId<'a>> {
        self.subject
    }

    /// Whether both name the same record of the same patient.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        // The fields of one record share their ids' very places in memory, which is sooner seen.
        (ptr::eq(self.id, other.id) || self.id == other.id)
            && match (self.subject, other.subject) {
                (Some(own), Some(other)) => ptr::eq(own, other) || own == other,
                (own, other) => own.is_none() && other.is_none(),
            }
    }

    /// Refuses a subject where none belongs, and its absence where one does.
    pub(crate) fn check_subject(&self, record_type: RecordType) -> Result<(), Error> {
        match (record_type.subjectless, self.subject) {
            (false, Some(_)) | (true, None) => Ok(()),
            (false, None) => Err(Error::new(
                ErrorKind::InvalidInput,
                "name the subject, or declare the record type subjectless",
            )),
            (true, Some(_)) => Err(Error::new(
                ErrorKind::InvalidInput,
                "leave the subject out: the record type is declared subjectless",
            )),
        }
    }
}

impl fmt::Debug for RecordRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordRef").finish_non_exhaustive()
    }
}

/// Everything that the envelopes of one record authenticate: PAE of eight pieces.
///
/// Header, field and binding are filled in for each value; what stands before them is written once
/// for each record, because writing all of it took a tenth of the time of a field.
pub(crate) struct Context<'a> {
    record: RecordRef<'a>,
    record_type: RecordType,
    data: AssociatedData,
    /// How much of the data is the same for all fields.
    shared_len: usize,
    /// The header that stands in the data. It is mostly that of the field before, and what was
    /// just written is slow to read in other pieces, as the cipher does.
    kind: [u8; 2],
    key_id: [u8; 32],
}

impl<'a> Context<'a> {
    const LABEL: &'static [u8] = b"phi-seal/v1 value";
    const HEADER_AT: usize = 8 + (8 + Self::LABEL.len()) + 8;

    pub(crate) fn new(
        tenant: &TenantId<'_>,
        record: RecordRef<'a>,
        record_type: RecordType,
    ) -> Self {
        let subject = record.subject.map_or("", |subject| subject.as_str());
        let pieces: [&[u8]; 6] = [
            Self::LABEL,
            &[0; 2 + 32],
            tenant.as_str().as_bytes(),
            subject.as_bytes(),
            record_type.name.as_bytes(),
            record.id.as_str().as_bytes(),
        ];
        let shared_len = 8 + pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>();
        let mut data =
            AssociatedData::with_capacity(shared_len + 8 + MAX_NAME_LEN + 8 + record.binding.len());
        // With the field and the binding to come.
        data.append(&(pieces.len() as u64 + 2).to_le_bytes());
        pieces.iter().for_each(|piece| data.append_piece(piece));
        Self {
            record,
            record_type,
            data,
            shared_len,
            kind: [0; 2],
            key_id: [0; 32],
        }
    }

    /// The associated data of this field's envelope, whose header is `kind` and `key_id`.
    pub(crate) fn associated_data(
        &mut self,
        kind: [u8; 2],
        key_id: &[u8; 32],
        field: &FieldInfo,
    ) -> Associated<'_> {
        debug_assert_eq!(field.record_type, self.record_type, "one record, one type");
        self.data.truncate(self.shared_len);
        self.data.append_piece(field.name.as_bytes());
        self.data.append_piece(self.record.binding);
        if self.kind != kind || self.key_id != *key_id {
            (self.kind, self.key_id) = (kind, *key_id);
            let header = &mut self.data.as_mut_slice()[Self::HEADER_AT..Self::HEADER_AT + 34];
            header[..2].copy_from_slice(&kind);
            header[2..].copy_from_slice(key_id);
        }
        Associated {
            data: self.data.as_slice(),
            shared: self.shared_len,
        }
    }
}

/// What a cipher authenticates beside the text.
#[derive(Clone, Copy)]
pub(crate) struct Associated<'a> {
    pub(crate) data: &'a [u8],
    /// How many bytes at its beginning are likely to come again. A hint: it makes nothing right
    /// or wrong, only faster or slower.
    pub(crate) shared: usize,
}

impl<'a> From<&'a [u8]> for Associated<'a> {
    fn from(data: &'a [u8]) -> Self {
        Self { data, shared: 0 }
    }
}

/// Pre-authentication encoding (PASETO, section 2.2.1): the number of pieces, then each piece
/// behind its length, all as 64-bit little-endian. Injective: no two lists of pieces are alike.
///
/// Lives on the stack up to 384 bytes, which covers ids of ordinary length.
pub(crate) struct AssociatedData {
    inline: [u8; Self::INLINE],
    len: usize,
    /// Used instead where more is needed.
    spilled: Option<Vec<u8>>,
}

impl AssociatedData {
    const INLINE: usize = 384;

    pub(crate) fn pae<const N: usize>(pieces: [&[u8]; N]) -> Self {
        let len = 8 + pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>();
        let mut data = Self::with_capacity(len);
        data.append(&(N as u64).to_le_bytes());
        pieces.iter().for_each(|piece| data.append_piece(piece));
        data
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        match &self.spilled {
            Some(spilled) => spilled,
            None => &self.inline[..self.len],
        }
    }

    fn with_capacity(capacity: usize) -> Self {
        Self {
            inline: [0; Self::INLINE],
            len: 0,
            spilled: (capacity > Self::INLINE).then(|| Vec::with_capacity(capacity)),
        }
    }

    #[inline]
    fn append_piece(&mut self, piece: &[u8]) {
        self.append(&(piece.len() as u64).to_le_bytes());
        self.append(piece);
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        match &mut self.spilled {
            Some(spilled) => spilled.extend_from_slice(bytes),
            None => {
                self.inline[self.len..self.len + bytes.len()].copy_from_slice(bytes);
                self.len += bytes.len();
            }
        }
    }

    fn truncate(&mut self, len: usize) {
        match &mut self.spilled {
            Some(spilled) => spilled.truncate(len),
            None => self.len = self.len.min(len),
        }
    }

    fn as_mut_slice(&mut self) -> &mut [u8] {
        match &mut self.spilled {
            Some(spilled) => spilled,
            None => &mut self.inline[..self.len],
        }
    }
}
