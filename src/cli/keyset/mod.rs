//! `keyset` and `root-key`.

mod change;
mod destroy;
mod list;
mod report;
mod verify;

use alloc::string::String;
use alloc::sync::Arc;
use std::path::Path;

use super::arguments::{KeysetCommand, KmsArgument};
use super::console::Console;
use super::failure::{Exit, Failure, Of};
use super::services::Services;
use crate::KeyId;
use crate::key::{KeysetFile, Kms, LocalKms};

pub(super) async fn run(
    command: KeysetCommand,
    services: &Services,
    console: &mut Console,
) -> Result<Exit, Failure> {
    match command {
        KeysetCommand::New { path, kms } => change::new(&path, &kms, services, console).await,
        KeysetCommand::List(arguments) => list::run(&arguments, services, console).await,
        KeysetCommand::Verify(arguments) => verify::run(&arguments, services, console).await,
        KeysetCommand::Destroy(arguments) => destroy::run(&arguments, services, console).await,
        other => change::run(other, services, console).await,
    }
}

pub(super) fn make_root_key(path: &Path, console: &mut Console) -> Result<Exit, Failure> {
    let made = LocalKms::create_file(path).of("root key")?;
    let reference = made.reference();
    if console.json {
        console.document(&serde_json::json!({ "reference": reference }))?;
    } else {
        console.line(format_args!("made the root key {reference}"))?;
        console.line(format_args!(
            "who loses it loses the data: keep a copy elsewhere"
        ))?;
    }
    Ok(Exit::Done)
}

/// As much of a key id as tells it from others.
pub(super) fn short(id: &KeyId) -> String {
    let mut hex = id.to_hex();
    hex.truncate(SHORT);
    hex
}

const SHORT: usize = 12;

fn load(path: &Path) -> Result<KeysetFile, Failure> {
    KeysetFile::load(path).of(FILE)
}

async fn open(services: &Services, kms: &KmsArgument) -> Result<Arc<dyn Kms>, Failure> {
    services.open("--kms", &kms.kms).await
}

/// What an error of the file, or of a key in it, begins with.
const FILE: &str = "keyset";

fn no_such_version() -> Failure {
    Failure {
        exit: Exit::Failed,
        kind: "not-found",
        message: "keyset: there is no key of this version".into(),
    }
}
