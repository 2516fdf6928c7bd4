//! `census`, and censuses that other commands read.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::arguments::Input;
use super::console::Console;
use super::envelopes;
use super::failure::{Exit, Failure, Of};
use super::keyset::short;
use crate::rotate::Census;

pub(super) fn run(input: &Input, console: &mut Console) -> Result<Exit, Failure> {
    let mut census = Census::new();
    let tally = envelopes::each(io::stdin().lock(), input.spelt, |line, envelope| {
        let counted = match envelope {
            Ok(envelope) => census
                .count_value(envelope)
                .map_err(|error| alloc::format!("{error}")),
            Err(reason) => Err(reason.into()),
        };
        if let Err(reason) = &counted {
            console.note(format_args!("phi-seal: line {line}: {reason}\n"));
        }
        Ok(counted.is_ok())
    })?;
    // Half a census is evidence of nothing, and `> census.json` keeps whatever is printed.
    if console.json && tally.bad > 0 {
        return Err(Failure::of_input(
            "some lines are no envelopes, so there is no census",
        ));
    }
    if console.json {
        console.line(format_args!("{}", census.to_json()))?;
        return Ok(Exit::Done);
    }
    for (key, usage) in census.keys() {
        console.line(format_args!("{:>12}  {}", usage.values, short(key)))?;
    }
    for (suite, values) in census.suites() {
        console.line(format_args!("{values:>12}  of suite {suite}"))?;
    }
    console.line(format_args!("{} keys; {tally}", census.keys().len()))?;
    Ok(match tally.bad {
        0 => Exit::Done,
        _ => Exit::Failed,
    })
}

/// The files' censuses, counted together; `None` of none.
pub(super) fn read(paths: &[PathBuf]) -> Result<Option<Census>, Failure> {
    let mut together: Option<Census> = None;
    for path in paths {
        let json = fs::read(path).map_err(|_| {
            Failure::of_input("--census: the file could not be read; check path and permissions")
        })?;
        let census = Census::from_json(&json).of("--census")?;
        together.get_or_insert_default().merge(&census);
    }
    Ok(together)
}
