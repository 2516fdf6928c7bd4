//! What the cases start from.
#![allow(dead_code)]

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::{
    Access, Actor, Category, Field, FieldInfo, Keyring, Purpose, RecordId, RecordRef, RecordType,
    Sealed, Session, SubjectId, TenantId, Vault,
};

pub const PATIENT: RecordType = RecordType::new("patient");
pub const NAME: Field<String> = PATIENT.field("name", Category::Name);
pub const AGE: Field<u8> = PATIENT.field("age", Category::Clinical);
pub const FIELDS: &[FieldInfo] = &[NAME.info()];

pub fn session() -> Session {
    let tenant = TenantId::new("mercy").unwrap();
    let actor = Actor::new("clinician-17").unwrap();
    Vault::builder(Keyring::generate().unwrap(), PermitAll, DiscardAudit)
        .build()
        .session(Access::new(tenant, actor, Purpose::Treatment))
        .unwrap()
}

pub fn row() -> RecordRef<'static> {
    let id = Box::leak(Box::new(RecordId::from(1_u64)));
    let subject = Box::leak(Box::new(SubjectId::from(1_u64)));
    RecordRef::new(id, subject)
}

pub fn sealed() -> Sealed<String> {
    Sealed::from_text("phi1.").unwrap()
}
