//! What somebody does who has the database, to read or to write.

use std::fs;

use phi_seal::{Sealed, Session, inspect};

use crate::intake::Records;
use crate::rows::Database;
use crate::search::{contains, known_plaintexts};
use crate::terminal::{Terminal, cut};
use crate::{Files, Outcome, ensure, refusal};

pub(crate) fn show_what_a_thief_sees(
    terminal: &mut Terminal,
    files: &Files,
    records: &Records,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Steal the database file")?;
    let row = database.patient("p-001")?;
    let ssn = row.ssn.as_ref().ok_or("no SSN")?;
    let gender = row.gender.as_ref().ok_or("no gender")?;
    terminal.line("p-001  ssn", ssn.to_text())?;
    terminal.line("", about(ssn)?)?;
    terminal.line("p-001  gender", gender.to_text())?;
    terminal.line("", about(gender)?)?;

    let loot = fs::read(&files.database)?;
    let known = known_plaintexts(&records.patients);
    ensure(
        contains(&loot, "p-001"),
        "the search does not even find an id in clear",
    )?;
    ensure(
        !known.iter().any(|text| contains(&loot, text)),
        "a plaintext is in the database",
    )?;
    terminal.good(
        "searched",
        format!(
            "{} names, SSNs and MRNs in {} bytes: none found",
            known.len(),
            loot.len()
        ),
    )?;
    terminal.remark(
        "Not hidden: ids, what is missing, the type and size of each value, and the key's id.",
    )?;
    Ok(())
}

pub(crate) fn detect_tampering(
    terminal: &mut Terminal,
    physician: &Session,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Tamper with the database")?;
    database.swap_ssns("p-001", "p-002")?;
    let row = database.patient("p-001")?;
    let error = refusal(physician.open(&row))?;
    ensure(
        error.is_integrity(),
        "the swap was refused for another reason",
    )?;
    terminal.refused("swapped SSNs", format!("{}: {error}", error.kind().code()))?;
    database.swap_ssns("p-001", "p-002")?;

    let untouched = database.patient("p-003")?;
    database.delete_note("p-003")?;
    let error = refusal(physician.open(&database.patient("p-003")?))?;
    ensure(
        error.is_integrity(),
        "the deletion was refused for another reason",
    )?;
    terminal.refused(
        "deleted allergies",
        format!("{}: {error}", error.kind().code()),
    )?;
    database.save(&untouched)?;

    for id in ["p-001", "p-002", "p-003"] {
        physician.open(&database.patient(id)?)?;
    }
    terminal.good("put right", "p-001, p-002 and p-003 open again")?;
    Ok(())
}

/// What anybody reads off an envelope without a key.
fn about<T>(sealed: &Sealed<T>) -> Result<String, phi_seal::Error> {
    let about = inspect(sealed.as_bytes())?;
    let padding = if about.padded { "padded to" } else { "of" };
    let (content, content_len) = (about.content, about.content_len);
    let key = about.key_id.to_hex();
    Ok(format!(
        "{content:?} {padding} {content_len} bytes under key {}",
        cut(&key, 13)
    ))
}
