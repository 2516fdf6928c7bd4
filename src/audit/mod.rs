//! What was done: events and the sinks that record them.

mod event;
pub(crate) mod sink;

pub use event::{Event, EventId, EventItem, Outcome, SessionId};
pub use sink::{AuditError, AuditSink};

pub(crate) use event::EventHeader;
