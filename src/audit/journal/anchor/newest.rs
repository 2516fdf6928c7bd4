//! What anchors hold, verified.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{Anchor, AnchorError, AnchorErrorKind, Filed};
use crate::audit::journal::{Checkpoint, CheckpointErrorKind, SignedCheckpoint, VerifierKey};

/// Asks each anchor for the newest checkpoint of the key's origin, and believes those that `key`
/// signed.
///
/// For the start of a writer, which must not go on if it lacks what an anchor holds
/// ([`JournalBuilder::trusts`](crate::audit::journal::JournalBuilder::trusts)), and for whoever
/// verifies a journal ([`Verifier::trusts`](crate::audit::journal::Verifier::trusts)): hand both
/// **every** checkpoint of [`trusted`](Anchored::trusted), because a forked history shows only where
/// it contradicts one of them.
///
/// A checkpoint that is filed above the newest trusted one and cannot be believed is passed over, up
/// to 64 of them an anchor, and is an error in that anchor's state: somebody else writes there.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Anchor, Checkpoint, FileAnchor, Frontier, JournalKey, Origin, newest_anchored,
/// };
///
/// let (near, far) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// let anchors: [&dyn Anchor; 2] = [
///     &FileAnchor::new(near.path()).named("near"),
///     &FileAnchor::new(far.path()).named("far"),
/// ];
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let empty = key.sign(&Checkpoint::new(key.origin().clone(), 0, Frontier::new().root()));
/// anchors[1].publish(&empty)?;
///
/// let anchored = newest_anchored(anchors, &key.verifier());
/// assert_eq!(anchored.newest(), Some(&empty));
/// assert!(anchored.states()[0].newest().is_none());
/// assert!(anchored.errors().next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn newest_anchored<'a>(
    anchors: impl IntoIterator<Item = &'a dyn Anchor>,
    key: &VerifierKey,
) -> Anchored {
    let states = anchors
        .into_iter()
        .map(|anchor| AnchorState::of(anchor, key));
    Anchored {
        states: states.collect(),
    }
}

/// What [`newest_anchored`] found.
#[derive(Clone, Debug)]
pub struct Anchored {
    states: Vec<AnchorState>,
}

impl Anchored {
    /// Anchor by anchor, in the order they were given.
    pub fn states(&self) -> &[AnchorState] {
        &self.states
    }

    /// The newest trusted checkpoint of each anchor that has one.
    pub fn trusted(&self) -> impl Iterator<Item = &SignedCheckpoint> {
        self.states.iter().filter_map(AnchorState::newest)
    }

    /// The one with the most entries.
    pub fn newest(&self) -> Option<&SignedCheckpoint> {
        self.trusted()
            .max_by_key(|signed| signed.checkpoint().size())
    }

    /// What went wrong, with the anchor's name.
    pub fn errors(&self) -> impl Iterator<Item = (&str, AnchorError)> {
        self.states
            .iter()
            .filter_map(|state| Some((state.name(), state.error()?)))
    }

    /// Whether two anchors hold different trees of the same size: the key signed two histories.
    /// That two of different sizes are of one history, only the journal itself can show.
    pub fn is_forked(&self) -> bool {
        let mut seen: Vec<&Checkpoint> = self.trusted().map(SignedCheckpoint::checkpoint).collect();
        seen.sort_by_key(|checkpoint| checkpoint.size());
        let differ = |pair: &[&Checkpoint]| {
            pair[0].size() == pair[1].size() && pair[0].root() != pair[1].root()
        };
        seen.windows(2).any(differ)
    }
}

/// What one anchor holds of a journal.
#[derive(Clone)]
pub struct AnchorState {
    name: String,
    newest: Option<SignedCheckpoint>,
    error: Option<AnchorError>,
}

impl AnchorState {
    fn of(anchor: &dyn Anchor, key: &VerifierKey) -> Self {
        let (newest, error) = match read(anchor, key) {
            Ok((newest, error)) => (newest, error),
            Err(error) => (None, Some(error)),
        };
        Self {
            name: anchor.name().to_string(),
            newest,
            error,
        }
    }

    /// The anchor's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The newest checkpoint that the key signed.
    pub const fn newest(&self) -> Option<&SignedCheckpoint> {
        self.newest.as_ref()
    }

    /// Why that may not be the newest that it holds: it could not be asked, or holds something
    /// ([`AnchorErrorKind::Malformed`]) that is not to be believed.
    pub const fn error(&self) -> Option<AnchorError> {
        self.error
    }
}

impl fmt::Debug for AnchorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnchorState")
            .field("name", &self.name)
            .field(
                "newest",
                &self.newest.as_ref().map(|it| it.checkpoint().size()),
            )
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

type Found = (Option<SignedCheckpoint>, Option<AnchorError>);

fn read(anchor: &dyn Anchor, key: &VerifierKey) -> Result<Found, AnchorError> {
    let origin = key.origin();
    let Some(mut filed) = anchor.latest_up_to(origin, u64::MAX)? else {
        return match anchor.latest(origin)? {
            Some(text) => match SignedCheckpoint::verify(&text, key) {
                Ok(signed) => Ok((Some(signed), None)),
                Err(error) => Ok((None, Some(doubt_of(error.kind())))),
            },
            None => Ok((None, None)),
        };
    };
    let mut doubt = None;
    for _ in 0..=PASSED_OVER {
        match believe(&filed, key) {
            Ok(signed) => return Ok((Some(signed), doubt)),
            Err(error) => doubt = doubt.or(Some(error)),
        }
        let lower = match filed.size.checked_sub(1) {
            Some(bound) => anchor.latest_up_to(origin, bound),
            None => Ok(None),
        };
        match lower {
            Ok(Some(next)) if next.size < filed.size => filed = next,
            Ok(_) => return Ok((None, doubt)),
            Err(error) => return Ok((None, Some(error))),
        }
    }
    Ok((None, Some(FLOODED)))
}

/// An older checkpoint that is filed under a larger size than its own would hide those between.
fn believe(filed: &Filed, key: &VerifierKey) -> Result<SignedCheckpoint, AnchorError> {
    let signed = SignedCheckpoint::verify(&filed.text, key);
    let signed = signed.map_err(|error| doubt_of(error.kind()))?;
    match signed.checkpoint().size() == filed.size {
        true => Ok(signed),
        false => Err(MISFILED),
    }
}

const fn doubt_of(kind: CheckpointErrorKind) -> AnchorError {
    AnchorError::new(
        AnchorErrorKind::Malformed,
        match kind {
            CheckpointErrorKind::NotSigned => {
                "the newest checkpoint in the anchor is not signed with this key; was it changed, or \
                 does another journal use the origin"
            }
            CheckpointErrorKind::BadSignature => {
                "the newest checkpoint in the anchor is forged or was changed; find out who writes there"
            }
            CheckpointErrorKind::OtherOrigin => {
                "the newest checkpoint in the anchor is of another origin than it is filed under"
            }
            _ => {
                "what the anchor holds as the newest checkpoint is none; find out who writes there"
            }
        },
    )
}

/// How many checkpoints that are not to be believed are passed over.
const PASSED_OVER: usize = 64;

const MISFILED: AnchorError = AnchorError::new(
    AnchorErrorKind::Malformed,
    "the anchor holds an older checkpoint under a larger size; find out who writes there",
);
const FLOODED: AnchorError = AnchorError::new(
    AnchorErrorKind::Malformed,
    "the anchor holds too many checkpoints that are not to be believed; find out who writes there",
);
