//! Data keys in a file, wrapped by a root key.

use std::fs;
use std::sync::Arc;

use phi_seal::Keyring;
use phi_seal::key::{KeyInfo, KeysetFile, LocalKms};
use pollster::block_on;

use crate::intake::Records;
use crate::patient::PatientRow;
use crate::rows::Database;
use crate::terminal::{Terminal, cut};
use crate::{Files, Outcome, Staff, ensure};

pub(crate) struct Keys {
    kms: LocalKms,
    file: KeysetFile,
    /// Shared with the vault, which uses new keys as soon as they are put in here.
    pub(crate) keyring: Arc<Keyring>,
}

pub(crate) fn create_keys(terminal: &mut Terminal, files: &Files) -> Outcome<Keys> {
    terminal.step("Create a data key, wrapped by a root key")?;
    // For one machine. In production a KMS or an HSM keeps the root key: whoever takes a disk with
    // the root key and the database on it has both.
    let kms = LocalKms::create_file(&files.root_key)?;
    let file = block_on(KeysetFile::create(&files.keyset, &kms))?;
    let keyring = Arc::new(block_on(file.unlock(&kms))?);

    terminal.line(
        "root.key",
        "for its owner only (0600); unwraps the data keys",
    )?;
    terminal.line(
        "keys.json",
        "wrapped data keys: no key byte is in it in clear",
    )?;
    let json = fs::read_to_string(&files.keyset)?;
    let keys = json.lines().skip_while(|line| !line.contains("\"keys\""));
    for line in keys.take_while(|line| !line.contains("\"mac\"")) {
        terminal.line("", cut(line.strip_prefix("  ").unwrap_or(line), 64))?;
    }
    let other_kms = LocalKms::generate()?;
    let error = block_on(file.unlock(&other_kms))
        .err()
        .ok_or("any root key unlocks it")?;
    terminal.refused("another root key", error)?;
    Ok(Keys { kms, file, keyring })
}

pub(crate) fn rotate_keys(
    terminal: &mut Terminal,
    keys: &mut Keys,
    staff: &Staff,
    records: &Records,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Rotate the key while everybody works on")?;
    // The new key is on the disk before anything is sealed under it.
    let new_id = block_on(keys.file.rotate_into(&keys.keyring, &keys.kms))?;
    for patient in records.patients.iter().take(3) {
        database.save(&staff.intake.seal(patient)?)?;
    }

    let rows = database.patients()?;
    for row in &rows {
        staff.physician.open(row)?;
    }
    for key in keys.keyring.keys() {
        let count = rows.iter().filter(|row| is_sealed_under(row, &key)).count();
        let expected = if *key.id() == new_id {
            3
        } else {
            rows.len() - 3
        };
        ensure(
            count == expected,
            "rows are sealed under another key than expected",
        )?;
        let (state, id) = (key.state().code(), key.id().to_hex());
        let text = format!("{}  {state:<12}  {count:>2} rows", cut(&id, 13));
        terminal.line(&format!("version {}", key.version()), text)?;
    }
    terminal.good(
        "opened",
        format!("all {} patients, in sessions from before", rows.len()),
    )?;
    Ok(())
}

/// The note tells, because it is never NULL.
fn is_sealed_under(row: &PatientRow, key: &KeyInfo) -> bool {
    row.note
        .as_ref()
        .is_some_and(|note| note.key_id() == *key.id())
}
