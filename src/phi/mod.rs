//! `Phi<T>`: plaintext in memory.

#[cfg(feature = "serde")]
mod deserialize;
#[cfg(feature = "serde")]
mod json;

use core::fmt;

use subtle::ConstantTimeEq;

#[cfg(feature = "serde")]
pub use json::{JsonError, JsonReason, from_json};

use crate::codec::{Encoder, Value};
use crate::secret::SecretBytes;

/// Protected health information in memory: redacted, wiped on drop, read only through
/// [`expose`](Phi::expose).
///
/// There is no `Display`, `Serialize`, `Deref`, `PartialEq`, `Hash` or `Clone`; use
/// [`duplicate`](Phi::duplicate) and [`ct_eq`](Phi::ct_eq). `Debug` shows the type only.
///
/// # What it does not do
///
/// The value is moved in, not copied, and its heap buffers are wiped. Moves of the value itself
/// leave stack copies that nobody wipes, and copies made before it came here are out of reach:
/// see `docs/memory.md`.
///
/// # Example
///
/// ```
/// use phi_seal::Phi;
///
/// let name = Phi::new(String::from("Zofia Żak"));
/// assert_eq!(format!("{name:?}"), "Phi<String>");
/// assert_eq!(name.map(|name| name.chars().count() as u64).expose(), &9);
/// assert!(name.ct_eq(&name.duplicate()));
/// ```
pub struct Phi<T: Value>(T);

impl<T: Value> Phi<T> {
    /// Protects `value` from now on.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The plaintext: the one door out. To audit every read, search your code for this word, and
    /// for [`map`](Phi::map) and [`try_map`](Phi::try_map), whose closures read inside.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Computes another protected value from this one.
    #[must_use]
    pub fn map<U: Value>(&self, f: impl FnOnce(&T) -> U) -> Phi<U> {
        Phi::new(f(&self.0))
    }

    /// Computes another protected value from this one, or fails.
    ///
    /// # Errors
    ///
    /// Those of `f`, unchanged: `f` must keep the plaintext out of them.
    pub fn try_map<U: Value, E>(&self, f: impl FnOnce(&T) -> Result<U, E>) -> Result<Phi<U>, E> {
        f(&self.0).map(Phi::new)
    }

    /// A second copy, by this name so that copies are seen in review.
    #[must_use]
    pub fn duplicate(&self) -> Self
    where
        T: Clone,
    {
        Self(self.0.clone())
    }

    /// Whether both hold the same value, in a time that depends on the lengths only.
    ///
    /// Compares the stored forms. Values without one equal nothing, not even themselves. Of
    /// [`Serde`](crate::Serde) types, the time of encoding depends on the value as the type's own
    /// `Serialize` makes it, and equal unordered maps may compare as different.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        match (self.encoded(), other.encoded()) {
            (Some(a), Some(b)) => a.as_slice().ct_eq(b.as_slice()).into(),
            _ => false,
        }
    }

    fn encoded(&self) -> Option<SecretBytes> {
        let mut buffer = SecretBytes::with_capacity(self.0.size_hint());
        self.0.encode(&mut Encoder::new(&mut buffer)).ok()?;
        Some(buffer)
    }
}

impl<T: Value> Drop for Phi<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Value> From<T> for Phi<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Value> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phi<")?;
        write_short_type_name(core::any::type_name::<T>(), f)?;
        f.write_str(">")
    }
}

/// Writes a type's name without the paths: `Vec<String>` for `alloc::vec::Vec<alloc::…>`.
pub(crate) fn write_short_type_name(full: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut rest = full;
    while !rest.is_empty() {
        let path_len = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
        let (path, tail) = rest.split_at(path_len);
        f.write_str(path.rsplit("::").next().unwrap_or(path))?;
        let punctuation_len = tail.find(is_path).unwrap_or(tail.len());
        let (punctuation, tail) = tail.split_at(punctuation_len);
        f.write_str(punctuation)?;
        rest = tail;
    }
    Ok(())
}
