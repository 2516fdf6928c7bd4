//! What is written as text where it would be written as bytes.

/// A [`Sealed<T>`](crate::Sealed) or an index value that is written to a database as text.
///
/// On its own each is written as bytes: `BYTEA` in PostgreSQL, `BLOB` in SQLite. PostgreSQL takes
/// no bytes in a `TEXT` column. Reading needs no wrapper: either form is read from a column of
/// either type. Nor does diesel, where the table's schema says what a column is.
///
/// The text form takes a third more than the bytes.
///
/// # Example
///
/// ```
/// use phi_seal::{AsText, Sealed};
///
/// # let bytes = [&[1, 2][..], &[7; 32], &[0; 24], &[0; 5], &[0; 16]].concat();
/// let sealed = Sealed::<String>::from_bytes(bytes)?;
/// let AsText(same) = AsText(sealed.clone());
/// assert_eq!(same, sealed);
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
pub struct AsText<S>(pub S);

impl<S> From<S> for AsText<S> {
    fn from(value: S) -> Self {
        Self(value)
    }
}
