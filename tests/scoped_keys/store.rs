//! A store in memory that counts, that fails or hangs as told, and that somebody edits.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use phi_seal::KeyId;
use phi_seal::key::{
    BoxFuture, KeyChange, KeyError, KeyErrorKind, KeyPage, KeyQuery, KeyStore, MemoryStore,
    StoredKey,
};
use pollster::block_on;

#[derive(Default)]
pub(crate) struct TestStore {
    inner: MemoryStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Calls,
    find_fault: Option<KeyErrorKind>,
    apply_fault: Option<KeyErrorKind>,
    hangs: bool,
    holds_changes: bool,
    holds_confirmations: bool,
    /// Answers wait after they were read: what comes back is what was.
    is_slow: bool,
    sleepers: Vec<Waker>,
    /// By the id that a row has in truth: what stands there instead.
    edits: BTreeMap<KeyId, Vec<StoredKey>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Calls {
    pub(crate) finds: u64,
    pub(crate) applies: u64,
    pub(crate) pages: u64,
    /// The most that one query asked for.
    pub(crate) longest: usize,
}

impl TestStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn calls(&self) -> Calls {
        self.state().calls
    }

    /// Finds fail from now on, or no more.
    pub(crate) fn fail_find(&self, kind: Option<KeyErrorKind>) {
        self.state().find_fault = kind;
    }

    /// Changes fail from now on, or no more.
    pub(crate) fn fail_apply(&self, kind: Option<KeyErrorKind>) {
        self.state().apply_fault = kind;
    }

    /// No query is answered before [`release`](Self::release).
    pub(crate) fn hang(&self) {
        self.state().hangs = true;
    }

    /// Queries read at once, and their answers arrive after [`release`](Self::release).
    pub(crate) fn delay_answers(&self) {
        self.state().is_slow = true;
    }

    /// Changes are made after [`release`](Self::release).
    pub(crate) fn hold_changes(&self) {
        self.state().holds_changes = true;
    }

    /// Changes are made at once, and that they are is said after [`release`](Self::release).
    pub(crate) fn delay_confirmations(&self) {
        self.state().holds_confirmations = true;
    }

    /// Who waits goes on waiting; who comes now does not.
    pub(crate) fn delay_no_more(&self) {
        let mut state = self.state();
        (state.is_slow, state.holds_changes) = (false, false);
    }

    pub(crate) fn release(&self) {
        let mut state = self.state();
        (state.hangs, state.is_slow) = (false, false);
        (state.holds_changes, state.holds_confirmations) = (false, false);
        let sleepers = std::mem::take(&mut state.sleepers);
        drop(state);
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// All rows, as somebody made them look.
    pub(crate) fn rows(&self) -> Vec<StoredKey> {
        let rows = block_on(self.inner.page(None, usize::MAX)).unwrap().rows;
        let state = self.state();
        let edited = |row: StoredKey| state.edits.get(&row.id).cloned().unwrap_or(vec![row]);
        rows.into_iter().flat_map(edited).collect()
    }

    /// Puts another row there, behind the back of everybody.
    pub(crate) fn edit(&self, row: &StoredKey, edit: impl FnOnce(&mut StoredKey)) {
        let mut edited = row.clone();
        edit(&mut edited);
        assert!(edited != *row, "an edit changes something");
        self.state().edits.insert(row.id, vec![edited]);
    }

    pub(crate) fn delete(&self, row: &StoredKey) {
        self.state().edits.insert(row.id, Vec::new());
    }

    /// A second row beside it.
    pub(crate) fn add_beside(&self, row: &StoredKey, other: StoredKey) {
        let rows = vec![row.clone(), other];
        self.state().edits.insert(row.id, rows);
    }

    pub(crate) fn undo_edits(&self) {
        self.state().edits.clear();
    }

    fn find_now(&self, queries: &[KeyQuery]) -> Vec<StoredKey> {
        if self.state().edits.is_empty() {
            return block_on(self.inner.find(queries)).unwrap();
        }
        let is_asked_for = |row: &StoredKey| {
            queries.iter().any(|query| match query {
                KeyQuery::Id(id) => *id == row.id,
                KeyQuery::Scope(scope) => *scope == row.scope,
            })
        };
        self.rows().into_iter().filter(is_asked_for).collect()
    }

    fn count_find(&self, queries: usize) {
        let calls = &mut self.state().calls;
        calls.finds += 1;
        calls.longest = calls.longest.max(queries);
    }

    async fn wait_while(&self, is_stuck: impl Fn(&State) -> bool) {
        poll_fn(|cx| {
            let mut state = self.state();
            if is_stuck(&state) {
                state.sleepers.push(cx.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn told(kind: Option<KeyErrorKind>) -> Result<(), KeyError> {
    match kind {
        Some(kind) => Err(KeyError::new(kind, "as the test says")),
        None => Ok(()),
    }
}

impl KeyStore for TestStore {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        Box::pin(async move {
            self.count_find(queries.len());
            self.wait_while(|state| state.hangs).await;
            told(self.state().find_fault)?;
            let found = self.find_now(queries);
            self.wait_while(|state| state.is_slow).await;
            Ok(found)
        })
    }

    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(async move {
            self.state().calls.applies += 1;
            self.wait_while(|state| state.hangs || state.holds_changes)
                .await;
            told(self.state().apply_fault)?;
            let result = self.inner.apply(changes).await;
            self.wait_while(|state| state.holds_confirmations).await;
            result
        })
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        Box::pin(async move {
            self.state().calls.pages += 1;
            told(self.state().find_fault)?;
            self.inner.page(after, limit).await
        })
    }
}

impl std::fmt::Debug for TestStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestStore").finish_non_exhaustive()
    }
}
