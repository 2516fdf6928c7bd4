//! An anchor made of two functions.

use alloc::string::String;
use core::fmt;

use super::{Anchor, AnchorError};
use crate::audit::journal::{Origin, SignedCheckpoint};

/// An anchor that the application writes as two functions; see [`from_fn`].
pub struct FnAnchor<P, L> {
    name: String,
    publish: P,
    latest: L,
}

/// An anchor that keeps checkpoints by `publish` and shows the newest by `latest`: by mail to a
/// notary, a row in somebody else's database, a public log.
///
/// What [`Anchor`] says of the two is for the functions to keep: refuse another checkpoint of a
/// size that is there, return in bounded time. One that cannot be asked what it holds says
/// `Ok(None)`; then the journal does not notice from it that it was restored from a backup, and
/// somebody who verifies it brings the checkpoint along.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{Anchor, Checkpoint, Frontier, JournalKey, Origin, from_fn};
/// use std::sync::Mutex;
///
/// let outbox = Mutex::new(Vec::new());
/// let notary = from_fn(
///     "notary",
///     |checkpoint| {
///         outbox.lock().unwrap().push(checkpoint.as_str().to_owned());
///         Ok(())
///     },
///     |_| Ok(None),
/// );
///
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let empty = Checkpoint::new(key.origin().clone(), 0, Frontier::new().root());
/// notary.publish(&key.sign(&empty))?;
/// assert!(outbox.lock().unwrap()[0].starts_with("ehr.mercy.example/audit\n0\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_fn<P, L>(name: impl Into<String>, publish: P, latest: L) -> FnAnchor<P, L>
where
    P: Fn(&SignedCheckpoint) -> Result<(), AnchorError> + Send + Sync,
    L: Fn(&Origin) -> Result<Option<String>, AnchorError> + Send + Sync,
{
    FnAnchor {
        name: name.into(),
        publish,
        latest,
    }
}

impl<P, L> Anchor for FnAnchor<P, L>
where
    P: Fn(&SignedCheckpoint) -> Result<(), AnchorError> + Send + Sync,
    L: Fn(&Origin) -> Result<Option<String>, AnchorError> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn publish(&self, checkpoint: &SignedCheckpoint) -> Result<(), AnchorError> {
        (self.publish)(checkpoint)
    }

    fn latest(&self, origin: &Origin) -> Result<Option<String>, AnchorError> {
        (self.latest)(origin)
    }
}

impl<P, L> fmt::Debug for FnAnchor<P, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnAnchor")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
