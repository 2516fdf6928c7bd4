//! Sealed values and rows under the keys of a place.

use std::sync::Arc;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::rotate::Census;
use phi_seal::{
    Access, Actor, Category, Field, Phi, PhiRecord, Purpose, RecordId, RecordRef, RecordType,
    Session, SubjectId, TenantId, Vault,
};

use crate::place::Place;

const NOTE: Field<String> = RecordType::new("visit").field("note", Category::Clinical);

#[derive(PhiRecord)]
#[phi(record = "patient")]
pub(crate) struct Patient {
    #[phi(id)]
    pub(crate) id: u64,
    #[phi(subject)]
    pub(crate) subject: String,
    #[phi(category = Ssn, index(digits))]
    pub(crate) ssn: Phi<String>,
}

pub(crate) fn session(place: &Place) -> Session {
    let vault = Vault::builder(Arc::new(place.keyring()), PermitAll, DiscardAudit).build();
    let access = Access::new(
        TenantId::new("Klinik Süd").unwrap(),
        Actor::new("a").unwrap(),
        Purpose::Operations,
    );
    vault.session(access).unwrap()
}

/// Notes in their text form, sealed under version 4.
pub(crate) fn column(place: &Place, count: usize) -> Vec<String> {
    let session = session(place);
    let subject = SubjectId::new("p-2").unwrap();
    let seal = |n: usize| {
        let id = RecordId::new(format!("v-{n}")).unwrap();
        let note = Phi::new(format!("canary-note-{n}"));
        let sealed = session.seal_value(&NOTE, RecordRef::new(&id, &subject), &note);
        sealed.unwrap().to_text()
    };
    (0..count).map(seal).collect()
}

/// A census of rows: values under version 4, index values under version 5.
pub(crate) fn census_of_rows(place: &Place, count: u64) -> Census {
    let session = session(place);
    let mut census = Census::new();
    for id in 0..count {
        let (subject, ssn) = (format!("p-{}", id + 2), Phi::new(format!("900-01-{id:04}")));
        census.count_row(&session.seal(&Patient { id, subject, ssn }).unwrap());
    }
    census
}

/// A census of one value under the key of this id, which need not exist.
pub(crate) fn census_naming(id: &str, place: &Place) -> Census {
    let json = census_of_rows(place, 1)
        .to_json()
        .replace(crate::place::IDS[3], id);
    Census::from_json(json.as_bytes()).unwrap()
}
