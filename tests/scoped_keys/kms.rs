//! A local KMS that counts, and that fails, hangs or lies as told.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use phi_seal::SecretBytes;
use phi_seal::key::{BoxFuture, KeyError, KeyErrorKind, Kms, LocalKms, WrapContext, WrappedKey};

/// What a call gets instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Fail(KeyErrorKind),
    /// No answer before [`TestKms::release`].
    Hang,
    Panic,
    /// Another key.
    WrongKey,
    /// The key that was wrapped for somebody else: the first that this KMS ever drew.
    OtherContext,
}

pub(crate) struct TestKms {
    inner: LocalKms,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Calls,
    running: usize,
    /// By tenant; the one of the empty name is everybody's.
    faults: BTreeMap<String, Fault>,
    sleepers: Vec<Waker>,
    first_drawn: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Calls {
    pub(crate) generated: u64,
    pub(crate) wrapped: u64,
    pub(crate) unwrapped: u64,
    /// The most that were under way at once.
    pub(crate) peak: usize,
}

impl Calls {
    pub(crate) fn total(self) -> u64 {
        self.generated + self.wrapped + self.unwrapped
    }
}

impl TestKms {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: LocalKms::generate().unwrap(),
            state: Mutex::default(),
        })
    }

    pub(crate) fn calls(&self) -> Calls {
        self.state().calls
    }

    pub(crate) fn total(&self) -> u64 {
        self.calls().total()
    }

    pub(crate) fn reference(&self) -> &str {
        self.inner.reference()
    }

    /// From now on, for everybody.
    pub(crate) fn set(&self, fault: Fault) {
        self.set_for("", fault);
    }

    /// From now on, for one tenant. Also for who hangs.
    pub(crate) fn set_for(&self, tenant: &str, fault: Fault) {
        self.state().faults.insert(tenant.to_string(), fault);
        self.wake_all();
    }

    /// No faults any more; who hangs is answered.
    pub(crate) fn release(&self) {
        self.state().faults.clear();
        self.wake_all();
    }

    fn wake_all(&self) {
        let sleepers = std::mem::take(&mut self.state().sleepers);
        sleepers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn fault(&self, context: &WrapContext) -> Option<Fault> {
        let state = self.state();
        let is_of = |tenant: &str| {
            let bytes = context.as_bytes();
            tenant.is_empty()
                || bytes
                    .windows(tenant.len())
                    .any(|at| at == tenant.as_bytes())
        };
        let mut faults = state.faults.iter();
        faults
            .find(|(tenant, _)| is_of(tenant))
            .map(|(_, fault)| *fault)
    }

    async fn enter(&self, context: &WrapContext) -> Result<Option<Fault>, KeyError> {
        poll_fn(|cx| match self.fault(context) {
            Some(Fault::Hang) => {
                self.state().sleepers.push(cx.waker().clone());
                Poll::Pending
            }
            Some(Fault::Panic) => panic!("as the test says"),
            Some(Fault::Fail(kind)) => Poll::Ready(Err(KeyError::new(kind, "as the test says"))),
            fault => Poll::Ready(Ok(fault)),
        })
        .await
    }

    fn begin(&self, count: impl FnOnce(&mut Calls)) -> Running<'_> {
        let mut state = self.state();
        count(&mut state.calls);
        state.running += 1;
        state.calls.peak = state.calls.peak.max(state.running);
        Running(self)
    }
}

/// Also if it is dropped half-way.
struct Running<'k>(&'k TestKms);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
    }
}

impl Kms for TestKms {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        Box::pin(async move {
            let _running = self.begin(|calls| calls.wrapped += 1);
            match self.enter(context).await? {
                Some(Fault::WrongKey) => {
                    let other = SecretBytes::from_vec(vec![7; payload.len()]);
                    self.inner.wrap(&other, context).await
                }
                _ => self.inner.wrap(payload, context).await,
            }
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            let _running = self.begin(|calls| calls.unwrapped += 1);
            match self.enter(context).await? {
                Some(Fault::WrongKey) => Ok(SecretBytes::from_vec(vec![7; 32])),
                Some(Fault::OtherContext) => {
                    let first = self.state().first_drawn.clone().unwrap();
                    Ok(SecretBytes::from_vec(first))
                }
                _ => self.inner.unwrap(wrapped, context).await,
            }
        })
    }

    fn generate<'a>(
        &'a self,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<(SecretBytes, WrappedKey), KeyError>> {
        Box::pin(async move {
            let _running = self.begin(|calls| calls.generated += 1);
            self.enter(context).await?;
            let (drawn, wrapped) = self.inner.generate(context).await?;
            let first = &mut self.state().first_drawn;
            first.get_or_insert_with(|| drawn.as_slice().to_vec());
            Ok((drawn, wrapped))
        })
    }

    fn owns(&self, reference: &str) -> bool {
        self.inner.owns(reference)
    }
}

impl std::fmt::Debug for TestKms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestKms").finish_non_exhaustive()
    }
}
