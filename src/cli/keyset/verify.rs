//! `keyset verify`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::{FILE, load, open, report, short};
use crate::cli::arguments::Verify;
use crate::cli::census;
use crate::cli::console::Console;
use crate::cli::failure::{self, Exit, Failure, Of};
use crate::cli::services::Services;
use crate::key::{KeyState, Keyset, Kms};
use crate::rotate::{Census, CensusReport, Holding};

pub(super) async fn run(
    arguments: &Verify,
    services: &Services,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let file = load(&arguments.keyset.path)?;
    let keyset = file.keyset();
    let counted = census::read(&arguments.census)?;
    let kms = open(services, &arguments.keyset.kms).await?;
    keyset.verify(&kms).await.of(FILE)?;
    refuse_another(keyset, arguments)?;
    match counted {
        Some(census) => prove(keyset, &kms, &census, console).await,
        None => unwrap_all(keyset, &kms, console).await,
    }
}

/// After the keyset was verified, so that id and generation are what they say.
fn refuse_another(keyset: &Keyset, arguments: &Verify) -> Result<(), Failure> {
    let found = |kind, message: &'static str| {
        Err(Failure {
            exit: Exit::Failed,
            kind,
            message: message.into(),
        })
    };
    if arguments
        .is
        .as_ref()
        .is_some_and(|id| *id != report::id_of(keyset))
    {
        return found("another-keyset", "keyset: it is another one than --is says");
    }
    if arguments
        .at_least_generation
        .is_some_and(|least| keyset.generation() < least)
    {
        return found(
            "older-generation",
            "keyset: an older generation of it was put back",
        );
    }
    Ok(())
}

#[derive(Serialize)]
struct Unwrapped {
    keyset: String,
    generation: u64,
    minimum_version: u32,
    unwrapped: usize,
    destroyed: usize,
}

async fn unwrap_all(
    keyset: &Keyset,
    kms: &dyn Kms,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let keys = keyset.unlock(kms).await.of(FILE)?.keys();
    let is_destroyed = |state| state == KeyState::Destroyed;
    let destroyed = keys.iter().filter(|key| is_destroyed(key.state())).count();
    let unwrapped = keys.len() - destroyed;
    let (id, generation) = (report::id_of(keyset), keyset.generation());
    if console.json {
        console.document(&Unwrapped {
            keyset: id,
            generation,
            minimum_version: keyset.minimum_version(),
            unwrapped,
            destroyed,
        })?;
    } else {
        console.line(format_args!(
            "keyset {id}, generation {generation}: {unwrapped} keys unwrap, {destroyed} are destroyed"
        ))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Proved {
    keyset: String,
    generation: u64,
    minimum_version: u32,
    holds_all: bool,
    opens_all: bool,
    keys: Vec<Key>,
    index_versions: Vec<IndexVersion>,
}

#[derive(Serialize)]
struct Key {
    id: String,
    rows: u64,
    values: u64,
    #[serde(flatten)]
    held: Held,
}

#[derive(Serialize)]
struct IndexVersion {
    index_version: String,
    rows: u64,
    #[serde(flatten)]
    held: Held,
}

#[derive(Serialize)]
struct Held {
    holding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

async fn prove(
    keyset: &Keyset,
    kms: &dyn Kms,
    census: &Census,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let report = keyset.verify_census(kms, census).await.of(FILE)?;
    if console.json {
        console.document(&Proved::of(keyset, &report))?;
    } else {
        print(&report, console)?;
    }
    let mut reasons = holdings(&report).filter_map(|holding| match holding {
        Holding::Unreadable(kind) => Some(failure::exit_of(kind)),
        _ => None,
    });
    Ok(match report.holds_all() {
        true => Exit::Done,
        false if reasons.any(|exit| exit == Exit::Kms) => Exit::Kms,
        false => Exit::Failed,
    })
}

impl Proved {
    fn of(keyset: &Keyset, found: &CensusReport) -> Self {
        let keys = found.keys().iter().map(|key| Key {
            id: key.id.to_hex(),
            rows: key.usage.rows,
            values: key.usage.values,
            held: Held::of(key.holding, key.version),
        });
        let versions = found.index_versions().iter().map(|it| IndexVersion {
            index_version: alloc::format!("{}", it.index_version),
            rows: it.rows,
            held: Held::of(it.holding, it.version),
        });
        Self {
            keyset: report::id_of(keyset),
            generation: keyset.generation(),
            minimum_version: keyset.minimum_version(),
            holds_all: found.holds_all(),
            opens_all: found.opens_all(),
            keys: keys.collect(),
            index_versions: versions.collect(),
        }
    }
}

impl Held {
    fn of(holding: Holding, version: Option<u32>) -> Self {
        Self {
            holding: holding.code(),
            version,
            reason: match holding {
                Holding::Unreadable(kind) => Some(failure::code(kind)),
                _ => None,
            },
        }
    }
}

fn print(report: &CensusReport, console: &mut Console) -> Result<(), Failure> {
    let mut line = |name: &str, count: u64, what: &str, holding, version| {
        let Held {
            holding,
            version,
            reason,
        } = Held::of(holding, version);
        let version = version.map_or_else(String::new, |it| alloc::format!(", version {it}"));
        let reason = reason.map_or_else(String::new, |it| alloc::format!(" ({it})"));
        console.line(format_args!(
            "{holding}{reason}: {name}{version}, {count} {what}"
        ))
    };
    for key in report.keys() {
        let name = ["key ", &short(&key.id)].concat();
        line(&name, key.usage.values, "values", key.holding, key.version)?;
    }
    for it in report.index_versions() {
        let name = alloc::format!("index version {}", it.index_version);
        line(&name, it.rows, "rows", it.holding, it.version)?;
    }
    let verdict = match (
        report.keys().is_empty(),
        report.holds_all(),
        report.opens_all(),
    ) {
        (true, ..) => "the census names no key, which proves nothing",
        (_, true, true) => "every key of the census is there and opens",
        (_, true, false) => "every key of the census is there; not all open as the keyset stands",
        (_, false, _) => "keys of the census are NOT there",
    };
    console.line(format_args!("{verdict}"))
}

fn holdings(report: &CensusReport) -> impl Iterator<Item = Holding> {
    let keys = report.keys().iter().map(|key| key.holding);
    keys.chain(report.index_versions().iter().map(|it| it.holding))
}
