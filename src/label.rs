//! Validated names and ids.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;

use crate::error::{Error, ErrorKind};

/// Longest id, in bytes of UTF-8.
pub(crate) const MAX_ID_LEN: usize = 1024;

/// Longest name (record type, field, role, code), in bytes.
pub(crate) const MAX_NAME_LEN: usize = 64;

/// Whether `name` is 1 to 64 ASCII letters, digits, `-`, `_` or `.`, starting with a letter.
pub(crate) const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > MAX_NAME_LEN || !bytes[0].is_ascii_alphabetic() {
        return false;
    }
    let mut i = 1;
    while i < bytes.len() {
        if !(bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'-' | b'_' | b'.')) {
            return false;
        }
        i += 1;
    }
    true
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// Exact UTF-8, 1 to 1024 bytes, never normalised: `"7"` and `"07"` are different ids.
        /// Borrows when made from a `&str` and owns when made from a `String`. `Debug` prints
        /// the type only, because an id identifies a person or an organisation.
        #[derive(Clone, Hash, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name<'a>(Cow<'a, str>);

        impl<'a> $name<'a> {
            /// Takes the id as it is.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::InvalidInput`] when empty or longer than 1024 bytes.
            pub fn new(id: impl Into<Cow<'a, str>>) -> Result<Self, Error> {
                let id = id.into();
                match id.len() {
                    1..=MAX_ID_LEN => Ok(Self(id)),
                    _ => Err(Error::new(
                        ErrorKind::InvalidInput,
                        concat!("the ", $what, " must have 1 to 1024 bytes"),
                    )),
                }
            }

            /// The id's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same id, free of any borrow.
            pub fn into_owned(self) -> $name<'static> {
                $name(Cow::Owned(self.0.into_owned()))
            }
        }

        impl From<u64> for $name<'static> {
            /// Canonical decimal, without sign or leading zero.
            fn from(id: u64) -> Self {
                Self(Cow::Owned(id.to_string()))
            }
        }

        impl From<i64> for $name<'static> {
            /// Canonical decimal: a `-` only before a number below zero, no leading zero.
            fn from(id: i64) -> Self {
                Self(Cow::Owned(id.to_string()))
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

id_type! {
    /// The organisation whose data it is: the outermost boundary, fixed by the session.
    TenantId, "tenant id"
}
id_type! {
    /// The patient whom a record is about.
    SubjectId, "subject id"
}
id_type! {
    /// One row of a record type. It must exist before sealing: use UUIDv7 or `nextval`.
    RecordId, "record id"
}
id_type! {
    /// The person or system that acts.
    ActorId, "actor id"
}

impl RecordId<'static> {
    /// One id from the parts of a composite primary key.
    ///
    /// Injective: each part is written as its length in bytes in decimal, `:`, and the part, so
    /// (`"a"`, `"b:c"`) and (`"a:b"`, `"c"`) differ. The order of the parts counts. It differs
    /// from a plain id only if no plain id of that record type looks like one, as `1:a` does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] without parts, or when the result exceeds 1024 bytes.
    ///
    /// # Example
    ///
    /// ```
    /// use phi_seal::RecordId;
    ///
    /// let id = RecordId::composite(&["ward-3", "17"])?;
    /// assert_eq!(id.as_str(), "6:ward-32:17");
    /// # Ok::<(), phi_seal::Error>(())
    /// ```
    pub fn composite(parts: &[&str]) -> Result<Self, Error> {
        let mut id = String::new();
        for part in parts {
            id.push_str(&part.len().to_string());
            id.push(':');
            id.push_str(part);
        }
        Self::new(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_alphabet() {
        for good in ["a", "Patient", "name.given", "mrn_2", &"x".repeat(64)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "2a", "-a", "a b", "é", "a|b", "a:b", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn composite_ids_do_not_collide_across_part_boundaries() {
        let ids = [
            RecordId::composite(&["a", "b:c"]),
            RecordId::composite(&["a:b", "c"]),
            RecordId::composite(&["a", "b", "c"]),
            RecordId::composite(&["1:a1:b", "c"]),
            RecordId::composite(&["", "ab"]),
            RecordId::composite(&["ab", ""]),
        ];
        for (i, a) in ids.iter().enumerate() {
            for b in &ids[..i] {
                assert_ne!(a.as_ref().ok(), b.as_ref().ok());
            }
        }
        assert!(RecordId::composite(&[]).is_err());
        assert!(RecordId::composite(&[&"x".repeat(1024)]).is_err());
    }
}
