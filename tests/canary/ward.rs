//! A vault whose key is known, and plaintext of every shape that holds the marker.

use std::sync::Arc;

use phi_seal::audit::MemorySink;
use phi_seal::danger::{PermitAll, export_data_key};
use phi_seal::key::{KeyProvider, Keyring, Scope};
use phi_seal::{
    Access, Actor, Category, Field, Purpose, RecordId, RecordRef, RecordType, Serde, Session,
    SubjectId, TenantId, Vault,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

pub(crate) const MARKERS: [&str; 2] = [
    "Xylographer-Quixotry-8841-Vexillum-Jackdaw",
    "Żółćź-Пациент-四十二-ὑγίεια-Ðørður-naïveté",
];

pub(crate) const PATIENT: RecordType = RecordType::new("patient");
pub(crate) const TEXT: Field<String> = PATIENT.field("text", Category::Clinical);
pub(crate) const PADDED: Field<String> = PATIENT.field("padded", Category::Clinical).pad_to(128);
pub(crate) const BYTES: Field<Vec<u8>> = PATIENT.field("bytes", Category::Clinical);
pub(crate) const LIST: Field<Vec<String>> = PATIENT.field("list", Category::Clinical);
pub(crate) const STRUCT: Field<Serde<Allergy>> = PATIENT.field("struct", Category::Clinical);
pub(crate) const ARRAY: Field<[u8; 42]> = PATIENT.field("array", Category::Clinical);

#[derive(Clone, Debug, Serialize, Deserialize, Zeroize)]
pub(crate) struct Allergy {
    pub(crate) substance: String,
    pub(crate) severity: u8,
}

pub(crate) struct Ward {
    pub(crate) keys: Arc<Keyring>,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) session: Session,
    pub(crate) key: [u8; 32],
    id: RecordId<'static>,
    next: RecordId<'static>,
    subject: SubjectId<'static>,
}

impl Ward {
    pub(crate) fn new() -> Self {
        let keys = Arc::new(Keyring::generate().unwrap());
        let mut key = [0; 32];
        let tenant = access().tenant().clone();
        keys.with_active(Scope::sealing(&tenant, None), &mut |lent| {
            key = export_data_key(lent)
        })
        .unwrap();
        let sink = Arc::new(MemorySink::new());
        let vault = Vault::builder(keys.clone(), PermitAll, sink.clone()).build();
        Self {
            session: vault.session(access()).unwrap(),
            keys,
            sink,
            key,
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

pub(crate) fn access() -> Access {
    let actor = Actor::new("clinician-17").unwrap();
    Access::new(TenantId::new("mercy").unwrap(), actor, Purpose::Treatment)
}
