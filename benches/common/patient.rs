//! A patient of twelve PHI fields of 64 bytes, and a session to seal them in.

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, Session, TenantId, Vault};

pub(crate) const FIELDS: usize = 12;
pub(crate) const FIELD_LEN: usize = 64;
pub(crate) const TENANT: &str = "mercy-hospital";

#[derive(PhiRecord)]
#[phi(record = "patient")]
pub(crate) struct Patient {
    #[phi(id, subject)]
    pub(crate) id: String,
    #[phi(category = Name)]
    pub(crate) family: Phi<String>,
    #[phi(category = Name)]
    pub(crate) given: Phi<String>,
    #[phi(category = Date)]
    pub(crate) birth: Phi<String>,
    #[phi(category = Address)]
    pub(crate) street: Phi<String>,
    #[phi(category = Address)]
    pub(crate) city: Phi<String>,
    #[phi(category = Phone)]
    pub(crate) phone: Phi<String>,
    #[phi(category = Email)]
    pub(crate) email: Phi<String>,
    #[phi(category = Ssn)]
    pub(crate) ssn: Phi<String>,
    #[phi(category = MedicalRecordNumber)]
    pub(crate) mrn: Phi<String>,
    #[phi(category = HealthPlanNumber)]
    pub(crate) plan: Phi<String>,
    #[phi(category = Clinical)]
    pub(crate) allergies: Phi<String>,
    #[phi(category = Clinical)]
    pub(crate) note: Phi<String>,
}

impl Patient {
    pub(crate) fn new(number: usize) -> Self {
        let value = |field: &str| {
            let text = format!("{field} of patient {number}, ");
            Phi::new(text.chars().cycle().take(FIELD_LEN).collect::<String>())
        };
        Self {
            id: format!("{number:06}"),
            family: value("family"),
            given: value("given"),
            birth: value("birth"),
            street: value("street"),
            city: value("city"),
            phone: value("phone"),
            email: value("email"),
            ssn: value("ssn"),
            mrn: value("mrn"),
            plan: value("plan"),
            allergies: value("allergies"),
            note: value("note"),
        }
    }

    /// The stable names and the values, in order.
    pub(crate) fn values(&self) -> [(&'static str, &str); FIELDS] {
        [
            ("family", &self.family),
            ("given", &self.given),
            ("birth", &self.birth),
            ("street", &self.street),
            ("city", &self.city),
            ("phone", &self.phone),
            ("email", &self.email),
            ("ssn", &self.ssn),
            ("mrn", &self.mrn),
            ("plan", &self.plan),
            ("allergies", &self.allergies),
            ("note", &self.note),
        ]
        .map(|(name, value)| (name, value.expose().as_str()))
    }
}

/// Over keys in memory, with a policy that permits everything and a sink that discards.
pub(crate) fn session() -> Session {
    let vault = Vault::builder(Keyring::generate().unwrap(), PermitAll, DiscardAudit).build();
    let actor = Actor::new("clinician-17").unwrap().role("physician");
    vault
        .session(Access::new(
            TenantId::new(TENANT).unwrap(),
            actor,
            Purpose::Treatment,
        ))
        .unwrap()
}
