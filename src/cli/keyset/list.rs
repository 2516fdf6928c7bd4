//! `keyset list`.

use alloc::string::String;
use alloc::vec::Vec;
use std::time::SystemTime;

use serde::Serialize;

use super::{FILE, load, report, short};
use crate::cli::arguments::List;
use crate::cli::console::Console;
use crate::cli::duration;
use crate::cli::failure::{Exit, Failure, Of};
use crate::cli::services::Services;
use crate::key::{KeyInfo, KeyScope};
use crate::{SubjectId, TenantId};

#[derive(Serialize)]
struct Listed<'k> {
    keyset: String,
    generation: u64,
    minimum_version: u32,
    verified: bool,
    kms: Vec<&'k str>,
    keys: Vec<Key<'k>>,
}

#[derive(Serialize)]
struct Key<'k> {
    version: u32,
    id: String,
    state: &'static str,
    #[serde(rename = "use")]
    key_use: &'static str,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'k str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'k str>,
    created: u64,
    age_seconds: u64,
}

pub(super) async fn run(
    arguments: &List,
    services: &Services,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let file = load(&arguments.path)?;
    let keyset = file.keyset();
    if let Some(kms) = &arguments.kms {
        let kms = services.open("--kms", kms).await?;
        keyset.verify(&kms).await.of(FILE)?;
    }
    let (keys, now) = (keyset.keys(), now());
    let listed = Listed {
        keyset: report::id_of(keyset),
        generation: keyset.generation(),
        minimum_version: keyset.minimum_version(),
        verified: arguments.kms.is_some(),
        kms: keyset.references(),
        keys: keys
            .iter()
            .map(|key| describe(key, now, arguments.show_scopes))
            .collect(),
    };
    if console.json {
        console.document(&listed)?;
    } else {
        print(&listed, &keys, arguments, console)?;
    }
    Ok(Exit::Done)
}

fn describe(key: &KeyInfo, now: u64, show_scopes: bool) -> Key<'_> {
    let scope = key.scope();
    let (tenant, subject) = (scope.tenant_id(), scope.subject_id());
    Key {
        version: key.version(),
        id: key.id().to_hex(),
        state: key.state().code(),
        key_use: scope.key_use().code(),
        scope: kind_of(scope),
        tenant: tenant.filter(|_| show_scopes).map(TenantId::as_str),
        subject: subject.filter(|_| show_scopes).map(SubjectId::as_str),
        created: key.created(),
        // Nothing for a key of the future: a clock was set back.
        age_seconds: now.saturating_sub(key.created()),
    }
}

fn print(
    listed: &Listed<'_>,
    keys: &[KeyInfo],
    arguments: &List,
    console: &mut Console,
) -> Result<(), Failure> {
    let Listed {
        keyset,
        generation,
        minimum_version,
        verified,
        kms,
        ..
    } = listed;
    let verified = if *verified {
        "verified"
    } else {
        "not verified: say --kms"
    };
    console.line(format_args!(
        "keyset {keyset}, generation {generation}, {verified}"
    ))?;
    console.line(format_args!("minimum version {minimum_version}"))?;
    for reference in kms {
        console.line(format_args!("wrapped by {reference}"))?;
    }
    let head = ["VERSION", "STATE", "USE", "SCOPE", "AGE", "KEY"];
    let mut rows = Vec::from([head.map(String::from)]);
    for (shown, key) in listed.keys.iter().zip(keys) {
        rows.push([
            alloc::format!("{}", shown.version),
            state_of(shown, *minimum_version),
            shown.key_use.into(),
            scope_of(shown),
            duration::show(shown.age_seconds),
            if arguments.full_ids {
                key.id().to_hex()
            } else {
                short(key.id())
            },
        ]);
    }
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths = core::array::from_fn::<_, 6, _>(width);
    for row in &rows {
        let [version, state, key_use, scope, age, key] = row;
        let [a, b, c, d, e, _] = widths;
        console.line(format_args!(
            "{version:>a$}  {state:b$}  {key_use:c$}  {scope:d$}  {age:>e$}  {key}"
        ))?;
    }
    Ok(())
}

fn state_of(key: &Key<'_>, minimum_version: u32) -> String {
    match key.version < minimum_version && key.state != "destroyed" {
        true => [key.state, ", below minimum"].concat(),
        false => key.state.into(),
    }
}

/// The kind, and the ids if they are to be shown: they come from outside, so that what could steer a
/// terminal is escaped.
fn scope_of(key: &Key<'_>) -> String {
    let mut text = String::from(key.scope);
    for id in [key.tenant, key.subject].into_iter().flatten() {
        text.push(' ');
        text.extend(id.escape_debug());
    }
    text
}

fn kind_of(scope: &KeyScope) -> &'static str {
    match (scope.tenant_id(), scope.subject_id()) {
        (_, Some(_)) => "subject",
        (Some(_), None) => "tenant",
        (None, None) => "shared",
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
