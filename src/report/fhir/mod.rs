//! Events as FHIR R4 AuditEvent resources, after IHE Basic Audit Log Patterns (BALP) 1.1.
//!
//! A BALP resource names one patient and one record, so an event makes one resource for each record of
//! each patient, and one if it has none. Successful actions follow a profile of BALP and say so in
//! `meta.profile`:
//!
//! | action | profile with a patient | without |
//! |---|---|---|
//! | `open` | PatientRead | Read |
//! | `seal` | PatientCreate | Create |
//! | `rebind`, `reseal` | PatientUpdate | Update |
//! | `erase` | PatientDelete | Delete |
//! | `search` | PatientQuery | Query |
//! | `disclose` | PrivacyDisclosure.Source | – |
//!
//! BALP's profiles are of successes and demand network addresses. So no profile is claimed for a
//! failure, for an event without `source_ip`, or for a disclosure without the recipient's address; the
//! resource has the same form otherwise. A `seal` is told as a create: an event does not tell a
//! first version from a later one. `admit` and `grace` have no profile.
//!
//! Outcomes: `0` where the record's fields were done or absent; `8` (serious failure) where an envelope
//! did not authenticate or a key, the sink or a provider failed; `4` (minor failure) otherwise.
//!
//! Ids of patients, records and actors are logical identifiers
//! ([`Mapping::patient_system`] and the like), not references to resources: this crate does
//! not know a server. The log itself remains the record; a resource does not hold every member of an
//! event, and no reason codes of fields.

mod map;
mod types;
mod write;

pub use map::Mapping;
pub use types::AuditEvent;
pub use write::{Bundle, write_ndjson};
