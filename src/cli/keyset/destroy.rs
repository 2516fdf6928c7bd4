//! `keyset destroy`: the one command that cannot be undone.

use super::{FILE, load, no_such_version, open, report};
use crate::cli::arguments::Destroy;
use crate::cli::census;
use crate::cli::confirm::confirm;
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure, Of};
use crate::cli::services::Services;
use crate::key::{KeyInfo, KeyState};
use crate::rotate::Census;

pub(super) async fn run(
    arguments: &Destroy,
    services: &Services,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let version = arguments.key.version;
    let mut file = load(&arguments.key.path)?;
    let keys = file.keyset().keys();
    let key = keys.iter().find(|key| key.version() == version);
    let key = key.ok_or(no_such_version())?;
    match key.state() {
        KeyState::Active => return Err(Failure::refused("this key is active; rotate first")),
        KeyState::Destroyed => return Err(Failure::refused("this key is destroyed already")),
        KeyState::DecryptOnly | KeyState::Disabled => {}
    }
    let counted = census::read(&arguments.census)?;
    if let Some(census) = &counted
        && !arguments.even_if_used
    {
        refuse_used(key, census)?;
    }
    let kms = open(services, &arguments.key.kms).await?;
    // What somebody is about to confirm must be what the file really says.
    file.keyset().verify(&kms).await.of(FILE)?;
    if !arguments.yes {
        let answer = &key.id().to_hex()[..ANSWER];
        let name = report::name(key);
        let evidence = match (counted.is_some(), arguments.even_if_used) {
            (false, _) => "No census was given: nobody looked whether something is under it.",
            (true, false) => "The census names nothing under it. It knows what it was shown.",
            (true, true) => "It goes EVEN IF the census names it.",
        };
        confirm(
            console,
            format_args!(
                "This destroys {name}.\nWhat it sealed cannot be opened again, but with a backup of \
                 this file.\n{evidence}\nType the first {ANSWER} digits of the key to go on: "
            ),
            answer,
        )?;
    }
    // Refused with a conflict if the file is another one by now.
    file.destroy(version, &kms).await.of(FILE)?;
    report::tell(console, file.keyset(), Some("destroyed"), Some(version))?;
    Ok(Exit::Done)
}

fn refuse_used(key: &KeyInfo, census: &Census) -> Result<(), Failure> {
    if census.may_retire_key(key) {
        return Ok(());
    }
    let values = census.usage(key.id()).values;
    Err(match values {
        0 => Failure::refused(
            "the census does not show that the key is free: it counted nothing, or nothing that is \
             made with keys of this use, or index values under this key",
        ),
        _ => Failure::refused(alloc::format!(
            "{values} values of the census are under this key; reseal them first"
        )),
    })
}

/// How many digits are to be typed.
const ANSWER: usize = 8;
