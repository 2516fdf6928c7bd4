//! Failed accesses, by actor.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;

use serde::Serialize;

use super::outcome::is_failure;
use super::table::Row;
use crate::audit::EventRecord;

/// Counts failures by tenant and actor: who was refused, whose sessions had expired, who met envelopes
/// that did not open.
///
/// An action counts once, in its first part, by its own outcome: every outcome but `success`, `absent`
/// and `pending`; `partial` too. A series of repeated failures that a journal coalesced counts as often
/// as it happened: an event with `count` says how often since the event `repeats`, that one included,
/// and the highest `count` holds. The count is the whole series': restricted to a range of time, it
/// does not tell how many of it lie in the range, and counts one less where the range begins after the
/// series' first event. Pass [`merge`](super::merge)d events, where each stands once.
///
/// Memory: 10,000 actors and 10,000 series. Beyond, failures of further actors are counted together,
/// and [`Failures::approximate`] says that a count of a forgotten series may be too high.
///
/// # Example
///
/// ```
/// use phi_seal::report::FailedAccess;
/// # use phi_seal::audit::{EventReadError, read_events};
///
/// # let line = r#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,"time":
/// # "2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s","auth":{"strength":"service"},
/// # "actor":{"id":"a"},"purpose":"TREAT","action":"open","outcome":"denied"}"#.replace('\n', "");
/// # let log = line.as_bytes();
/// let report = FailedAccess::over(read_events(log))?;
/// assert_eq!((report.total(), &*report.actors()[0].actor), (1, "a"));
/// assert_eq!(report.actors()[0].outcomes["denied"], 1);
/// # Ok::<(), EventReadError>(())
/// ```
#[derive(Default)]
pub struct FailedAccess {
    actors: HashMap<(String, String), ActorFailures>,
    /// How often each series has been counted.
    series: HashMap<String, u64>,
    others: u64,
    is_approximate: bool,
}

impl FailedAccess {
    const MAX_ACTORS: usize = 10_000;
    const MAX_SERIES: usize = 10_000;

    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The report on these events.
    ///
    /// # Errors
    ///
    /// The first error among the events.
    pub fn over<I, E>(events: I) -> Result<Failures, E>
    where
        I: IntoIterator<Item = Result<EventRecord, E>>,
    {
        let mut report = Self::new();
        for event in events {
            report.add(&event?);
        }
        Ok(report.finish())
    }

    /// Counts an event, if it is a failure.
    pub fn add(&mut self, event: &EventRecord) {
        if event.part != 1 || !is_failure(&event.outcome) {
            return;
        }
        let times = self.times(event);
        if times == 0 {
            return;
        }
        let key = (event.tenant.clone(), event.actor.id.clone());
        if !self.actors.contains_key(&key) && self.actors.len() >= Self::MAX_ACTORS {
            self.others = self.others.saturating_add(times);
            return;
        }
        let actor = self.actors.entry(key).or_insert_with(|| ActorFailures {
            tenant: event.tenant.clone(),
            actor: event.actor.id.clone(),
            count: 0,
            first: event.time.clone(),
            last: event.time.clone(),
            outcomes: BTreeMap::new(),
        });
        actor.count = actor.count.saturating_add(times);
        if event.time < actor.first {
            actor.first.clone_from(&event.time);
        }
        if event.time > actor.last {
            actor.last.clone_from(&event.time);
        }
        let of_outcome = actor.outcomes.entry(event.outcome.clone()).or_default();
        *of_outcome = of_outcome.saturating_add(times);
    }

    /// How often it happened that has not been counted yet.
    fn times(&mut self, event: &EventRecord) -> u64 {
        let (Some(first), Some(count)) = (&event.repeats, event.count) else {
            return 1;
        };
        if !self.series.contains_key(first) && self.series.len() >= Self::MAX_SERIES {
            self.series.clear();
            self.is_approximate = true;
        }
        // The first of the series was counted as an event of its own.
        let counted = self.series.entry(first.clone()).or_insert(1);
        let times = count.saturating_sub(*counted);
        *counted = count.max(*counted);
        times
    }

    /// The report on what was added.
    pub fn finish(self) -> Failures {
        let mut actors: Vec<_> = self.actors.into_values().collect();
        let key = |of: &ActorFailures| (of.tenant.clone(), of.actor.clone());
        actors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b))));
        Failures {
            actors,
            others: self.others,
            is_approximate: self.is_approximate,
        }
    }
}

impl fmt::Debug for FailedAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedAccess")
            .field("actors", &self.actors.len())
            .finish_non_exhaustive()
    }
}

/// The report on failed accesses; see [`FailedAccess`].
#[derive(Clone, Debug, Serialize)]
pub struct Failures {
    actors: Vec<ActorFailures>,
    others: u64,
    #[serde(rename = "approximate")]
    is_approximate: bool,
}

impl Failures {
    /// The actors, those with most failures first.
    pub fn actors(&self) -> &[ActorFailures] {
        &self.actors
    }

    /// Failures of actors beyond the first 10,000.
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// Whether there were more series than were kept in mind, so that a count may be too high.
    pub const fn approximate(&self) -> bool {
        self.is_approximate
    }

    /// All failures.
    pub fn total(&self) -> u64 {
        let counts = self.actors.iter().map(|actor| actor.count);
        counts.fold(self.others, u64::saturating_add)
    }
}

/// One actor's failures.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ActorFailures {
    /// The tenant.
    pub tenant: String,
    /// Who.
    pub actor: String,
    /// How many.
    pub count: u64,
    /// When the first action began.
    pub first: String,
    /// When the last one did; of a series, when it was last told of.
    pub last: String,
    /// How many of each outcome.
    pub outcomes: BTreeMap<String, u64>,
}

impl Row for ActorFailures {
    const COLUMNS: &'static [&'static str] =
        &["tenant", "actor", "count", "first", "last", "outcomes"];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let outcomes = self.outcomes.iter();
        let outcomes: Vec<_> = outcomes
            .map(|(outcome, count)| alloc::format!("{outcome} {count}"))
            .collect();
        Vec::from([
            Cow::Borrowed(&*self.tenant),
            Cow::Borrowed(&*self.actor),
            Cow::Owned(self.count.to_string()),
            Cow::Borrowed(&*self.first),
            Cow::Borrowed(&*self.last),
            Cow::Owned(outcomes.join(", ")),
        ])
    }
}

/// Without identifiers.
impl fmt::Debug for ActorFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorFailures")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}
