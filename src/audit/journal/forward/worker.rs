//! What the forwarder's thread does.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::backoff::Backoff;
use super::destination::{Destination, ForwardError, ForwardErrorKind, Forwarded};
use super::form::Form;
use super::{JournalError, Shared};
use crate::audit::journal::entry::Entry;

type Read = Box<dyn Iterator<Item = Result<Entry, JournalError>> + Send>;

pub(super) struct Worker {
    signed: Box<dyn Fn() -> Result<u64, JournalError> + Send>,
    open: Box<dyn Fn(u64) -> Result<Read, JournalError> + Send>,
    destination: Box<dyn Destination>,
    form: Form,
    pub(super) batch_entries: usize,
    pub(super) batch_bytes: usize,
    pub(super) poll_every: Duration,
    pub(super) backoff: Backoff,
}

impl Worker {
    pub(super) fn new<I>(
        signed: impl Fn() -> Result<u64, JournalError> + Send + 'static,
        open: impl Fn(u64) -> Result<I, JournalError> + Send + 'static,
        destination: impl Destination,
        form: Form,
    ) -> Self
    where
        I: Iterator<Item = Result<Entry, JournalError>> + Send + 'static,
    {
        Self {
            signed: Box::new(signed),
            open: Box::new(move |from| open(from).map(|read| Box::new(read) as Read)),
            destination: Box::new(destination),
            form,
            batch_entries: 500,
            batch_bytes: 1 << 20,
            poll_every: Duration::from_secs(1),
            backoff: Backoff {
                first: Duration::from_millis(100),
                longest: Duration::from_secs(60),
            },
        }
    }

    pub(super) fn run(&self, shared: &Shared) {
        let mut failures = 0_u32;
        while shared.goes_on() {
            let (error, got_on) = self.forward(shared);
            let Some(error) = error else {
                return;
            };
            failures = if got_on {
                1
            } else {
                failures.saturating_add(1)
            };
            shared.update(|state| {
                state.error = Some(error);
                state.failures = failures;
            });
            if !shared.pause(self.backoff.after(failures)) {
                return;
            }
        }
    }

    /// Forwards until something fails or it is to stop; what failed, and whether anything had been
    /// delivered before.
    fn forward(&self, shared: &Shared) -> (Option<ForwardError>, bool) {
        let mut got_on = false;
        let result = self.forward_from_where_it_stands(shared, &mut got_on);
        (result.err(), got_on)
    }

    fn forward_from_where_it_stands(
        &self,
        shared: &Shared,
        got_on: &mut bool,
    ) -> Result<(), ForwardError> {
        let mut position = self.destination.next()?;
        shared.update(|state| state.position = Some(position));
        let mut reading = Reading::default();
        while shared.goes_on() {
            let signed = (self.signed)().map_err(|_| UNREADABLE)?;
            if position > signed {
                return Err(AHEAD);
            }
            shared.update(|state| state.lag = signed - position);
            let batch = self.batch(&mut reading, position, signed)?;
            if batch.is_empty() {
                shared.update(|state| (state.error, state.failures) = (None, 0));
                shared.pause(self.poll_every);
                continue;
            }
            self.destination.deliver(&batch)?;
            position += batch.len() as u64;
            *got_on = true;
            shared.update(|state| {
                state.position = Some(position);
                state.lag = signed - position;
                (state.error, state.failures) = (None, 0);
            });
        }
        Ok(())
    }

    /// The entries from `position` on that are signed, as many as a batch holds.
    fn batch(
        &self,
        reading: &mut Reading,
        position: u64,
        signed: u64,
    ) -> Result<Vec<Forwarded>, ForwardError> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < self.batch_entries {
            let index = position + batch.len() as u64;
            if index >= signed {
                break;
            }
            let entry = match reading.held.take() {
                Some(entry) => entry,
                None => {
                    let entry = self.read(reading, index, signed)?;
                    Forwarded {
                        index,
                        bytes: self.form.of(entry),
                    }
                }
            };
            bytes += entry.bytes.len();
            if bytes > self.batch_bytes && !batch.is_empty() {
                reading.held = Some(entry);
                break;
            }
            batch.push(entry);
        }
        Ok(batch)
    }

    /// Goes on reading, or begins to. A reader has read ahead, so it is believed only as far as the journal
    /// was signed when it was opened: what it holds of later entries may have been taken back.
    fn read(&self, reading: &mut Reading, index: u64, signed: u64) -> Result<Entry, ForwardError> {
        if index >= reading.signed {
            reading.entries = None;
        }
        let entries = match &mut reading.entries {
            Some(entries) => entries,
            None => {
                reading.signed = signed;
                let entries = (self.open)(index).map_err(|_| UNREADABLE)?;
                reading.entries.insert(entries)
            }
        };
        let next = entries.next();
        match next {
            Some(Ok(entry)) if entry.index() == index => Ok(entry),
            // Signed, and not there.
            _ => Err(UNREADABLE),
        }
    }
}

/// Where the journal is being read.
#[derive(Default)]
struct Reading {
    entries: Option<Read>,
    /// How many entries were signed when it was opened.
    signed: u64,
    /// It did not fit into the last batch.
    held: Option<Forwarded>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

const UNREADABLE: ForwardError = ForwardError::new(
    ForwardErrorKind::Journal,
    "the journal could not be read where the far side stands; verify it",
);
const AHEAD: ForwardError = ForwardError::new(
    ForwardErrorKind::Ahead,
    "the far side has entries that the journal has not; was the journal restored, or is it another one",
);
