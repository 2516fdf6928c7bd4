//! What compliance people ask of the log: queries, the accounting of disclosures, and reports on who
//! saw what. `docs/reports.md` is the page for them.
//!
//! Everything here works on any iterator of `Result<EventRecord, E>`, such as
//! [`read_events`](crate::audit::read_events) gives for a file of JSON lines, in one pass, and keeps
//! of the log no more than a window of it and what it reports. [`merge`] makes one history of what
//! several processes wrote; [`Query`] takes out of it what is asked for; [`AccountingRequest`],
//! [`FailedAccess`], [`patient_accesses`] and [`break_glass`] are the reports; [`Table`] writes rows as
//! CSV or NDJSON, and [`fhir`] writes events as FHIR R4 AuditEvent resources.
//!
//! # What is guaranteed, and what is not
//!
//! A report says what its events say. Whether events are missing or were changed is the journal's to
//! prove; verify it first. An error in the input ends a report, rather than that something is left
//! out unseen: skip bad lines on purpose, and say so, or not at all.
//!
//! **Every report is PHI.** It names patients, or those who treat them.
//!
//! # Example
//!
//! ```
//! use phi_seal::audit::{EventReadError, read_events};
//! use phi_seal::report::{Query, Table, merge};
//!
//! # let event = |n: u8, outcome: &str| format!(r#"{{"v":1,"event":"s-{n}-1","action_id":"s-{n}",
//! # "part":1,"parts":1,"time":"2026-11-21T08:30:0{n}.000000000Z","tenant":"t","session":"s",
//! # "auth":{{"strength":"service"}},"actor":{{"id":"a"}},"purpose":"TREAT","action":"open",
//! # "outcome":"{outcome}"}}"#).replace('\n', "");
//! let (portal, ward) = (event(2, "denied"), event(1, "success"));
//! let history = merge([read_events(portal.as_bytes()), read_events(ward.as_bytes())]);
//!
//! let mut table = Table::csv(Vec::new())?;
//! for event in Query::new().failures().filter(history) {
//!     table.write(&event?)?;
//! }
//! assert!(String::from_utf8(table.finish()?)?.contains("denied"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod accounting;
mod day;
mod failures;
pub mod fhir;
mod merge;
mod outcome;
mod query;
mod table;

pub use access::{AccessRow, break_glass, patient_accesses};
pub use accounting::{
    AccountedDisclosure, Accounting, AccountingRequest, Excluded, PatientCopy, Suspension, Withheld,
};
pub use failures::{ActorFailures, FailedAccess, Failures};
pub use merge::{DEFAULT_WINDOW, Merge, merge, merge_within};
pub use query::Query;
pub use table::{Row, Table};
