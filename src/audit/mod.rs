//! What was done: events and the sinks that record them.

mod event;
pub(crate) mod sink;

pub use event::{Event, EventId, EventItem, Outcome, SessionId};
pub use sink::{AuditError, AuditSink};

pub(crate) use event::EventHeader;

/// Records an action's event in as many parts as it takes.
pub(crate) fn record_in_parts(
    sink: &dyn AuditSink,
    header: &EventHeader<'_>,
    items: &[EventItem<'_>],
) -> Result<(), AuditError> {
    sink.record(&Event::new(header, 1, 1, items))
}
