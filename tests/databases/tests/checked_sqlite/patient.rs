//! The record of the checked queries, for each database.

use std::error::Error;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{
    Access, Actor, ErrorKind, Keyring, Phi, PhiRecord, Purpose, Session, TenantId, Vault,
};

/// What no error may quote.
pub const CANARY: &str = "Zofia Canary, 900-01-2345";

/// With each kind of column: sealed, sealed or NULL, an index value or NULL, a set of them.
#[derive(Debug, PhiRecord)]
#[phi(record = "patient", row_derive(Clone, PartialEq))]
pub struct Patient {
    #[phi(id, subject)]
    pub id: String,
    #[phi(category = Ssn, index(digits, unique))]
    pub ssn: Phi<String>,
    #[phi(category = Name, index(name = "name_words", tokens))]
    pub name: Phi<String>,
    #[phi(category = Clinical)]
    pub note: Option<Phi<String>>,
}

pub fn session() -> Session {
    let keyring = Keyring::generate().unwrap();
    let index_key = DataKey::generate(KeyScope::shared(KeyUse::Index)).unwrap();
    keyring.add(index_key).unwrap();
    let vault = Vault::builder(keyring, PermitAll, DiscardAudit).build();
    let (tenant, actor) = (TenantId::new("mercy"), Actor::new("clinician-17"));
    let access = Access::new(tenant.unwrap(), actor.unwrap(), Purpose::Treatment);
    vault.session(access).unwrap()
}

/// One with a note, one without, and one whose SSN has no digits and so no index value.
pub fn rows(session: &Session) -> Vec<PatientRow> {
    [
        ("p-1", "900-01-2345", Some("asthma")),
        ("p-2", "900-01-9999", None),
        ("p-3", "unknown", None),
    ]
    .map(|(id, ssn, note)| {
        let patient = Patient {
            id: id.into(),
            ssn: Phi::new(ssn.into()),
            name: Phi::new(format!("Zofia Żak {id}")),
            note: note.map(|note| Phi::new(note.into())),
        };
        session.seal(&patient).unwrap()
    })
    .to_vec()
}

/// The error of a column that holds the canary in place of an envelope.
#[track_caller]
pub fn assert_malformed_at(column: &str, error: &sqlx::Error) {
    let sqlx::Error::ColumnDecode { index, source } = error else {
        panic!("{error:?}");
    };
    assert_eq!(index, column);
    let inner: &phi_seal::Error = source.downcast_ref().unwrap();
    assert_eq!(inner.kind(), ErrorKind::Malformed);
    let texts = format!("{error} {error:?} {:?}", error.source());
    assert!(
        !texts.contains("Canary") && !texts.contains("2345"),
        "{texts}"
    );
}
