//! Where checkpoints are kept out of reach of whoever holds the journal and its key.

mod callback;
mod error;
mod file;
mod name;
mod newest;

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::Debug;

use super::{Origin, SignedCheckpoint};

pub use callback::{FnAnchor, from_fn};
pub use error::{AnchorError, AnchorErrorKind};
pub use file::FileAnchor;
pub use name::{checkpoint_name, origin_name, size_of_name};
pub use newest::{AnchorState, Anchored, newest_anchored};

/// A place that keeps signed checkpoints and gives none of them up.
///
/// What an anchor holds cannot be taken back by whoever later gets hold of the journal and its
/// signing key, so no history that contradicts it is believed: `docs/anchoring.md`. How much that is
/// worth is how hard it is to change what the anchor holds.
///
/// Called from the journal's own thread, never while an event is being recorded; may block, and is to
/// come back within a bounded time.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Anchor, AnchorErrorKind, Checkpoint, FileAnchor, Frontier, JournalKey, Origin, leaf_hash,
/// };
///
/// let folder = tempfile::tempdir()?; // on another mount
/// let anchor = FileAnchor::new(folder.path());
///
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let signed = |entry| {
///     let mut tree = Frontier::new();
///     tree.push(leaf_hash(entry));
///     key.sign(&Checkpoint::new(key.origin().clone(), 1, tree.root()))
/// };
/// anchor.publish(&signed(b"what happened"))?;
/// assert_eq!(anchor.latest(key.origin())?.as_deref(), Some(signed(b"what happened").as_str()));
///
/// // Whoever signs another history does not get it in.
/// let refused = anchor.publish(&signed(b"what did not")).unwrap_err();
/// assert_eq!(refused.kind(), AnchorErrorKind::Refused);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Anchor: Debug + Send + Sync {
    /// What the journal and its reports call it: a constant of the application, such as `vault-2`.
    fn name(&self) -> &str;

    /// Keeps a checkpoint. Once this returns, the anchor holds it as durably as it holds anything. To
    /// publish the same again changes nothing and succeeds.
    ///
    /// # Errors
    ///
    /// [`AnchorError`] by kind; [`AnchorErrorKind::Refused`] if it holds another checkpoint of that
    /// origin and size.
    fn publish(&self, checkpoint: &SignedCheckpoint) -> Result<(), AnchorError>;

    /// The text of the checkpoint with the most entries that it holds of this origin, if any.
    /// Unverified, and whoever may write to the anchor may have put an older one under a larger
    /// number: believe what [`newest_anchored`] tells, not this.
    ///
    /// # Errors
    ///
    /// [`AnchorError`] by kind.
    fn latest(&self, origin: &Origin) -> Result<Option<String>, AnchorError>;

    /// The same of those that are filed under at most `size` entries. By this, a forgery with a large
    /// number hides no checkpoint that was there before.
    ///
    /// Finds nothing unless it is implemented, by anchors that keep more than the newest.
    ///
    /// # Errors
    ///
    /// [`AnchorError`] by kind.
    fn latest_up_to(&self, origin: &Origin, size: u64) -> Result<Option<Filed>, AnchorError> {
        let _ = (origin, size);
        Ok(None)
    }
}

/// A text that an anchor holds as the checkpoint of `size` entries; unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// How many entries it is filed under.
    pub size: u64,
    /// The text, empty if what is held is too long or no text.
    pub text: String,
}

impl<A: Anchor + ?Sized> Anchor for Arc<A> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn publish(&self, checkpoint: &SignedCheckpoint) -> Result<(), AnchorError> {
        (**self).publish(checkpoint)
    }

    fn latest(&self, origin: &Origin) -> Result<Option<String>, AnchorError> {
        (**self).latest(origin)
    }

    fn latest_up_to(&self, origin: &Origin, size: u64) -> Result<Option<Filed>, AnchorError> {
        (**self).latest_up_to(origin, size)
    }
}
