//! What the database examples share: a session of a physician, and people who are made up.

use phi_seal::audit::MemorySink;
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{
    Access, ActionKind, Actor, Error, Keyring, Purpose, RolePolicy, Rule, Session, TenantId, Vault,
};

/// Keys live as long as the session here; `quickstart` shows keys that last.
pub(crate) fn session() -> Result<Session, Error> {
    let physician = || Rule::role("physician", &[Purpose::Treatment]).reason("care-team");
    let policy = RolePolicy::new("2026-11-21")
        .allow(physician())
        .allow(physician().actions(&[ActionKind::Search]));
    let keyring = Keyring::generate()?;
    keyring.add(DataKey::generate(KeyScope::shared(KeyUse::Index))?)?;
    let vault = Vault::builder(keyring, policy, MemorySink::new()).build();
    let physician = Actor::new("dr-osei")?.role("physician");
    let hospital = TenantId::new("lakeview-demo-hospital")?;
    vault.session(Access::new(hospital, physician, Purpose::Treatment))
}

pub(crate) struct Person {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) ssn: &'static str,
    pub(crate) note: Option<&'static str>,
}

/// No such SSN is ever given out: those from 900 on are taxpayer numbers.
pub(crate) const PEOPLE: [Person; 5] = [
    Person {
        id: "p-1",
        name: "Małgorzata Wójcik-Żółkiewska",
        ssn: "912-31-4408",
        note: Some("HIV-1 infection, viral load undetectable; allergic to sulfamethoxazole"),
    },
    Person {
        id: "p-2",
        name: "Kwabena Osei Mensah",
        ssn: "934-70-1186",
        note: Some("Type 2 diabetes, HbA1c 7.1 %"),
    },
    Person {
        id: "p-3",
        name: "Nguyễn Thị Mai",
        ssn: "951-22-9073",
        note: None,
    },
    Person {
        id: "p-4",
        name: "José María Núñez",
        ssn: "967-85-3340",
        note: Some("Asthma, moderate, salbutamol as needed"),
    },
    Person {
        id: "p-5",
        name: "Aoife O'Sullivan",
        ssn: "988-14-6627",
        note: None,
    },
];
