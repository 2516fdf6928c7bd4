//! The far side.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Where entries are sent, as its own side sees it.
///
/// Both calls come from the forwarder's thread, may block, and are to come back within a bounded time:
/// set time-outs. One forwarder a destination.
pub trait Destination: Send + 'static {
    /// The index of the first entry that the far side **does not** have. Asked at the beginning, and
    /// after each failure, because it may have kept a batch whose confirmation was lost. The far side
    /// itself is to answer: a position that is remembered on this side is wrong after the first crash.
    ///
    /// # Errors
    ///
    /// [`ForwardError`]; it is asked again.
    fn next(&self) -> Result<u64, ForwardError>;

    /// Hands over entries, at least one, whose indexes follow each other. The far side keeps all of them
    /// and its new position in one transaction, or none; and refuses a batch whose first index is not
    /// its position.
    ///
    /// # Errors
    ///
    /// [`ForwardError`]; then [`next`](Self::next) is asked, and what is missing is sent again.
    fn deliver(&self, batch: &[Forwarded]) -> Result<(), ForwardError>;
}

impl<D: Destination + Sync + ?Sized> Destination for Arc<D>
where
    Self: Send,
{
    fn next(&self) -> Result<u64, ForwardError> {
        (**self).next()
    }

    fn deliver(&self, batch: &[Forwarded]) -> Result<(), ForwardError> {
        (**self).deliver(batch)
    }
}

/// An entry in the form in which it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// Its index in the journal.
    pub index: u64,
    /// JSON without a newline; PHI if it is sent [whole](super::Form::Whole).
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarded")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// Why entries were not sent. Holds a kind and a fixed sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ForwardError {
    kind: ForwardErrorKind,
    detail: &'static str,
}

impl ForwardError {
    /// An error for implementers of [`Destination`]. `detail` is lower case, has no full stop, and
    /// says what to do.
    pub const fn new(kind: ForwardErrorKind, detail: &'static str) -> Self {
        Self { kind, detail }
    }

    /// What went wrong, for `match`.
    pub const fn kind(&self) -> ForwardErrorKind {
        self.kind
    }
}

impl core::error::Error for ForwardError {}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)
    }
}

impl fmt::Debug for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardError")
            .field("kind", &self.kind)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

/// The kinds of [`ForwardError`]. Whatever the kind, the forwarder tries again.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum ForwardErrorKind {
    /// The far side did not answer.
    Unreachable,
    /// The far side refused the caller or the batch.
    Refused,
    /// The far side says that it has entries which the journal has not.
    Ahead,
    /// The journal could not be read.
    Journal,
}
