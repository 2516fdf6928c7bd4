//! Why an anchor did not do as asked.

use core::fmt;

/// Why an anchor did not keep a checkpoint, or show one.
///
/// Holds a kind and a fixed sentence: never a path, a bucket's name or a caller's string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AnchorError {
    kind: AnchorErrorKind,
    detail: &'static str,
}

impl AnchorError {
    /// An error for implementers of [`Anchor`](super::Anchor). `detail` is lower case, has no full
    /// stop, and says what to do.
    pub const fn new(kind: AnchorErrorKind, detail: &'static str) -> Self {
        Self { kind, detail }
    }

    /// What went wrong, for `match`.
    pub const fn kind(&self) -> AnchorErrorKind {
        self.kind
    }

    /// Trying again later can succeed without anybody doing anything.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            AnchorErrorKind::Unreachable | AnchorErrorKind::Throttled
        )
    }
}

impl core::error::Error for AnchorError {}

impl fmt::Display for AnchorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)
    }
}

impl fmt::Debug for AnchorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnchorError")
            .field("kind", &self.kind)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

/// The kinds of [`AnchorError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum AnchorErrorKind {
    /// It did not answer, or its disk failed; try again.
    Unreachable,
    /// It asks to slow down.
    Throttled,
    /// It refused the caller.
    Denied,
    /// Its folder or bucket is not there.
    Missing,
    /// **It holds another checkpoint** of that origin and size, or a larger one where it must not:
    /// the journal was restored, forked, or has two writers; or somebody else wrote to the anchor.
    Refused,
    /// What it holds is no checkpoint of that journal, or was not signed with its key.
    Malformed,
    /// It would keep a checkpoint without protecting it: no object lock, or the journal's own disk.
    Unprotected,
    /// It does not take the request as it is; its configuration or version differs from what is
    /// documented.
    Contract,
}
