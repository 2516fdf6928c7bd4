//! Searching words in SQLite, where a set of index values is one `BLOB`: by `instr`, as
//! `docs/databases.md` has it.

use std::sync::Arc;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::index::IndexValue;
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, Session, TenantId, Vault};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection, query, query_as, query_scalar};

/// Index values of 8 bytes.
#[derive(Debug, PhiRecord)]
#[phi(record = "patient", row_derive(sqlx::FromRow))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(name = "name_words", tokens, bits = 32))]
    name: Phi<String>,
}

const NAMES: [(&str, &str); 5] = [
    ("p-1", "Anna-Maria O'Neil"),
    ("p-2", "Maria Curie-Skłodowska"),
    ("p-3", "Zofia Żak"),
    ("p-4", "Zofia Maria Anna Żak"),
    ("p-5", "–"), // no word, an empty set
];

struct Ward {
    keyring: Arc<Keyring>,
    session: Session,
    db: SqliteConnection,
}

impl Ward {
    async fn new() -> Self {
        let keyring = Arc::new(Keyring::generate().unwrap());
        keyring.add(DataKey::generate(INDEX).unwrap()).unwrap();
        let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
        let (tenant, actor) = (TenantId::new("mercy"), Actor::new("clinician-17"));
        let access = Access::new(tenant.unwrap(), actor.unwrap(), Purpose::Treatment);
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let create = "CREATE TABLE patient (id TEXT PRIMARY KEY, name BLOB NOT NULL, \
             name_words BLOB NOT NULL)";
        db.execute(create).await.unwrap();
        Self {
            keyring,
            session: vault.session(access).unwrap(),
            db,
        }
    }

    async fn insert(&mut self, patients: &[(&str, &str)]) {
        for (id, name) in patients {
            let (id, name) = (id.to_string(), Phi::new(name.to_string()));
            let row = self.session.seal(&Patient { id, name }).unwrap();
            let insert = query("INSERT INTO patient (id, name, name_words) VALUES (?1, ?2, ?3)");
            let insert = insert.bind(row.id).bind(row.name).bind(row.name_words);
            insert.execute(&mut self.db).await.unwrap();
        }
    }

    /// The ids of the rows that the database finds, and of those that the search lets out.
    async fn find(&mut self, name: &str) -> (Vec<String>, Vec<String>) {
        let terms = Phi::new(name.to_string());
        let search = self.session.search(Patient::NAME_WORDS, &terms).unwrap();
        let condition: Vec<_> = (1..=search.values().len())
            .map(|at| format!("instr(name_words, ?{at}) > 0"))
            .collect();
        let condition = condition.join(" OR ");
        let select =
            format!("SELECT id, name, name_words FROM patient WHERE {condition} ORDER BY id");
        let mut select = query_as(AssertSqlSafe(select));
        for value in search.values() {
            select = select.bind(*value);
        }
        let rows: Vec<PatientRow> = select.fetch_all(&mut self.db).await.unwrap();
        let found = search.open(&rows).unwrap();
        (
            rows.into_iter().map(|row| row.id).collect(),
            found.into_iter().map(|one| one.unwrap().id).collect(),
        )
    }

    /// The value that the word is looked up by; there is one key.
    fn value(&self, word: &str) -> Vec<u8> {
        let terms = Phi::new(word.to_string());
        let search = self.session.search(Patient::NAME_WORDS, &terms).unwrap();
        let [value] = search.values() else {
            panic!("{} index keys", search.values().len());
        };
        value.as_bytes().to_vec()
    }

    async fn plant(&mut self, id: &str, words: Vec<u8>) {
        assert_eq!(words.len() % LEN, 0);
        let update = query("UPDATE patient SET name_words = ?2 WHERE id = ?1");
        let update = update.bind(id.to_string()).bind(words);
        update.execute(&mut self.db).await.unwrap();
    }
}

const INDEX: KeyScope = KeyScope::shared(KeyUse::Index);
const LEN: usize = IndexValue::<PatientNameWords>::LEN;

#[tokio::test]
async fn words_are_found_wherever_they_stand_in_the_set() {
    let mut ward = Ward::new().await;
    ward.insert(&NAMES).await;
    for (name, expected) in [
        ("maria", &["p-1", "p-2", "p-4"][..]),
        ("ANNA", &["p-1", "p-4"]),
        ("żak", &["p-3", "p-4"]),
        ("ONeil", &["p-1"]),
        ("curie", &["p-2"]),
        ("Skłodowska", &["p-2"]),
        ("nobody", &[]),
    ] {
        let (candidates, found) = ward.find(name).await;
        assert_eq!(found, expected, "{name}");
        assert_eq!(candidates, expected, "{name}: all its words are looked up");
    }
}

#[tokio::test]
async fn several_words_are_asked_for_by_the_longest_and_compared_by_all() {
    let mut ward = Ward::new().await;
    ward.insert(&NAMES).await;
    for (name, looked_up, expected) in [
        (
            "Anna Maria",
            &["p-1", "p-2", "p-4"][..],
            &["p-1", "p-4"][..],
        ),
        ("żak maria", &["p-1", "p-2", "p-4"], &["p-4"]),
        ("Skłodowska Maria", &["p-2"], &["p-2"]),
        ("o'neil żak", &["p-1"], &[]),
    ] {
        let (candidates, found) = ward.find(name).await;
        assert_eq!(found, expected, "{name}");
        assert_eq!(candidates, looked_up, "{name}");
    }
}

#[tokio::test]
async fn rows_of_two_index_keys_are_found_by_a_value_each() {
    let mut ward = Ward::new().await;
    let (before, after) = NAMES.split_at(2);
    ward.insert(before).await;
    ward.keyring.rotate_scope(&INDEX).unwrap();
    ward.insert(after).await;
    let (candidates, found) = ward.find("maria").await;
    assert_eq!(found, ["p-1", "p-2", "p-4"]);
    assert_eq!(candidates, found);
}

#[tokio::test]
async fn what_is_found_across_two_values_is_dropped_and_hides_nothing() {
    let mut ward = Ward::new().await;
    ward.insert(&NAMES).await;
    let value = ward.value("maria");
    assert_eq!(value.len(), LEN);
    let across = [&[0xee; 3], &value[..], &[0xee; LEN - 3]].concat();

    // A row without the word.
    ward.plant("p-3", across.clone()).await;
    let (candidates, found) = ward.find("maria").await;
    assert_eq!(candidates, ["p-1", "p-2", "p-3", "p-4"]);
    assert_eq!(found, ["p-1", "p-2", "p-4"]);

    // A row with it, behind. `instr` gives the first place only: whoever asked it for the place of
    // a value would miss this row.
    ward.plant("p-2", [across, value.clone()].concat()).await;
    let (_, found) = ward.find("maria").await;
    assert_eq!(found, ["p-1", "p-2", "p-4"]);
    let at_a_value = "SELECT id FROM patient WHERE instr(name_words, ?1) % ?2 = 1 ORDER BY id";
    let at_a_value = query_scalar::<_, String>(at_a_value)
        .bind(value)
        .bind(i64::try_from(LEN).unwrap());
    let missed = at_a_value.fetch_all(&mut ward.db).await.unwrap();
    assert_eq!(missed, ["p-1", "p-4"]);
}
