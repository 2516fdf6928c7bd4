//! What changes a keyset and can be changed back.

use alloc::string::String;
use core::time::Duration;
use std::path::Path;

use super::{FILE, load, open, report};
use crate::TenantId;
use crate::cli::arguments::{KeysetCommand, KmsArgument, NamedScope, OneKey, Rotate};
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure, Of};
use crate::cli::services::Services;
use crate::key::{DataKey, KeyErrorKind, KeyScope, KeyState, KeysetFile, Kms};

pub(super) async fn new(
    path: &Path,
    kms: &KmsArgument,
    services: &Services,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let kms = open(services, kms).await?;
    let file = KeysetFile::create(path, &kms).await.of(FILE)?;
    report::tell(console, file.keyset(), Some("made a keyset"), Some(1))?;
    Ok(Exit::Done)
}

/// Every other command that changes one.
pub(super) async fn run(
    command: KeysetCommand,
    services: &Services,
    console: &mut Console,
) -> Result<Exit, Failure> {
    match command {
        KeysetCommand::Add { keyset, scope } => {
            let mut file = load(&keyset.path)?;
            let kms = open(services, &keyset.kms).await?;
            let version = add(&mut file, &scope, &kms).await?;
            report::tell(console, file.keyset(), Some("added"), Some(version))?;
        }
        KeysetCommand::Rotate(arguments) => rotate(&arguments, services, console).await?,
        KeysetCommand::Rewrap { path, from, to } => {
            let mut file = load(&path)?;
            let from = services.open("--from", &from).await?;
            let to = services.open("--to", &to).await?;
            file.rewrap(&from, &to).await.of(FILE)?;
            report::tell(console, file.keyset(), Some("wrapped every key anew"), None)?;
        }
        KeysetCommand::Activate(key) => {
            let (mut file, kms) = (load(&key.path)?, open(services, &key.kms).await?);
            file.activate(key.version, &kms).await.of(FILE)?;
            done(console, &file, "activated", &key)?;
        }
        KeysetCommand::Disable(key) => {
            let (mut file, kms) = (load(&key.path)?, open(services, &key.kms).await?);
            file.disable(key.version, &kms).await.of(FILE)?;
            done(console, &file, "disabled", &key)?;
        }
        KeysetCommand::Enable(key) => {
            let (mut file, kms) = (load(&key.path)?, open(services, &key.kms).await?);
            file.enable(key.version, &kms).await.of(FILE)?;
            done(console, &file, "enabled", &key)?;
        }
        KeysetCommand::SetMinimumVersion(key) => {
            let (mut file, kms) = (load(&key.path)?, open(services, &key.kms).await?);
            file.set_minimum_version(key.version, &kms).await.of(FILE)?;
            let text = alloc::format!("keys below version {} are refused", key.version);
            report::tell(console, file.keyset(), Some(&text), None)?;
        }
        // `super::run` keeps these.
        KeysetCommand::New { .. }
        | KeysetCommand::List(_)
        | KeysetCommand::Destroy(_)
        | KeysetCommand::Verify(_) => {}
    }
    Ok(Exit::Done)
}

fn done(console: &mut Console, file: &KeysetFile, text: &str, key: &OneKey) -> Result<(), Failure> {
    report::tell(console, file.keyset(), Some(text), Some(key.version))
}

async fn add(file: &mut KeysetFile, scope: &NamedScope, kms: &dyn Kms) -> Result<u32, Failure> {
    let scope = named(scope)?;
    if file.keyset().keys().iter().any(|key| *key.scope() == scope) {
        return Err(Failure::refused("this scope has a key already; rotate it"));
    }
    let key = DataKey::generate(scope).of(FILE)?;
    file.add(&key, kms).await.of(FILE)
}

async fn rotate(
    arguments: &Rotate,
    services: &Services,
    console: &mut Console,
) -> Result<(), Failure> {
    let mut file = load(&arguments.keyset.path)?;
    let scope = match arguments.scope_of {
        Some(version) => scope_of(&file, version)?,
        None => named(&arguments.scope)?,
    };
    let kms = open(services, &arguments.keyset.kms).await?;
    let done = if arguments.prepare {
        let key = DataKey::generate(scope.clone()).of(FILE)?;
        file.add_decrypt_only(&key, &kms).await.of(FILE)?;
        let version = file.keyset().keys().last().map(|key| key.version());
        return report::tell(console, file.keyset(), Some("prepared"), version);
    } else if let Some(age) = arguments.if_older_than {
        rotate_if_due(&mut file, &scope, age, &kms).await?
    } else {
        file.rotate_scope(&scope, &kms).await.of(FILE)?;
        Some("rotated")
    };
    let keys = file.keyset().keys();
    let active = keys
        .iter()
        .find(|key| key.state() == KeyState::Active && *key.scope() == scope);
    let version = active.map(|key| key.version());
    report::tell(console, file.keyset(), done, version)
}

/// When somebody else changed the file meanwhile, looks again: if they rotated, nothing is due.
async fn rotate_if_due(
    file: &mut KeysetFile,
    scope: &KeyScope,
    age: Duration,
    kms: &dyn Kms,
) -> Result<Option<&'static str>, Failure> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match file.rotate_scope_if_older_than(scope, age, kms).await {
            Err(error) if error.kind() == KeyErrorKind::Conflict && attempts < 8 => {
                file.reload().of(FILE)?;
            }
            rotated => return Ok(rotated.of(FILE)?.map(|_| "rotated")),
        }
    }
}

fn named(scope: &NamedScope) -> Result<KeyScope, Failure> {
    let key_use = scope.key_use.into();
    Ok(match &scope.tenant {
        Some(tenant) => KeyScope::tenant(tenant_of(tenant)?, key_use),
        None => KeyScope::shared(key_use),
    })
}

fn tenant_of(id: &str) -> Result<TenantId<'static>, Failure> {
    TenantId::new(String::from(id))
        .map_err(|_| Failure::of_arguments("--tenant: an id has 1 to 1024 bytes"))
}

fn scope_of(file: &KeysetFile, version: u32) -> Result<KeyScope, Failure> {
    let keys = file.keyset().keys();
    let key = keys.iter().find(|key| key.version() == version);
    key.map(|key| key.scope().clone())
        .ok_or(super::no_such_version())
}
