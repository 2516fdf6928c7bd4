//! One exact SSN among 100,000 rows in SQLite: by the blind index, and by a column in clear.

use std::hint::black_box;
use std::rc::Rc;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::index::IndexValue;
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, Sealed, Session, TenantId, Vault};
use rusqlite::{Connection, Row, ToSql};

use crate::cases::Case;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: i64,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Ssn, index(digits))]
    ssn: Phi<String>,
}

const ROWS: i64 = 100_000;

/// The first is what the search is compared with: the same row found in clear, and opened.
pub(crate) fn cases() -> Vec<Case> {
    let ward = Rc::new(Ward::open());
    vec![
        case(&ward, "query in clear, and opening (R)", |ward, ssn| {
            let row = ward.find("plain", &ssn);
            ward.session.open(&row).unwrap().id
        }),
        case(&ward, "query in clear alone", |ward, ssn| {
            ward.find("plain", &ssn).id
        }),
        case(&ward, "search: terms, query, opening", |ward, ssn| {
            let ssn = Phi::new(ssn);
            let search = ward.session.search(Patient::SSN_INDEX, &ssn).unwrap();
            let row = ward.find("ssn_index", &search.values()[0].as_bytes());
            let found = search.open([&row]).unwrap();
            found.into_iter().next().unwrap().unwrap().id
        }),
    ]
}

struct Ward {
    session: Session,
    table: Connection,
}

impl Ward {
    fn open() -> Self {
        let keyring = Keyring::generate().unwrap();
        let index_key = DataKey::generate(KeyScope::shared(KeyUse::Index)).unwrap();
        keyring.add(index_key).unwrap();
        let vault = Vault::builder(keyring, PermitAll, DiscardAudit).build();
        let tenant = TenantId::new("mercy-hospital").unwrap();
        let actor = Actor::new("clinician-17").unwrap();
        let access = Access::new(tenant, actor, Purpose::Treatment);
        let session = vault.session(access).unwrap();

        let mut table = Connection::open_in_memory().unwrap();
        let create = "CREATE TABLE patient \
                (id INTEGER PRIMARY KEY, name BLOB, ssn BLOB, ssn_index BLOB, plain TEXT); \
             CREATE INDEX by_index ON patient (ssn_index); \
             CREATE INDEX by_plain ON patient (plain);";
        table.execute_batch(create).unwrap();
        let transaction = table.transaction().unwrap();
        let patients = (0..ROWS).map(|id| Patient {
            id,
            name: Phi::new(format!("Patient {id}")),
            ssn: Phi::new(ssn(id)),
        });
        for row in session.seal_all(patients) {
            let row = row.unwrap();
            let index = row.ssn_index.unwrap();
            let insert = "INSERT INTO patient VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare_cached(insert).unwrap();
            let (name, sealed) = (row.name.as_bytes(), row.ssn.as_bytes());
            insert
                .execute((row.id, name, sealed, index.as_bytes(), ssn(row.id)))
                .unwrap();
        }
        transaction.commit().unwrap();
        Self { session, table }
    }

    /// The only row with this value in this column.
    fn find(&self, column: &str, value: &dyn ToSql) -> PatientRow {
        let select = format!("SELECT id, name, ssn, ssn_index FROM patient WHERE {column} = ?1");
        let mut select = self.table.prepare_cached(&select).unwrap();
        select.query_one([value], |row| Ok(read(row))).unwrap()
    }
}

fn read(row: &Row<'_>) -> PatientRow {
    let sealed = |at| Sealed::from_bytes(row.get::<_, Vec<u8>>(at).unwrap()).unwrap();
    let index = row.get_ref(3).unwrap().as_blob().unwrap();
    PatientRow {
        id: row.get(0).unwrap(),
        name: sealed(1),
        ssn: sealed(2),
        ssn_index: Some(IndexValue::from_bytes(index).unwrap()),
    }
}

fn ssn(id: i64) -> String {
    format!("9{:08}", id * 61_803_399 % 100_000_000)
}

/// Each run asks for another row.
fn case(ward: &Rc<Ward>, name: &'static str, find: fn(&Ward, String) -> i64) -> Case {
    let (ward, next) = (ward.clone(), std::cell::Cell::new(0));
    Case {
        name,
        is_slow: false,
        run: Box::new(move || {
            let id = (next.get() + 7919) % ROWS;
            next.set(id);
            assert_eq!(black_box(find(&ward, ssn(id))), id);
        }),
    }
}
