//! The main job, from a FHIR file to a sealed database and back: `cargo run --example quickstart`.
//!
//! Twenty-five synthetic patients are read, sealed into SQLite, looked at by a thief, opened by a
//! physician, refused to a billing clerk, tampered with, audited, and carried over to a new key.
//! Everything happens in a temporary folder. Whatever goes otherwise than told ends the program
//! with an error.

mod access;
mod attacks;
mod audit_trail;
mod chart;
mod fhir;
mod intake;
mod keys;
mod patient;
mod rows;
mod search;
mod terminal;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use phi_seal::audit::{Durability, JsonLines};
use phi_seal::{Keyring, Purpose, Session, Vault};

use crate::access::{access, policy_table, role_policy};
use crate::attacks::{detect_tampering, show_what_a_thief_sees};
use crate::audit_trail::{read_audit_trail, show_audit_trail};
use crate::chart::{open_all, refuse_what_is_not_theirs};
use crate::intake::{read_records, seal_all};
use crate::keys::{create_keys, rotate_keys};
use crate::rows::Database;
use crate::terminal::Terminal;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let started = Instant::now();
    let folder = tempfile::tempdir()?;
    let files = &Files::within(folder.path());
    let terminal = &mut Terminal::new();

    let records = read_records(terminal)?;
    let mut keys = create_keys(terminal, files)?;
    let vault = build_vault(terminal, files, keys.keyring.clone())?;
    let staff = Staff::log_in(&vault)?;
    let mut database = Database::create(&files.database)?;

    seal_all(terminal, &staff.intake, &records, &mut database)?;
    show_what_a_thief_sees(terminal, files, &records, &database)?;
    open_all(terminal, &staff.physician, &database)?;
    refuse_what_is_not_theirs(terminal, &vault, &staff, &database)?;
    detect_tampering(terminal, &staff.physician, &database)?;
    show_audit_trail(terminal, files, &records)?;
    rotate_keys(terminal, &mut keys, &staff, &records, &database)?;

    let patients = records.patients.len();
    let events = read_audit_trail(&files.audit)?.len();
    let elapsed = started.elapsed().as_millis();
    terminal.summary(&format!(
        "All as it should be: {patients} patients, {events} audit events, {elapsed} ms."
    ))?;
    Ok(())
}

fn build_vault(terminal: &mut Terminal, files: &Files, keyring: Arc<Keyring>) -> Outcome<Vault> {
    terminal.step("Say who may do what, and record all they do")?;
    let policy = role_policy();
    // Synced: nothing is given out before the disk has confirmed the audit event.
    let audit = JsonLines::open(&files.audit, Durability::Synced)?;

    terminal.table(&policy_table(&policy))?;
    terminal.remark(
        "Everything else is denied. Notes on HIV, psychotherapy and addiction (42 CFR Part 2)",
    )?;
    terminal
        .remark("bear labels, and a rule that does not name the labels does not reach them.")?;
    Ok(Vault::builder(keyring, policy, audit)
        .observer("quickstart")?
        .build())
}

/// A session is one person or system, with one purpose, at one tenant. It expires.
pub(crate) struct Staff {
    intake: Session,
    physician: Session,
    clerk: Session,
}

impl Staff {
    fn log_in(vault: &Vault) -> Result<Self, phi_seal::Error> {
        Ok(Self {
            intake: vault.session(access("intake-1", "intake", Purpose::Operations)?)?,
            physician: vault.session(access("dr-osei", "physician", Purpose::Treatment)?)?,
            clerk: vault.session(access("j-marsh", "billing-clerk", Purpose::Payment)?)?,
        })
    }
}

/// Where things lie within the temporary folder.
struct Files {
    root_key: PathBuf,
    keyset: PathBuf,
    audit: PathBuf,
    database: PathBuf,
}

impl Files {
    fn within(folder: &Path) -> Self {
        Self {
            root_key: folder.join("root.key"),
            keyset: folder.join("keys.json"),
            audit: folder.join("audit.jsonl"),
            database: folder.join("patients.db"),
        }
    }
}

/// The error of what must fail.
fn refusal<T>(result: Result<T, phi_seal::Error>) -> Outcome<phi_seal::Error> {
    result
        .err()
        .ok_or("something came out that should have been refused".into())
}

fn ensure(condition: bool, otherwise: &str) -> Outcome<()> {
    if condition {
        Ok(())
    } else {
        Err(otherwise.into())
    }
}
