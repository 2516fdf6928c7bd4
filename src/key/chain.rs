//! Several services behind one.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::error::{KeyError, KeyErrorKind};
use super::kms::{Kms, WrappedKey};
use super::provider::BoxFuture;
use super::wrap::WrapContext;
use crate::secret::SecretBytes;

/// Wraps under one [`Kms`] and unwraps under several: while keys move to another service, when a
/// Region is down, with a recovery key.
///
/// A wrapped key is unwrapped by the member that [`owns`](Kms::owns) its reference, and by no
/// other: members are not tried one after another. Only if several own the *same* reference, such
/// as replicas of one key in several Regions, are they asked in the order they were given, and the
/// next one only when the one before is [`Unavailable`](KeyErrorKind::Unavailable) or
/// [`Throttled`](KeyErrorKind::Throttled). Any other answer is final: what one replica denies or
/// has disabled is not asked for elsewhere.
///
/// Wrapping has no second choice. While the first member is down, no keys are made or rotated;
/// those in memory go on sealing and opening. To go on making keys, build a chain with the replica
/// first.
///
/// - **Migration**: `KmsChain::new(new)?.also_unwraps(old)?` reads both. `Keyset::rewrap` with
///   the chain on both sides moves every key under the first member; inside the service, where it
///   can. Then drop the old member.
/// - **Recovery key**: a chain does not wrap under two keys at once. Keep a second keyset:
///   `Keyset::rewrap` of a copy, from this KMS to the recovery KMS, stored elsewhere, and made anew
///   after each rotation.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use phi_seal::key::{Keyset, KmsChain, LocalKms};
///
/// # pollster::block_on(async {
/// let old = LocalKms::generate()?;
/// let mut keyset = Keyset::generate(&old).await?;
///
/// let new = std::sync::Arc::new(LocalKms::generate()?);
/// let chain = KmsChain::new(new.clone())?.also_unwraps(old)?;
/// keyset.unlock(&chain).await?; // still under the old one
/// keyset.rotate(&chain).await?; // the new key is under the new one
/// keyset.rewrap(&chain, &chain).await?; // and now all of them
/// keyset.unlock(&new).await?;
/// # Ok::<(), phi_seal::key::KeyError>(())
/// # }).unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct KmsChain {
    first: Arc<dyn Kms>,
    others: Vec<Arc<dyn Kms>>,
}

impl KmsChain {
    /// Wraps, and unwraps what it wrapped, under `kms`.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Contract`] if it claims any reference: implement [`owns`](Kms::owns).
    pub fn new(kms: impl Kms + 'static) -> Result<Self, KeyError> {
        Ok(Self {
            first: member(kms)?,
            others: Vec::new(),
        })
    }

    /// Unwraps also under `kms`.
    ///
    /// # Errors
    ///
    /// As [`new`](KmsChain::new).
    pub fn also_unwraps(mut self, kms: impl Kms + 'static) -> Result<Self, KeyError> {
        self.others.push(member(kms)?);
        Ok(self)
    }

    fn owners<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a dyn Kms> {
        core::iter::once(&self.first)
            .chain(&self.others)
            .filter(move |kms| kms.owns(reference))
            .map(|kms| &**kms)
    }
}

impl Kms for KmsChain {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        self.first.wrap(payload, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            let mut answer = Err(NO_OWNER);
            for kms in self.owners(wrapped.reference()) {
                answer = kms.unwrap(wrapped, context).await;
                if !answer.as_ref().is_err_and(is_passing) {
                    break;
                }
            }
            answer
        })
    }

    /// By the first member.
    fn generate<'a>(
        &'a self,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<(SecretBytes, WrappedKey), KeyError>> {
        self.first.generate(context)
    }

    /// By the first member, if what is wrapped is its own.
    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        Box::pin(async move {
            if self.first.owns(wrapped.reference()) {
                self.first.rewrap(wrapped, context).await
            } else {
                Ok(None)
            }
        })
    }

    /// Whether a member does.
    fn owns(&self, reference: &str) -> bool {
        self.owners(reference).next().is_some()
    }
}

impl fmt::Debug for KmsChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsChain")
            .field("first", &self.first)
            .field("others", &self.others)
            .finish_non_exhaustive()
    }
}

/// Nothing is wrapped under the empty reference, so whoever claims it claims all there are, and
/// would be handed what other members wrapped.
fn member(kms: impl Kms + 'static) -> Result<Arc<dyn Kms>, KeyError> {
    if kms.owns("") {
        return Err(KeyError::new(
            KeyErrorKind::Contract,
            "this kms claims every reference; in a chain each must know its own",
        ));
    }
    Ok(Arc::new(kms))
}

/// Whether another member may be asked for the same key.
fn is_passing(error: &KeyError) -> bool {
    matches!(
        error.kind(),
        KeyErrorKind::Unavailable | KeyErrorKind::Throttled
    )
}

const NO_OWNER: KeyError = KeyError::new(
    KeyErrorKind::WrongKey,
    "no member of the chain is the wrapping key's; add the kms that the wrapped key names",
);
