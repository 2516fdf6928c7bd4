//! A ward to test in: a record, its indexes, and sessions under one keyring.

use std::sync::Arc;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::index::{Index, IndexInfo, IndexPart, IndexSet, IndexValue, Normal};
use phi_seal::{
    Access, Actor, Category, Field, Keyring, Phi, PhiRecord, Purpose, RecordType, Sealed, Session,
    TenantId, Vault,
};

/// What no error may show.
pub const CANARY: &str = "Zofia Żak-Canary, 900-01-2345, allergic to canaries";

/// For the detector's own tests.
pub const MARKERS: [&str; 1] = [CANARY];

/// A patient whose row is read and written by each library.
#[derive(Debug, PhiRecord)]
#[phi(
    record = "patient",
    row_derive(
        Clone,
        PartialEq,
        sqlx::FromRow,
        sea_orm::FromQueryResult,
        diesel::Queryable,
        diesel::Selectable,
        diesel::Insertable,
        diesel::AsChangeset
    ),
    row_attr(diesel(table_name = crate::with_diesel::patient))
)]
pub struct Patient {
    #[phi(id, subject)]
    pub id: String,
    #[phi(category = Name)]
    pub name: Phi<String>,
    #[phi(category = Ssn)]
    pub ssn: Phi<String>,
    #[phi(category = Clinical)]
    pub note: Option<Phi<String>>,
    pub active: bool,
}

pub fn patient(id: &str) -> Patient {
    Patient {
        id: id.into(),
        name: Phi::new(format!("Żak {id}")),
        ssn: Phi::new(format!("900-01-{id}")),
        note: None,
        active: true,
    }
}

pub fn session() -> Session {
    session_of("mercy", &Arc::new(Keyring::generate().unwrap()))
}

/// Tenants that share a keyring: what keeps them apart is the context alone.
pub fn session_of(tenant: &str, keyring: &Arc<Keyring>) -> Session {
    let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
    let actor = Actor::new("clinician-17").unwrap();
    let tenant = TenantId::new(tenant).unwrap();
    let access = Access::new(tenant, actor, Purpose::Treatment);
    vault.session(access).unwrap()
}

/// A sealed text at no matter which place.
pub fn sealed(text: &str) -> Sealed<String> {
    let mut patient = patient("p-1");
    patient.ssn = Phi::new(text.into());
    session().seal(&patient).unwrap().ssn
}

/// A well-formed envelope of an integer.
pub fn sealed_integer() -> Vec<u8> {
    let mut envelope = sealed("12345678").into_bytes();
    envelope[1] = integer_content();
    assert!(Sealed::<i64>::from_bytes(envelope.clone()).is_ok());
    envelope
}

fn integer_content() -> u8 {
    <i64 as phi_seal::codec::Value>::CONTENT.code()
}

const PATIENT: RecordType = RecordType::new("patient");

/// An index of 128 bits, fit for a uniqueness constraint.
#[derive(Debug, PartialEq)]
pub enum BySsn {}

impl Index for BySsn {
    const INFO: IndexInfo = IndexInfo::new(PATIENT, "ssn_index", &[SSN_PART]).unique();
    type Stored = Option<IndexValue<Self>>;
}

/// An index of 32 bits with several terms.
#[derive(Debug, PartialEq)]
pub enum ByName {}

impl Index for ByName {
    const INFO: IndexInfo = IndexInfo::new(PATIENT, "name_words", &[NAME_PART]).bits(32);
    type Stored = IndexSet<Self>;
}

const SSN: Field<String> = PATIENT.field("ssn", Category::Ssn);
const NAME: Field<String> = PATIENT.field("name", Category::Name);
const SSN_PART: IndexPart = IndexPart::new(&SSN, Normal::Digits);
const NAME_PART: IndexPart = IndexPart::new(&NAME, Normal::Tokens);

/// Some value of an index; equal for equal seeds.
pub fn index_value<I: Index>(seed: u8) -> IndexValue<I> {
    let bytes: Vec<u8> = (0..IndexValue::<I>::LEN)
        .map(|at| {
            seed.wrapping_mul(41)
                .wrapping_add(u8::try_from(at).unwrap())
        })
        .collect();
    IndexValue::from_bytes(&bytes).unwrap()
}

pub fn index_set(seeds: &[u8]) -> IndexSet<ByName> {
    IndexSet::new(seeds.iter().map(|seed| index_value(*seed)))
}
