//! A ward to test in: a record, a session, and the events that it left.

use std::sync::Arc;

use phi_seal::audit::{EventRecord, MemorySink};
use phi_seal::danger::PermitAll;
use phi_seal::{
    Access, Actor, Keyring, Phi, PhiRecord, Policy, Purpose, Sealed, Session, TenantId, Vault,
};

/// A patient as the ward keeps them.
#[derive(Debug, PhiRecord)]
#[phi(record = "patient", duplicate, ct_eq, row_derive(Clone, PartialEq))]
pub struct Patient {
    #[phi(id, subject)]
    pub id: String,
    /// Family name first.
    #[phi(category = Name)]
    pub name: Phi<String>,
    #[phi(category = Ssn)]
    pub ssn: Phi<String>,
    #[phi(category = Clinical, label = Psychotherapy, labels = [Vip])]
    pub note: Option<Phi<String>>,
    #[phi(category = Clinical)]
    pub codes: Phi<Vec<String>>,
    #[phi(category = Clinical, pad = 32)]
    pub status: Phi<String>,
    #[phi(category = Date)]
    pub visits: Option<Phi<i64>>,
    pub active: bool,
    pub beds: Vec<u8>,
}

pub fn patient(id: &str) -> Patient {
    Patient {
        id: id.into(),
        name: Phi::new(format!("Żak Zofia {id}")),
        ssn: Phi::new("900-01-2345".into()),
        note: Some(Phi::new("canary-note".into())),
        codes: Phi::new(vec!["J45.909".into(), "E11.9".into()]),
        status: Phi::new("stable".into()),
        visits: None,
        active: true,
        beds: vec![3, 17],
    }
}

pub struct Ward {
    pub session: Session,
    pub sink: Arc<MemorySink>,
}

pub fn ward() -> Ward {
    ward_under(PermitAll)
}

pub fn ward_under(policy: impl Policy + 'static) -> Ward {
    let sink = Arc::new(MemorySink::new());
    let vault = Vault::builder(Keyring::generate().unwrap(), policy, sink.clone()).build();
    let actor = Actor::new("clinician-17").unwrap().role("physician");
    let tenant = TenantId::new("mercy-hospital").unwrap();
    Ward {
        session: vault
            .session(Access::new(tenant, actor, Purpose::Treatment))
            .unwrap(),
        sink,
    }
}

impl Ward {
    /// The only event since the last call.
    pub fn event(&self) -> EventRecord {
        let events = self.sink.events();
        self.sink.clear();
        assert_eq!(events.len(), 1, "one action, one event");
        events.into_iter().next().unwrap()
    }
}

/// The fields of an event about one record, as `name outcome`.
pub fn fields(event: &EventRecord) -> Vec<String> {
    assert_eq!(event.subjects.len(), 1);
    assert_eq!(event.subjects[0].records.len(), 1);
    let fields = &event.subjects[0].records[0].fields;
    fields
        .iter()
        .map(|field| format!("{} {}", field.name, field.outcome))
        .collect()
}

/// The same envelope with its last bit flipped.
pub fn corrupt<T: phi_seal::codec::Value>(sealed: &Sealed<T>) -> Sealed<T> {
    let mut bytes = sealed.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    Sealed::from_bytes(bytes).unwrap()
}
