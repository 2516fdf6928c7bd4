//! Sending a journal's entries on, each exactly once and in order.

mod backoff;
mod destination;
mod form;
mod worker;

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::JournalError;
use super::entry::Entry;

pub use destination::{Destination, ForwardError, ForwardErrorKind, Forwarded};
pub use form::Form;

use worker::Worker;

/// Sends a journal's entries to another place, such as a SIEM, from a thread of its own.
///
/// The journal is the queue: nothing is kept anywhere else. While the far side is down, entries wait on
/// the journal's disk; they are never dropped, and recording never waits for them. After a restart of
/// either side it goes on where **the far side says** that it stands ([`Destination::next`]). So every entry
/// arrives exactly once and in order, **if the far side stores a batch and its own position in one
/// transaction**; that is its part of the promise.
///
/// Only entries that a checkpoint covers are sent: a power loss takes none of these back.
///
/// Not promised: when an entry arrives, and that a far side forgets nothing. One that says it has more
/// entries than the journal is an error ([`ForwardErrorKind::Ahead`]) and gets nothing: the journal was
/// restored from a backup, or the far side belongs to another one.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Destination, Entries, Form, ForwardError, Forwarded, Forwarder, Journal, JournalKey, Origin,
/// };
/// use std::sync::{Arc, Mutex};
///
/// /// A far side that is very near.
/// #[derive(Debug, Default)]
/// struct Shelf(Mutex<Vec<Vec<u8>>>);
///
/// impl Destination for Shelf {
///     fn next(&self) -> Result<u64, ForwardError> {
///         Ok(self.0.lock().unwrap().len() as u64)
///     }
///
///     fn deliver(&self, batch: &[Forwarded]) -> Result<(), ForwardError> {
///         let mut shelf = self.0.lock().unwrap();
///         shelf.extend(batch.iter().map(|entry| entry.bytes.clone()));
///         Ok(())
///     }
/// }
///
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path().join("journal");
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let verifier = key.verifier();
/// let journal = Arc::new(Journal::builder(&folder, key).create()?);
///
/// let (path, of_journal, shelf) = (folder, journal.clone(), Arc::new(Shelf::default()));
/// let forwarder = Forwarder::builder(
///     move || Ok(of_journal.status().signed),
///     move |from| Entries::from(&path, &verifier, from),
///     shelf.clone(),
///     Form::Whole,
/// )
/// .start()?;
/// forwarder.wait_until(1); // the journal's first note of its own
/// assert_eq!(shelf.0.lock().unwrap().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Forwarder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Forwarder {
    /// Describes a forwarder.
    ///
    /// `signed` tells how many entries the journal's newest checkpoint covers, such as
    /// [`JournalStatus::signed`](super::JournalStatus::signed); `open` reads the journal from an entry
    /// on, such as [`Entries::from`](super::Entries::from); `form` is what the far side gets to see.
    pub fn builder<I>(
        signed: impl Fn() -> Result<u64, JournalError> + Send + 'static,
        open: impl Fn(u64) -> Result<I, JournalError> + Send + 'static,
        destination: impl Destination,
        form: Form,
    ) -> ForwarderBuilder
    where
        I: Iterator<Item = Result<Entry, JournalError>> + Send + 'static,
    {
        ForwarderBuilder {
            worker: Worker::new(signed, open, destination, form),
        }
    }

    /// How far it is, and what holds it up.
    pub fn status(&self) -> ForwardStatus {
        *self.shared.state()
    }

    /// Waits until the far side has so many entries, or the forwarder has ended by a panic of the
    /// destination.
    pub fn wait_until(&self, entries: u64) {
        let mut state = self.shared.state();
        while state.position.is_none_or(|position| position < entries) && !state.is_over {
            let waited = self.shared.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the thread. A batch that is on its way is waited for: how long, is up to the destination.
impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.state().stops = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It ended by a panic if this fails, which the panic hook has told.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarder")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// What [`Forwarder::status`] tells.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForwardStatus {
    /// How many entries the far side has, as it said last; `None` before it was asked.
    pub position: Option<u64>,
    /// How many entries wait, when this was last looked at.
    pub lag: u64,
    /// What went wrong last, and has not come right since.
    pub error: Option<ForwardError>,
    /// How often in a row it went wrong.
    pub failures: u32,
    stops: bool,
    is_over: bool,
}

/// Describes a [`Forwarder`], then starts it.
#[derive(Debug)]
pub struct ForwarderBuilder {
    worker: Worker,
}

impl ForwarderBuilder {
    /// The most entries of a batch; 500 unless stated, 0 counts as 1.
    #[must_use]
    pub fn batch_entries(mut self, entries: usize) -> Self {
        self.worker.batch_entries = entries.max(1);
        self
    }

    /// The most bytes of a batch's entries; 1 MiB unless stated. One that is longer by itself goes
    /// alone.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.worker.batch_bytes = bytes;
        self
    }

    /// How often it looks for new entries; every second unless stated.
    #[must_use]
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.worker.poll_every = interval;
        self
    }

    /// The longest waiting after a first failure, which doubles with each further one up to
    /// `longest`: from 100 ms to a minute unless stated. The waiting itself is a random share of it.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.worker.backoff = backoff::Backoff { first, longest };
        self
    }

    /// Starts its thread.
    ///
    /// # Errors
    ///
    /// When the operating system has none to give.
    pub fn start(self) -> io::Result<Forwarder> {
        let shared = Arc::new(Shared::default());
        let (told, worker) = (Arc::clone(&shared), self.worker);
        let thread = thread::Builder::new()
            .name("phi-seal forwarder".into())
            .spawn(move || {
                let _end = End(&told);
                worker.run(&told);
            })?;
        Ok(Forwarder {
            shared,
            thread: Some(thread),
        })
    }
}

/// What both threads share.
#[derive(Default)]
struct Shared {
    state: Mutex<ForwardStatus>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, ForwardStatus> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut ForwardStatus)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits so long, or until it is to stop; whether it is to go on.
    fn pause(&self, time: Duration) -> bool {
        let state = self.state();
        let waited = self
            .changed
            .wait_timeout_while(state, time, |state| !state.stops);
        !waited.unwrap_or_else(PoisonError::into_inner).0.stops
    }

    fn goes_on(&self) -> bool {
        !self.state().stops
    }
}

/// Tells those who wait that the thread has ended, however it did.
struct End<'a>(&'a Shared);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.update(|state| state.is_over = true);
    }
}
