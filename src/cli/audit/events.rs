//! The events of one journal, or of several as one history.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::arguments::Journals;
use super::files;
use crate::audit::EventRecord;
use crate::audit::journal::{Entries, Entry, JournalErrorKind, VerifierKey, newest_checkpoint};
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure, Of};
use crate::report::{Merge, Query, merge};

/// What an error of a journal begins with.
pub(super) const JOURNAL: &str = "journal";

/// The events that a query finds, and what could not be told of others.
pub(super) struct Events {
    history: History,
    query: Query,
    /// The same query without what only details tell.
    candidates: Query,
}

enum History {
    One(Box<OfJournal>),
    Merged(Box<Merge<OfJournal>>),
}

/// What is left to say when all events were told.
pub(super) struct Remainder {
    /// How many events may match, but only their sealed details tell.
    undecided: u64,
    /// Of how many that match the details are sealed.
    sealed: u64,
    out_of_order: u64,
}

impl Events {
    /// Opens the journals, each with the key that it was signed with.
    ///
    /// `candidates` is the query without its conditions on patients, records and outcomes of fields.
    pub(super) fn open(
        journals: &Journals,
        query: Query,
        candidates: Query,
    ) -> Result<Self, Failure> {
        let keys = journals.keys.iter().map(|key| files::public_key(key));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let sources = journals
            .journals
            .iter()
            .map(|path| OfJournal::open(path, &keys, journals));
        let mut sources = sources.collect::<Result<Vec<_>, _>>()?;
        let history = match sources.pop() {
            Some(one) if sources.is_empty() => History::One(Box::new(one)),
            last => History::Merged(Box::new(merge(sources.into_iter().chain(last)))),
        };
        Ok(Self {
            history,
            query,
            candidates,
        })
    }

    /// Hands each event that matches to `f`.
    pub(super) fn each(
        mut self,
        mut f: impl FnMut(EventRecord) -> Result<(), Failure>,
    ) -> Result<Remainder, Failure> {
        let (mut undecided, mut sealed) = (0, 0);
        let seen = self.history.by_ref().inspect(|event| {
            if let Ok(event) = event
                && !event.sealed.is_empty()
                && self.candidates.matches(event)
            {
                match self.query.matches(event) {
                    true => sealed += 1,
                    false => undecided += 1,
                }
            }
        });
        let mut found = self.query.clone().filter(seen);
        found.try_for_each(|event| f(event?))?;
        drop(found);
        Ok(Remainder {
            undecided,
            sealed,
            out_of_order: self.history.out_of_order(),
        })
    }
}

impl Remainder {
    /// Says that events came late or are sealed, and fails if the answer is not certain to be whole.
    pub(super) fn tell(&self, console: &mut Console) -> Result<(), Failure> {
        self.tell_order(console);
        if self.sealed > 0 {
            let (count, what) = (self.sealed, "of these events have sealed details");
            note(console, "sealed", count, what);
        }
        match self.undecided {
            0 => Ok(()),
            count => Err(Failure {
                exit: Exit::Failed,
                kind: "sealed-details",
                message: alloc::format!(
                    "the answer is not whole: the details of {count} further events are sealed, and \
                     whether they match only a program with the audit-detail keys can tell; the \
                     library's reviews open them"
                )
                .into(),
            }),
        }
    }

    /// Says that events came late.
    pub(super) fn tell_order(&self, console: &mut Console) {
        if self.out_of_order > 0 {
            let (count, what) = (self.out_of_order, "events came too late to be put in order");
            note(console, "out-of-order", count, what);
        }
    }
}

fn note(console: &mut Console, kind: &str, count: u64, what: &str) {
    if console.json {
        let note = serde_json::json!({ "note": { "kind": kind, "events": count } });
        console.note(format_args!("{note}\n"));
    } else {
        console.note(format_args!("phi-seal: {count} {what}\n"));
    }
}

impl History {
    fn out_of_order(&self) -> u64 {
        match self {
            Self::One(_) => 0,
            Self::Merged(merged) => merged.out_of_order(),
        }
    }
}

impl Iterator for History {
    type Item = Result<EventRecord, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::One(one) => one.next(),
            Self::Merged(merged) => merged.next(),
        }
    }
}

/// The events of one journal, in its order.
struct OfJournal(Entries);

impl OfJournal {
    fn open(path: &Path, keys: &[VerifierKey], journals: &Journals) -> Result<Self, Failure> {
        let mut entries = Entries::open(path, key_of(path, keys)?).of(JOURNAL)?;
        for second in &journals.second_place {
            entries = entries.and_second_place(second).of("--second-place")?;
        }
        Ok(Self(entries))
    }
}

impl Iterator for OfJournal {
    type Item = Result<EventRecord, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0
            .by_ref()
            .find_map(|entry| entry.of(JOURNAL).and_then(event).transpose())
    }
}

/// The event of an entry; none of a note of the journal about itself. What is neither, to this
/// version, is an error: it must not be passed over in silence.
fn event(entry: Entry) -> Result<Option<EventRecord>, Failure> {
    #[derive(Deserialize)]
    struct Note {
        #[serde(rename = "journal")]
        _kind: IgnoredAny,
    }

    if let Some(event) = entry.event() {
        return Ok(Some(event));
    }
    let index = entry.index();
    match serde_json::from_slice::<Note>(entry.bytes()) {
        Ok(_) => Ok(None),
        Err(_) => Err(Failure {
            exit: Exit::Failed,
            kind: "unsupported",
            message: alloc::format!(
                "journal: entry {index} is no event that this version reads; use a later one"
            )
            .into(),
        }),
    }
}

/// The key that a journal was signed with.
fn key_of<'k>(path: &Path, keys: &'k [VerifierKey]) -> Result<&'k VerifierKey, Failure> {
    let mut refused = None;
    for key in keys {
        match newest_checkpoint(path, key) {
            Err(error) if error.kind() == JournalErrorKind::Foreign => refused = Some(error),
            found => return found.map(|_| key).of(JOURNAL),
        }
    }
    match refused {
        Some(error) => Err(error).of(JOURNAL),
        None => Err(Failure::of_arguments(
            "--key: give the journal's public key",
        )),
    }
}
