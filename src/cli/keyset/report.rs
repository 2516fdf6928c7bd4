//! What is told of a change.

use alloc::string::String;

use serde::Serialize;

use super::short;
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::key::{KeyInfo, Keyset};

/// What a command that changes a keyset prints with `--json`.
#[derive(Serialize)]
struct Report {
    changed: bool,
    keyset: String,
    generation: u64,
    minimum_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Key>,
}

#[derive(Serialize)]
struct Key {
    version: u32,
    id: String,
    state: &'static str,
}

/// Says what was done, and how the keyset and the key of `version` stand now.
pub(super) fn tell(
    console: &mut Console,
    keyset: &Keyset,
    done: Option<&str>,
    version: Option<u32>,
) -> Result<(), Failure> {
    let keys = keyset.keys();
    let key = version.and_then(|version| keys.iter().find(|key| key.version() == version));
    if console.json {
        return console.document(&Report {
            changed: done.is_some(),
            keyset: id_of(keyset),
            generation: keyset.generation(),
            minimum_version: keyset.minimum_version(),
            key: key.map(|key| Key {
                version: key.version(),
                id: key.id().to_hex(),
                state: key.state().code(),
            }),
        });
    }
    let (done, generation) = (done.unwrap_or("nothing changed"), keyset.generation());
    match key {
        Some(key) => console.line(format_args!(
            "{done}: {}; generation {generation}",
            name(key)
        )),
        None => console.line(format_args!("{done}; generation {generation}")),
    }
}

/// A key in a sentence.
pub(super) fn name(key: &KeyInfo) -> String {
    let (version, state) = (key.version(), key.state().code());
    alloc::format!("version {version}, {state}, key {}", short(key.id()))
}

/// A keyset's id in hexadecimal digits.
pub(super) fn id_of(keyset: &Keyset) -> String {
    let id = u128::from_be_bytes(*keyset.id());
    alloc::format!("{id:032x}")
}
