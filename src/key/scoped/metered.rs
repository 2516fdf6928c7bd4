//! The KMS as this module calls it: counted, and no more calls at once than allowed.

use alloc::boxed::Box;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::select_all;
use futures_util::lock::{Mutex as AsyncMutex, MutexGuard as Lane};

use crate::key::error::KeyError;
use crate::key::kms::{Kms, WrappedKey};
use crate::key::provider::BoxFuture;
use crate::key::wrap::WrapContext;
use crate::secret::SecretBytes;

pub(super) struct Metered {
    kms: Box<dyn Kms>,
    /// Each call under way holds one.
    lanes: Box<[AsyncMutex<()>]>,
    calls: AtomicU64,
}

impl Metered {
    pub(super) fn new(kms: Box<dyn Kms>, concurrency: usize) -> Self {
        Self {
            kms,
            lanes: (0..concurrency).map(|_| AsyncMutex::default()).collect(),
            calls: AtomicU64::new(0),
        }
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whichever lane is free first, so that a call that hangs holds up no other than its own.
    async fn lane(&self) -> Lane<'_, ()> {
        let (lane, _, _) = select_all(self.lanes.iter().map(AsyncMutex::lock)).await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        lane
    }
}

impl Kms for Metered {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        Box::pin(async move {
            let _lane = self.lane().await;
            self.kms.wrap(payload, context).await
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            let _lane = self.lane().await;
            self.kms.unwrap(wrapped, context).await
        })
    }

    fn generate<'a>(
        &'a self,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<(SecretBytes, WrappedKey), KeyError>> {
        Box::pin(async move {
            let _lane = self.lane().await;
            self.kms.generate(context).await
        })
    }

    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        Box::pin(async move {
            let _lane = self.lane().await;
            self.kms.rewrap(wrapped, context).await
        })
    }

    fn owns(&self, reference: &str) -> bool {
        self.kms.owns(reference)
    }
}

impl fmt::Debug for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metered").finish_non_exhaustive()
    }
}
