//! A journal that a vault writes, and a far side in memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use phi_seal::audit::Disclosure;
use phi_seal::audit::journal::{
    Destination, Entries, Form, ForwardError, Forwarded, Forwarder, ForwarderBuilder, Journal,
    JournalError, JournalKey, Origin, VerifierKey,
};
use phi_seal::danger::PermitAll;
use phi_seal::key::Keyring;
use phi_seal::{
    Access, Actor, Category, Field, Phi, Purpose, RecordId, RecordRef, RecordType, Session,
    SubjectId, TenantId, Vault,
};

const PATIENT: RecordType = RecordType::new("patient");
const NAME: Field<String> = PATIENT.field("name", Category::Name);

pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) journal: Arc<Journal>,
    pub(crate) verifier: VerifierKey,
    pub(crate) session: Session,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::new("ehr.mercy.example/audit").unwrap();
        let key = JournalKey::generate(origin).unwrap();
        let verifier = key.verifier();
        let builder = Journal::builder(folder.path().join("journal"), key);
        // Segments of a few entries, and no entry that the test did not make.
        let builder = builder.segment_bytes(4096).heartbeat_every(Duration::MAX);
        let journal = Arc::new(builder.create().unwrap());
        let keys = Keyring::generate().unwrap();
        let vault = Vault::builder(keys, PermitAll, journal.clone()).build();
        let actor = Actor::new("clinician-17").unwrap();
        let access = Access::new(TenantId::new("mercy").unwrap(), actor, Purpose::Treatment)
            .source_ip([203, 0, 113, 9].into());
        let session = vault.session(access).unwrap();
        Self {
            folder,
            journal,
            verifier,
            session,
        }
    }

    /// Records so many events, one an entry.
    pub(crate) fn record(&self, events: u64) {
        let value = Phi::new(String::from("Ada"));
        for number in 0..events {
            let subject = SubjectId::new(format!("p-{number}")).unwrap();
            let id = RecordId::new("r-1").unwrap();
            let row = RecordRef::new(&id, &subject);
            self.session.seal_value(&NAME, row, &value).unwrap();
        }
    }

    /// Records a disclosure of the first of them to somebody.
    pub(crate) fn disclose(&self, to: &str) {
        let (subject, id) = (
            SubjectId::new("p-0").unwrap(),
            RecordId::new("r-1").unwrap(),
        );
        let row = RecordRef::new(&id, &subject);
        let disclosure = Disclosure::to(to).unwrap().description("by fax").unwrap();
        let event = self
            .session
            .disclosed(&[(row, &[NAME.info()])], &disclosure);
        event.unwrap();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// What the journal holds.
    pub(crate) fn entries(&self) -> Vec<Vec<u8>> {
        let entries = Entries::open(self.path(), &self.verifier).unwrap();
        entries.map(|entry| entry.unwrap().into_bytes()).collect()
    }

    pub(crate) fn forwarder(&self, to: impl Destination) -> ForwarderBuilder {
        let journal = self.journal.clone();
        self.forwarder_of(move || Ok(journal.status().signed), to, Form::Whole)
    }

    /// One that looks again at once.
    pub(crate) fn forwarder_of(
        &self,
        signed: impl Fn() -> Result<u64, JournalError> + Send + 'static,
        to: impl Destination,
        form: Form,
    ) -> ForwarderBuilder {
        let (path, verifier) = (self.path(), self.verifier.clone());
        let open = move |from| Entries::from(&path, &verifier, from);
        let moment = Duration::from_millis(1);
        Forwarder::builder(signed, open, to, form)
            .poll_every(moment)
            .backoff(moment, moment)
    }
}

/// What a far side in memory does with the next call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Whim {
    /// It does not say where it stands.
    Mute,
    /// It refuses a batch.
    Refuse,
    /// It keeps a batch, and the confirmation is lost.
    Forget,
}

#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Shelved>);

#[derive(Debug, Default)]
pub(crate) struct Shelved {
    pub(crate) entries: Vec<Vec<u8>>,
    /// Entries and bytes of each batch that was kept.
    pub(crate) batches: Vec<(usize, usize)>,
    pub(crate) asked: usize,
    /// The next one last.
    pub(crate) whims: Vec<Whim>,
}

impl Shelf {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shelved> {
        self.0.lock().unwrap()
    }
}

pub(crate) const DOWN: ForwardError = ForwardError::new(
    phi_seal::audit::journal::ForwardErrorKind::Unreachable,
    "down",
);

impl Destination for Shelf {
    fn next(&self) -> Result<u64, ForwardError> {
        let mut shelf = self.lock();
        shelf.asked += 1;
        if shelf.whims.pop_if(|whim| *whim == Whim::Mute).is_some() {
            return Err(DOWN);
        }
        Ok(shelf.entries.len() as u64)
    }

    fn deliver(&self, batch: &[Forwarded]) -> Result<(), ForwardError> {
        let mut shelf = self.lock();
        let whim = shelf.whims.pop();
        if matches!(whim, Some(Whim::Mute | Whim::Refuse)) {
            return Err(DOWN);
        }
        for entry in batch {
            assert_eq!(entry.index, shelf.entries.len() as u64);
            shelf.entries.push(entry.bytes.clone());
        }
        let bytes = batch.iter().map(|entry| entry.bytes.len()).sum();
        shelf.batches.push((batch.len(), bytes));
        match whim {
            Some(_) => Err(DOWN),
            None => Ok(()),
        }
    }
}
