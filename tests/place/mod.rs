//! Where a test's value belongs, as owned parts: any one of them can be changed.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::sync::Arc;

use phi_seal::audit::MemorySink;
use phi_seal::codec::Value;
use phi_seal::danger::{self, FixedNonce, PermitAll};
use phi_seal::key::{DataKey, KeyProvider, KeyScope};
use phi_seal::{
    Access, Actor, Category, Error, Field, Keyring, Phi, Purpose, RecordId, RecordRef, RecordType,
    Sealed, Session, SubjectId, TenantId, Vault,
};

/// A context. An empty subject means that the record type is subjectless.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tenant: String,
    pub(crate) subject: String,
    pub(crate) record_type: String,
    pub(crate) record_id: String,
    pub(crate) field: String,
    pub(crate) binding: Vec<u8>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            tenant: "clinic-7".into(),
            subject: "patient-1042".into(),
            record_type: "Encounter".into(),
            record_id: "e-2041".into(),
            field: "note".into(),
            binding: b"rev-3".to_vec(),
        }
    }
}

impl Place {
    pub(crate) fn field<T: Value>(&self) -> Field<T> {
        let mut record_type = RecordType::new(self.record_type.clone().leak());
        if self.subject.is_empty() {
            record_type = record_type.subjectless();
        }
        record_type.field(self.field.clone().leak(), Category::Clinical)
    }

    /// Hands the tenant and the row to `f`.
    pub(crate) fn within<R>(&self, f: impl FnOnce(&TenantId<'_>, RecordRef<'_>) -> R) -> R {
        let tenant = TenantId::new(&*self.tenant).unwrap();
        let id = RecordId::new(&*self.record_id).unwrap();
        if self.subject.is_empty() {
            return f(&tenant, RecordRef::subjectless(&id).binding(&self.binding));
        }
        let subject = SubjectId::new(&*self.subject).unwrap();
        f(
            &tenant,
            RecordRef::new(&id, &subject).binding(&self.binding),
        )
    }

    /// A session for this tenant over a keyring of `key` alone, and the events it will make.
    pub(crate) fn session(&self, key: DataKey) -> (Session, Arc<MemorySink>) {
        self.session_over(Keyring::from_key(key))
    }

    pub(crate) fn session_over(
        &self,
        keys: impl KeyProvider + 'static,
    ) -> (Session, Arc<MemorySink>) {
        let sink = Arc::new(MemorySink::new());
        let vault = Vault::builder(keys, PermitAll, sink.clone()).build();
        let tenant = TenantId::new(self.tenant.clone()).unwrap();
        let actor = Actor::new("clinician-17").unwrap();
        let session = vault.session(Access::new(tenant, actor, Purpose::Treatment));
        (session.unwrap(), sink)
    }

    /// Seals here with a bare key.
    pub(crate) fn seal_raw<T: Value>(
        &self,
        key: &DataKey,
        nonce: [u8; 24],
        field: &Field<T>,
        value: &Option<Phi<T>>,
    ) -> Sealed<T> {
        self.within(|tenant, row| {
            danger::seal_unrecorded(key, FixedNonce(nonce), tenant, field, row, value)
        })
        .unwrap()
    }

    /// Opens here with a bare key.
    pub(crate) fn open_raw<T: Value>(
        &self,
        key: &DataKey,
        sealed: Option<Sealed<T>>,
    ) -> Result<Option<Phi<T>>, Error> {
        self.within(|tenant, row| danger::open_unrecorded(key, tenant, &self.field(), row, &sealed))
    }
}

/// A data key for any tenant and subject.
pub(crate) fn shared_key(bytes: [u8; 32]) -> DataKey {
    danger::import_data_key(bytes, KeyScope::default())
}
