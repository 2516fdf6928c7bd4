//! The one error type of the sealing path.

use core::fmt;

/// Why an operation on protected data failed.
///
/// Holds only `Copy` and `&'static` data: a kind, a fixed sentence, and the static names of the
/// field it concerns. It has no room for a plaintext byte, a key byte or an id, so it can be
/// logged, returned to a client and put into a panic message. (The sentence of a
/// [`CodecError`](crate::codec::CodecError), [`KeyError`](crate::key::KeyError) or
/// [`AuditError`](crate::AuditError) that you make yourself is passed on as it is.)
///
/// # Example
///
/// ```
/// use phi_seal::{ErrorKind, Sealed};
///
/// let error = Sealed::<String>::from_text("Ada Lovelace").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Malformed);
/// assert!(!error.to_string().contains("Ada"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    detail: &'static str,
    place: Place,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, detail: &'static str) -> Self {
        Self {
            kind,
            detail,
            place: Place {
                record_type: None,
                field: None,
                index: None,
            },
        }
    }

    /// An access-free refusal: the only sentence a denied caller ever reads.
    pub(crate) const fn denied() -> Self {
        Self::new(ErrorKind::Denied, "access denied")
    }

    /// What went wrong, for `match`.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The record type concerned, if one was known: the name from its [`RecordType`](crate::RecordType).
    pub const fn record_type(&self) -> Option<&'static str> {
        self.place.record_type
    }

    /// The field concerned, if one was known: the name from its [`Field`](crate::Field).
    pub const fn field(&self) -> Option<&'static str> {
        self.place.field
    }

    /// The position of the failing item, counted from 0, in an action over many values.
    pub const fn index(&self) -> Option<usize> {
        self.place.index
    }

    /// The policy refused.
    pub fn is_denied(&self) -> bool {
        self.kind == ErrorKind::Denied
    }

    /// The session is idle or too old; authenticate again.
    pub fn is_expired(&self) -> bool {
        self.kind == ErrorKind::Expired
    }

    /// The envelope is not the one that was sealed for this place, or was changed.
    pub fn is_integrity(&self) -> bool {
        self.kind == ErrorKind::Integrity
    }

    /// The key was destroyed on purpose. For good, once no backup of the keyset holds it.
    pub fn is_erased(&self) -> bool {
        self.kind == ErrorKind::Erased
    }

    /// Trying again later can succeed without any change to the data.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Audit)
    }

    pub(crate) const fn in_field(mut self, record_type: &'static str, field: &'static str) -> Self {
        self.place.record_type = Some(record_type);
        self.place.field = Some(field);
        self
    }

    pub(crate) const fn at_index(mut self, index: usize) -> Self {
        self.place.index = Some(index);
        self
    }
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)?;
        if let (Some(record_type), Some(field)) = (self.place.record_type, self.place.field) {
            write!(f, " (field {record_type}.{field})")?;
        }
        match self.place.index {
            Some(index) => write!(f, " (item {index})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("detail", &self.detail)
            .field("record_type", &self.place.record_type)
            .field("field", &self.place.field)
            .field("index", &self.place.index)
            .finish_non_exhaustive()
    }
}

/// Where it happened, in names that are constants of the application.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    record_type: Option<&'static str>,
    field: Option<&'static str>,
    index: Option<usize>,
}

/// The kinds of [`Error`], one per thing a caller can do about it.
///
/// [`ErrorKind::code`] is the spelling used in audit events and in the test vectors.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum ErrorKind {
    /// The policy did not permit the access. Says nothing about keys or data.
    Denied,
    /// The session's idle time or absolute age ran out.
    Expired,
    /// The bytes or text are not an envelope of a known suite.
    Malformed,
    /// Authentication failed: wrong context, wrong key under that id, or tampering. One kind on
    /// purpose, because AES-GCM cannot tell them apart. A NULL where the field seals its nulls is
    /// of this kind too.
    Integrity,
    /// The envelope authenticated, but does not hold a value of the field's type.
    Undecodable,
    /// The value has no stored form, for example a date beyond the year 9999.
    Unencodable,
    /// No key of that id is known to the key provider.
    MissingKey,
    /// The key exists, but is disabled or below the minimum version. Reversible by its operator.
    KeyDisabled,
    /// The key was destroyed: the value cannot come back, unless a backup of the keyset does.
    Erased,
    /// The patient is under a legal hold, so nothing was erased.
    OnHold,
    /// The details of audit events about the patient must be kept for longer, so nothing was erased.
    Retained,
    /// The key, or what the policy needs, could not be loaded now; try again.
    Unavailable,
    /// The audit sink did not take the event, so nothing was released.
    Audit,
    /// An id, name or option handed in by the application is out of its documented range.
    InvalidInput,
    /// The key provider broke its contract, for example by lending another key than asked for.
    Provider,
}

impl ErrorKind {
    /// The stable code in audit events and test vectors, lower case with underscores.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Malformed => "malformed",
            Self::Integrity => "integrity",
            Self::Undecodable => "undecodable",
            Self::Unencodable => "unencodable",
            Self::MissingKey => "missing_key",
            Self::KeyDisabled => "key_disabled",
            Self::Erased => "erased",
            Self::OnHold => "on_hold",
            Self::Retained => "retained",
            Self::Unavailable => "unavailable",
            Self::Audit => "audit",
            Self::InvalidInput => "invalid_input",
            Self::Provider => "provider",
        }
    }
}
