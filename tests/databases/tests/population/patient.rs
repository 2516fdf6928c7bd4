//! The patients' record, its indexes, and sessions under keys that are the same in every run: so
//! are the coincidences of index values, and with them every figure of these tests.

use std::sync::OnceLock;

use phi_seal::codec::Date;
use phi_seal::danger::{DiscardAudit, PermitAll, import_data_key};
use phi_seal::index::{Entropy, Index, Plan, Planner};
use phi_seal::key::{KeyScope, KeyUse};
use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, Session, TenantId, Vault};

use crate::people::{self, POPULATION, Person, everybody};

#[derive(PhiRecord)]
#[phi(
    record = "patient",
    row_derive(Clone, sqlx::FromRow),
    index(name = "born_family", of(born = date, family = text), bits = 5)
)]
pub struct Patient {
    #[phi(id, subject)]
    pub id: i64,
    #[phi(
        category = Name,
        index(name = "family_prefix", prefix(3), bits = 5),
        index(name = "family_sound", phonetic, bits = 5)
    )]
    pub family: Phi<String>,
    #[phi(category = Name)]
    pub given: Phi<String>,
    #[phi(category = Ssn, index(digits, unique))]
    pub ssn: Phi<String>,
    #[phi(category = Date)]
    pub born: Phi<Date>,
}

/// The columns in the order in which rows are inserted.
pub const COLUMNS: &str = "id, family, given, ssn, born, family_prefix, family_sound, ssn_index, \
     born_family";

/// All people as rows, as they were sealed under the first keys.
pub fn sealed() -> &'static [PatientRow] {
    static SEALED: OnceLock<Vec<PatientRow>> = OnceLock::new();
    SEALED.get_or_init(|| {
        let session = session(&keyring());
        let patients = everybody().iter().map(patient);
        let mut rows = Vec::with_capacity(POPULATION);
        let sealed = session.seal_all(patients).page(1024).threads(2);
        sealed.for_each(|row| rows.push(row.unwrap()));
        rows
    })
}

fn patient(person: &Person) -> Patient {
    Patient {
        id: person.id,
        family: Phi::new(person.family.clone()),
        given: Phi::new(person.given.clone()),
        ssn: Phi::new(person.ssn.clone()),
        born: Phi::new(Date::from_days(person.born).unwrap()),
    }
}

pub fn keyring() -> std::sync::Arc<Keyring> {
    let keyring = Keyring::from_key(import_data_key([1; 32], KeyScope::default()));
    keyring.add(index_key(2)).unwrap();
    std::sync::Arc::new(keyring)
}

/// Keys of bytes that are anything but random, which a test may have.
pub fn index_key(byte: u8) -> phi_seal::key::DataKey {
    import_data_key([byte; 32], KeyScope::shared(KeyUse::Index))
}

pub fn session(keyring: &std::sync::Arc<Keyring>) -> Session {
    let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
    let tenant = TenantId::new("mercy-hospital").unwrap();
    let access = Access::new(
        tenant,
        Actor::new("registrar-1").unwrap(),
        Purpose::Operations,
    );
    vault.session(access).unwrap()
}

/// What the planner says for this population. The index of SSN is wider than it would allow,
/// because a uniqueness constraint needs that.
pub fn plan() -> Plan {
    let planner = Planner::new(POPULATION as u64).unwrap();
    planner
        .plan(&entropies().each_ref().map(Vec::as_slice))
        .unwrap()
}

fn entropies() -> [Vec<Entropy>; 3] {
    let of = |counts: Vec<u64>| Entropy::from_counts(counts).unwrap();
    [
        vec![of(people::counts(&people::by_prefix()))],
        vec![of(people::counts(&people::by_sound()))],
        vec![
            of(people::counts(&people::by_birth())),
            of(people::counts(&people::by_family())),
        ],
    ]
}

#[test]
fn the_widths_are_those_that_the_planner_says() {
    let plan = plan();
    let planned: Vec<u16> = plan.indexes().iter().map(|index| index.bits()).collect();
    let declared = [
        width(Patient::FAMILY_PREFIX),
        width(Patient::FAMILY_SOUND),
        width(Patient::BORN_FAMILY),
    ];
    assert_eq!(declared[..], planned);
    assert!(plan.is_safe());

    let [prefix, sound, born_family] = &entropies();
    let ssn = [Entropy::equally_likely(POPULATION as u64).unwrap()];
    let planner = Planner::new(POPULATION as u64).unwrap();
    let with_ssn = planner.judge(&[
        (declared[0], &prefix[..]),
        (declared[1], sound),
        (declared[2], born_family),
        (width(Patient::SSN_INDEX), &ssn),
    ]);
    let with_ssn = with_ssn.unwrap();
    assert!(!with_ssn.is_safe(), "a unique index names its rows");
    assert!(with_ssn.indexes()[3].false_positives() < 1e-9);
}

fn width<I: Index>(_: I) -> u16 {
    I::INFO.width()
}

#[test]
fn a_population_is_skewed_and_the_same_in_every_run() {
    let people = everybody();
    assert_eq!((people.len(), sealed().len()), (POPULATION, POPULATION));
    assert_eq!(people::by_ssn().len(), POPULATION, "an SSN is one person's");
    assert!(people.iter().all(|person| person.ssn.starts_with('9')));
    let families = people::by_family();
    let commonest = families.values().map(Vec::len).max().unwrap();
    assert!(
        (2900..=3000).contains(&families.len()),
        "{}",
        families.len()
    );
    assert!((700..1300).contains(&commonest), "{commonest}");
    let first = &people[0];
    assert_eq!(
        (first.family.as_str(), first.given.as_str(), first.born),
        ("Drathyberg", "Margaret", -7846)
    );
}
