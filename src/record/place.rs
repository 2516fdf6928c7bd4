//! Which row a record is, told by its plain fields.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::context::RecordRef;
use crate::error::Error;
use crate::label::{RecordId, SubjectId};

/// Record id, subject and binding of one record, owned or borrowed from its fields.
///
/// # Example
///
/// ```
/// use phi_seal::record::Place;
///
/// let place = Place::new(&4711_u64)?.subject("p-1")?.binding(&3_u32);
/// assert_eq!(place.record_ref().id().as_str(), "4711");
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone)]
pub struct Place<'a> {
    id: RecordId<'a>,
    subject: Option<SubjectId<'a>>,
    binding: Cow<'a, [u8]>,
}

impl<'a> Place<'a> {
    /// A record about no patient; [`subject`](Place::subject) makes it one about somebody.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the id is empty or longer
    /// than 1024 bytes.
    pub fn new(id: &'a (impl AsId + ?Sized)) -> Result<Self, Error> {
        Ok(Self {
            id: RecordId::new(id.as_id())?,
            subject: None,
            binding: Cow::Borrowed(&[]),
        })
    }

    /// The patient whom it is about.
    ///
    /// # Errors
    ///
    /// As [`new`](Place::new).
    pub fn subject(mut self, subject: &'a (impl AsId + ?Sized)) -> Result<Self, Error> {
        self.subject = Some(SubjectId::new(subject.as_id())?);
        Ok(self)
    }

    /// Further bytes to bind to, such as a row revision. See [`RecordRef::binding`].
    #[must_use]
    pub fn binding(mut self, binding: &'a (impl AsBinding + ?Sized)) -> Self {
        self.binding = binding.as_binding();
        self
    }

    /// The place as the single-value functions of [`Session`](crate::Session) take it.
    pub fn record_ref(&self) -> RecordRef<'_> {
        match &self.subject {
            Some(subject) => RecordRef::new(&self.id, subject),
            None => RecordRef::subjectless(&self.id),
        }
        .binding(&self.binding)
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// A plain field that names a record or a patient.
///
/// The text becomes part of what every envelope authenticates, so it must be the same for ever:
/// never a form that is shortened, masked or localised. For a newtype, implement it by the type
/// inside.
///
/// # Example
///
/// ```
/// use phi_seal::record::AsId;
/// use std::borrow::Cow;
///
/// struct PatientId(u64);
///
/// impl AsId for PatientId {
///     fn as_id(&self) -> Cow<'_, str> {
///         self.0.as_id()
///     }
/// }
/// assert_eq!(PatientId(4711).as_id(), "4711");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a record's id or subject",
    label = "an id stays in clear and has one text for ever",
    note = "use text, an integer up to 64 bits or a UUID (feature `uuid-1`), or implement \
            `phi_seal::record::AsId`"
)]
pub trait AsId {
    /// The id's text: 1 to 1024 bytes.
    fn as_id(&self) -> Cow<'_, str>;
}

/// Plain fields that bind the sealed ones to more than their row, such as a row revision.
///
/// Different values must give different bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a record's binding",
    label = "a binding stays in clear and has one form in bytes for ever",
    note = "use bytes, text or an integer up to 64 bits, or implement \
            `phi_seal::record::AsBinding`"
)]
pub trait AsBinding {
    /// The bytes.
    fn as_binding(&self) -> Cow<'_, [u8]>;
}

macro_rules! by_text {
    ($($text:ty),*) => {$(
        impl AsId for $text {
            fn as_id(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }
        }

        /// As it is, in UTF-8.
        impl AsBinding for $text {
            fn as_binding(&self) -> Cow<'_, [u8]> {
                Cow::Borrowed(self.as_bytes())
            }
        }
    )*};
}

by_text!(str, String, Box<str>, Arc<str>, Cow<'_, str>);

macro_rules! by_integer {
    ($($int:ty),*) => {$(
        /// Canonical decimal: a `-` only before a number below zero, no leading zero.
        impl AsId for $int {
            fn as_id(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }

        /// 16 bytes, two's complement, big-endian, as integers are sealed: the field may change
        /// from `i32` to `i64`.
        impl AsBinding for $int {
            fn as_binding(&self) -> Cow<'_, [u8]> {
                Cow::Owned(i128::from(*self).to_be_bytes().to_vec())
            }
        }
    )*};
}

by_integer!(i8, i16, i32, i64, u8, u16, u32, u64);

impl AsId for RecordId<'_> {
    fn as_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

impl AsId for SubjectId<'_> {
    fn as_id(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

impl<T: AsId + ?Sized> AsId for &T {
    fn as_id(&self) -> Cow<'_, str> {
        (**self).as_id()
    }
}

impl AsBinding for [u8] {
    fn as_binding(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self)
    }
}

impl AsBinding for Vec<u8> {
    fn as_binding(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self)
    }
}

impl<const N: usize> AsBinding for [u8; N] {
    fn as_binding(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self)
    }
}

impl<T: AsBinding + ?Sized> AsBinding for &T {
    fn as_binding(&self) -> Cow<'_, [u8]> {
        (**self).as_binding()
    }
}
