//! Failures that are alike, counted instead of written one by one: a flood of bad envelopes must not
//! fill the disk.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::record::EventRecord;
use super::sink::AuditError;

/// Failures of a while.
///
/// The first one is written, then each time the count has doubled, and the last count when the while
/// is over. So a thousand are ten events; a crash loses no failure but, of those that repeat an earlier
/// one, at most every second from the count.
pub(crate) struct Repeats {
    window: Duration,
    seen: Mutex<HashMap<Likeness, Seen>>,
}

type Likeness = [u8; 32];

struct Seen {
    since: Duration,
    /// The id of the first event.
    first: String,
    count: u64,
    /// The count that was written.
    told: u64,
    last: EventRecord,
}

impl Seen {
    /// The event that tells the count.
    fn tell(&self) -> EventRecord {
        EventRecord {
            repeats: Some(self.first.clone()),
            count: Some(self.count),
            ..self.last.clone()
        }
    }
}

impl Repeats {
    pub(crate) fn new(window: Duration) -> Self {
        Self {
            window,
            seen: Mutex::default(),
        }
    }

    /// Writes an event, or counts it if it is a failure like one that was written.
    pub(crate) fn record(
        &self,
        event: EventRecord,
        now: Duration,
        write: impl Fn(&EventRecord) -> Result<(), AuditError>,
    ) -> Result<(), AuditError> {
        if !may_repeat(&event) {
            return write(&event);
        }
        let likeness = likeness(&event);
        let mut seen = self.seen();
        let repeated = seen.get_mut(&likeness);
        let Some(repeated) = repeated.filter(|seen| !self.is_over(seen, now)) else {
            let earlier = seen.remove(&likeness).filter(|seen| seen.told < seen.count);
            drop(seen);
            if let Some(earlier) = earlier {
                self.tell_or_keep(likeness, earlier, &write)?;
            }
            write(&event)?;
            self.remember(likeness, event, now);
            return Ok(());
        };
        repeated.count += 1;
        repeated.last = event;
        if repeated.count < repeated.told * 2 {
            return Ok(());
        }
        let (event, count) = (repeated.tell(), repeated.count);
        drop(seen);
        write(&event)?;
        if let Some(repeated) = self.seen().get_mut(&likeness) {
            repeated.told = repeated.told.max(count);
        }
        Ok(())
    }

    /// Writes the counts of what is over by now, or of everything. Those that cannot be written stay, for
    /// the next time.
    pub(crate) fn tell_counts(
        &self,
        now: Option<Duration>,
        write: impl Fn(&EventRecord) -> Result<(), AuditError>,
    ) -> Result<(), AuditError> {
        let is_over = |_: &Likeness, seen: &mut Seen| now.is_none_or(|now| self.is_over(seen, now));
        let over: Vec<_> = self.seen().extract_if(is_over).collect();
        let mut result = Ok(());
        for (likeness, seen) in over.into_iter().filter(|(_, seen)| seen.told < seen.count) {
            result = result.and(self.tell_or_keep(likeness, seen, &write));
        }
        result
    }

    fn tell_or_keep(
        &self,
        likeness: Likeness,
        seen: Seen,
        write: impl Fn(&EventRecord) -> Result<(), AuditError>,
    ) -> Result<(), AuditError> {
        let told = write(&seen.tell());
        if told.is_err() {
            // Apart from failures to come, which begin a series of their own.
            let digest = Sha256::new().chain_update(likeness);
            let apart = digest.chain_update(&seen.first).finalize();
            self.seen().insert(apart.into(), seen);
        }
        told
    }

    fn remember(&self, likeness: Likeness, event: EventRecord, now: Duration) {
        let mut seen = self.seen();
        // What is not remembered is written each time.
        if seen.len() < MOST_SEEN {
            seen.entry(likeness).or_insert_with(|| Seen {
                since: now,
                first: event.event.clone(),
                count: 1,
                told: 1,
                last: event,
            });
        }
    }

    fn is_over(&self, seen: &Seen, now: Duration) -> bool {
        now.saturating_sub(seen.since) >= self.window
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Likeness, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeats").finish_non_exhaustive()
    }
}

/// Whether an event is a failure of one part that may come again and again. What was released, and
/// what was destroyed, is told each time.
fn may_repeat(event: &EventRecord) -> bool {
    let is_failure = !matches!(
        event.outcome.as_str(),
        "success" | "absent" | "partial" | "pending" | "aborted"
    );
    is_failure && event.parts == 1 && !event.action.starts_with("erase")
}

/// Equal for failures that differ by their time, session, action number and request only.
fn likeness(event: &EventRecord) -> Likeness {
    let mut alike = event.clone();
    for differs in [
        &mut alike.event,
        &mut alike.action_id,
        &mut alike.time,
        &mut alike.session,
    ] {
        differs.clear();
    }
    (alike.auth.at, alike.request_id) = (None, None);
    Sha256::digest(alike.to_json()).into()
}

const MOST_SEEN: usize = 1024;
