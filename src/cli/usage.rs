//! Arguments that were not understood.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::console::Console;
use super::failure::Exit;

/// Says what is wrong, or prints the help that was asked for.
pub(super) fn tell(error: Error, console: &mut Console) -> Exit {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let text = alloc::format!("{}", error.render());
        let written = console
            .write(text.as_bytes())
            .and_then(|()| console.finish());
        return written.map_or_else(|failure| console.tell(&failure), |()| Exit::Done);
    }
    console.note(format_args!("{}", unquoted(error).render()));
    Exit::Usage
}

/// The same without what was typed: it ends in logs of terminals and of jobs, and somebody who mixes
/// up two arguments may have typed a root key or a patient's name.
fn unquoted(mut error: Error) -> Error {
    let is_ours = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::SuggestedArg,
        _ => ContextKind::InvalidArg,
    };
    let kinds = [
        ContextKind::InvalidArg,
        ContextKind::InvalidValue,
        ContextKind::InvalidSubcommand,
    ];
    for kind in kinds {
        let is_typed =
            matches!(error.get(kind), Some(ContextValue::String(text)) if !text.is_empty());
        if kind != is_ours && is_typed && error.kind() != ErrorKind::MissingSubcommand {
            error.insert(kind, ContextValue::String("…".into()));
        }
    }
    error.remove(ContextKind::Suggested);
    error
}
