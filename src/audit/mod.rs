//! What was done: events and the sinks that record them.

mod disclosure;
mod event;
#[cfg(feature = "journal")]
pub mod journal;
#[cfg(feature = "serde")]
mod json_lines;
#[cfg(feature = "serde")]
mod memory;
mod parts;
mod pseudonym;
#[cfg(feature = "serde")]
mod read;
#[cfg(feature = "serde")]
mod record;
#[cfg(feature = "serde")]
mod record_sink;
#[cfg(feature = "journal")]
mod repeats;
#[cfg(feature = "serde")]
mod rfc3339;
mod search;
pub(crate) mod sink;
mod tee;
#[cfg(feature = "serde")]
mod to_record;

pub use disclosure::{Disclosure, Exclusion, Recipient};
pub use event::{Event, EventId, EventItem, Outcome, SessionId};
#[cfg(feature = "serde")]
pub use json_lines::{Durability, JsonLines};
#[cfg(feature = "serde")]
pub use memory::MemorySink;
pub use pseudonym::{Pseudonym, Pseudonyms};
#[cfg(feature = "serde")]
pub use read::{EventReadError, EventReadReason, read_events};
#[cfg(feature = "serde")]
pub use record::{
    EventRecord, RecordedActor, RecordedAuth, RecordedField, RecordedRecipient, RecordedRow,
    RecordedSearch, RecordedSubject,
};
#[cfg(feature = "serde")]
pub use record_sink::RecordSink;
pub use search::SearchedIndex;
pub use sink::{AuditError, AuditSink};
pub use tee::Tee;

pub(crate) use event::EventHeader;
pub(crate) use parts::recorded_version;
#[cfg(feature = "journal")]
pub(crate) use repeats::Repeats;
#[cfg(any(feature = "journal", feature = "scoped-keys"))]
pub(crate) use rfc3339::format as format_time;

use parts::events;

#[cfg(all(test, feature = "serde"))]
mod tests;

/// Records an action's event in as many parts as it takes; the first failure ends it.
pub(crate) fn record_in_parts(
    sink: &dyn AuditSink,
    header: &EventHeader<'_>,
    items: &[EventItem<'_>],
) -> Result<(), AuditError> {
    events(header, items).try_for_each(|event| sink.record(&event))
}
