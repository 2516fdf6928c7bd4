//! `tracing` 0.1: audit events as structured lines, [`TracingSink`].

mod line;

use core::fmt;

use self::line::{Header, Line, write};
use crate::access::Purpose;
use crate::audit::{AuditError, AuditSink, Event, Outcome, Pseudonyms};

/// Tells each audit event to the application's `tracing` subscriber, under pseudonyms.
///
/// One line for each record that an event is about, or one if it is about none; target
/// [`TracingSink::TARGET`], message `audit`, level INFO, or WARN if the action failed, wholly or in
/// part, or broke the glass. A line has the members of `docs/audit-event.md` by these names, each
/// where there is something to say:
///
/// - `event`, `part`, `parts`, `time`, `tenant`, `session`, `auth`, `actor`, `roles` (joined by
///   commas), `purpose`, `reason`, `action`, `request_id`, `policy`, `observer`, `generation`, `exclusion`, `corrects`, `outcome`;
/// - of searches `search_type`, `search_index`, `search_fields`;
/// - `line` and `lines`: which line of its part this is, from 1, and of how many;
/// - `subject`, `record_type`, `record`, and, joined by commas and of the same length, `fields`,
///   `outcomes` and `reasons`.
///
/// # Security
///
/// **This is no record.** What a subscriber does with a line (filter it, sample it, drop it when a
/// queue is full) is out of this sink's reach; it never fails, and a lost line is not noticed. Put it
/// beside a sink that keeps events, in a [`Tee`](crate::audit::Tee). The line is written when this
/// sink is asked, so put it last: that the events are kept is then known before.
///
/// A line holds no value, and **no id of a patient, record or actor but as a
/// [pseudonym](Pseudonyms)**; nor a key id or tag, which link a patient's rows, nor the source address, nor a disclosure's recipient and
/// description.
/// In clear are the tenant, the application's own request id, and names and codes, of which there
/// must be none that say who somebody is. Read at [`Pseudonyms`] what a pseudonym does not hide.
///
/// Actors are pseudonyms too, though a workforce member is no patient: in a portal the actor *is* the
/// patient. Where every actor is of the workforce or a system, [`actors_in_clear`] shows them.
///
/// [`actors_in_clear`]: TracingSink::actors_in_clear
///
/// # Example
///
/// ```
/// use phi_seal::SecretBytes;
/// use phi_seal::audit::{Durability, JsonLines, Pseudonyms, Tee};
/// use phi_seal::integration::tracing::TracingSink;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("audit.jsonl");
/// // 32 random bytes of a secret store.
/// let pseudonyms = Pseudonyms::new(&SecretBytes::from_vec(vec![7; 32]))?;
/// let kept = JsonLines::open(path, Durability::Synced)?;
/// let sink = Tee::new(kept).and(TracingSink::new(pseudonyms.clone()));
///
/// // The lines about one patient are found by whoever holds the key:
/// let patient = pseudonyms.subject("mercy", "p-1").to_string();
/// assert!(!patient.contains("p-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TracingSink {
    pseudonyms: Pseudonyms,
    shows_actors: bool,
}

impl TracingSink {
    /// The target of every line, for filters.
    pub const TARGET: &'static str = "phi_seal::audit";

    /// Names patients, records and actors by these pseudonyms.
    pub const fn new(pseudonyms: Pseudonyms) -> Self {
        Self {
            pseudonyms,
            shows_actors: false,
        }
    }

    /// Shows actors' ids, and the addresses that they act from as `source_ip`, in clear.
    ///
    /// Where every actor is a workforce member or a system: ids and addresses of patients are
    /// identifiers under 45 CFR 164.514(b)(2)(i).
    #[must_use]
    pub const fn actors_in_clear(mut self) -> Self {
        self.shows_actors = true;
        self
    }
}

impl AuditSink for TracingSink {
    /// Never fails.
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        let is_warning = event.access().purpose() == Purpose::BreakGlass
            || !matches!(
                event.outcome(),
                Outcome::Success | Outcome::Absent | Outcome::Pending
            );
        let record = event.to_record();
        let header = Header::new(&record, &self.pseudonyms, self.shows_actors);
        let mut lines = Line::all(&record, &self.pseudonyms);
        if lines.is_empty() {
            lines.push(Line::default());
        }
        let count = lines.len();
        for (at, line) in lines.iter().enumerate() {
            write(is_warning, &header, line, at + 1, count);
        }
        Ok(())
    }
}

impl fmt::Debug for TracingSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingSink")
            .field("shows_actors", &self.shows_actors)
            .finish_non_exhaustive()
    }
}
