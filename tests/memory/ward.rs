//! A session, and rows to act on.

use std::sync::Arc;

use phi_seal::audit::MemorySink;
use phi_seal::danger::PermitAll;
use phi_seal::key::Keyring;
use phi_seal::{
    Access, Actor, Purpose, RecordId, RecordRef, RecordType, Session, SubjectId, TenantId, Vault,
};

pub(crate) const PATIENT: RecordType = RecordType::new("patient");

pub(crate) struct Ward {
    pub(crate) session: Session,
    pub(crate) sink: Arc<MemorySink>,
    id: RecordId<'static>,
    next: RecordId<'static>,
    subject: SubjectId<'static>,
}

impl Ward {
    pub(crate) fn new() -> Self {
        let sink = Arc::new(MemorySink::new());
        let keys = Keyring::generate().unwrap();
        let tenant = TenantId::new("mercy").unwrap();
        let actor = Actor::new("clinician-17").unwrap();
        Self {
            session: Vault::builder(keys, PermitAll, sink.clone())
                .build()
                .session(Access::new(tenant, actor, Purpose::Treatment))
                .unwrap(),
            sink,
            id: RecordId::new("r-1").unwrap(),
            next: RecordId::new("r-2").unwrap(),
            subject: SubjectId::new("p-1").unwrap(),
        }
    }

    pub(crate) fn row(&self) -> RecordRef<'_> {
        RecordRef::new(&self.id, &self.subject)
    }

    pub(crate) fn next_row(&self) -> RecordRef<'_> {
        RecordRef::new(&self.next, &self.subject)
    }
}
