//! Sealed columns in PostgreSQL, by sqlx, searched by an index:
//! `cargo run -p phi-seal-databases --example postgres`.
//!
//! Starts a server of its own, on a socket in a temporary folder, and removes it at the end. With
//! `DATABASE_URL` it uses that database, in temporary tables. The patients are made up.

#[path = "../clinic/mod.rs"]
mod clinic;
mod server;
#[path = "../quickstart/terminal.rs"]
mod terminal;

use std::error::Error;

use phi_seal::{Phi, PhiRecord, Session, inspect};
use sqlx::{Connection, Executor, PgConnection, query, query_as};

use crate::clinic::{PEOPLE, session};
use crate::server::Server;
use crate::terminal::{Terminal, cut};

type Outcome<T> = Result<T, Box<dyn Error>>;
type Db = PgConnection;

/// The derive makes the sealed twin `PatientRow`, and sqlx reads it by its columns' names.
#[derive(Debug, PhiRecord)]
#[phi(record = "patient", row_derive(sqlx::FromRow))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Ssn, index(digits, unique))]
    ssn: Phi<String>,
    #[phi(category = Clinical)]
    note: Option<Phi<String>>,
}

/// `id` is in clear. A sealed column is `BYTEA`; what may be missing may be NULL. The index of 128
/// bits finds an SSN and keeps a second patient from having it.
const TABLE: &str = "CREATE TEMPORARY TABLE patient (
    id   TEXT PRIMARY KEY,
    name BYTEA NOT NULL,
    ssn  BYTEA NOT NULL,
    note BYTEA,
    ssn_index BYTEA UNIQUE
)";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let terminal = &mut Terminal::new();
    let (server, url) = database(terminal)?;
    let mut db = PgConnection::connect(&url).await?;
    db.execute(TABLE).await?;
    let session = session()?;

    seal_all(terminal, &session, &mut db).await?;
    show_what_a_thief_sees(terminal, &mut db).await?;
    open_all(terminal, &session, &mut db).await?;
    search(terminal, &session, &mut db).await?;
    detect_tampering(terminal, &session, &mut db).await?;

    db.close().await?;
    drop(server);
    terminal.summary("All as it should be.")?;
    Ok(())
}

fn database(terminal: &mut Terminal) -> Outcome<(Option<Server>, String)> {
    terminal.step("Connect to PostgreSQL")?;
    if let Ok(url) = std::env::var("DATABASE_URL") {
        terminal.line("database", "the one of DATABASE_URL")?;
        return Ok((None, url));
    }
    let server = Server::start()?;
    server.create_database("clinic")?;
    let url = server.url("clinic");
    terminal.line(
        "server",
        format!("our own, in {}", server.folder().display()),
    )?;
    Ok((Some(server), url))
}

async fn seal_all(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Seal each patient as one recorded action, and insert the row")?;
    let mut transaction = db.begin().await?;
    for person in PEOPLE {
        let row = session.seal(&Patient {
            id: person.id.into(),
            name: Phi::new(person.name.into()),
            ssn: Phi::new(person.ssn.into()),
            note: person.note.map(|note| Phi::new(note.into())),
        })?;
        query("INSERT INTO patient VALUES ($1, $2, $3, $4, $5)")
            .bind(row.id)
            .bind(row.name)
            .bind(row.ssn)
            .bind(row.note)
            .bind(row.ssn_index)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    terminal.good("inserted", format!("{} patients", PEOPLE.len()))?;
    Ok(())
}

async fn show_what_a_thief_sees(terminal: &mut Terminal, db: &mut Db) -> Outcome<()> {
    terminal.step("Steal the table")?;
    let stolen = "SELECT id, ssn, encode(ssn, 'hex') FROM patient ORDER BY id LIMIT 3";
    let stolen: Vec<(String, Vec<u8>, String)> = query_as(stolen).fetch_all(db).await?;
    for (id, bytes, hex) in stolen {
        terminal.line(&format!("{id}  ssn"), cut(&hex, 60))?;
        let about = inspect(&bytes)?;
        let content = format!("{:?} of {} bytes", about.content, about.content_len);
        terminal.line(
            "",
            format!("{} bytes: {content}, by their header", bytes.len()),
        )?;
    }
    terminal.remark("Who has the rows sees lengths, types, NULLs and plain columns; no value.")?;
    Ok(())
}

async fn open_all(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Read the rows, and open them")?;
    let rows: Vec<PatientRow> = query_as("SELECT * FROM patient ORDER BY id")
        .fetch_all(db)
        .await?;
    terminal.line("in a log", format!("{:?}", rows[0]))?;
    let mut table = vec![["id", "name", "ssn", "note"].map(String::from).to_vec()];
    for row in &rows {
        let Patient {
            id,
            name,
            ssn,
            note,
        } = session.open(row)?;
        let note = note.map_or("–".into(), |note| note.expose().clone());
        table.push(vec![id, name.expose().clone(), ssn.expose().clone(), note]);
    }
    terminal.table(&table)?;
    Ok(())
}

async fn search(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Search by SSN, as one recorded action that never names the term")?;
    let asked = Phi::new("951 22 9073".to_string());
    let search = session.search(Patient::SSN_INDEX, &asked)?;
    let rows: Vec<PatientRow> = query_as("SELECT * FROM patient WHERE ssn_index = ANY($1)")
        .bind(search.values())
        .fetch_all(&mut *db)
        .await?;
    let column = rows[0].ssn_index.ok_or("no index value")?;
    terminal.line("the database sees", column.to_text())?;
    for patient in search.open(&rows)? {
        let Patient { id, name, .. } = patient?;
        terminal.good("found", format!("{id}, {}", name.expose()))?;
    }

    let second = Patient {
        id: "p-6".into(),
        name: Phi::new("Somebody Else".into()),
        ssn: asked,
        note: None,
    };
    let row = session.seal(&second)?;
    let refused = query("INSERT INTO patient VALUES ($1, $2, $3, NULL, $4)")
        .bind(row.id)
        .bind(row.name)
        .bind(row.ssn)
        .bind(row.ssn_index)
        .execute(db)
        .await
        .err()
        .ok_or("two patients have one SSN")?;
    // The database's own sentence would quote the index value.
    let refused = refused.as_database_error().ok_or("another error")?;
    let constraint = refused.constraint().ok_or("another constraint")?;
    terminal.refused("the same SSN", format!("violates {constraint}"))?;
    Ok(())
}

async fn detect_tampering(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Tamper with the table")?;
    let select = "SELECT * FROM patient WHERE id = 'p-1'";
    query("UPDATE patient SET ssn = (SELECT ssn FROM patient WHERE id = 'p-2') WHERE id = 'p-1'")
        .execute(&mut *db)
        .await?;
    let row: PatientRow = query_as(select).fetch_one(&mut *db).await?;
    let error = session.open(&row).err().ok_or("a swapped cell opened")?;
    terminal.refused("another's SSN", error)?;

    query("UPDATE patient SET ssn = 'Ada Lovelace' WHERE id = 'p-1'")
        .execute(&mut *db)
        .await?;
    let row: Result<PatientRow, _> = query_as(select).fetch_one(db).await;
    terminal.refused("plaintext", row.err().ok_or("plaintext was read")?)?;
    Ok(())
}
