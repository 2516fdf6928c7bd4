//! `audit`: verifies journals and reads them, with public keys only.

pub(super) mod arguments;
mod codes;
mod disclosures;
mod errors;
mod events;
mod export;
mod files;
mod key;
mod output;
mod prove;
mod query;
mod report;
mod text;
mod time;
mod verify;

use self::arguments::AuditCommand;
use super::console::Console;
use super::failure::{Exit, Failure};

pub(super) fn run(command: &AuditCommand, console: &mut Console) -> Result<Exit, Failure> {
    match command {
        AuditCommand::Key(command) => key::run(command, console),
        AuditCommand::Verify(arguments) => verify::run(arguments, console),
        AuditCommand::Query(arguments) => query::run(arguments, console),
        AuditCommand::Export(arguments) => export::run(arguments, console),
        AuditCommand::Prove(arguments) => prove::run(arguments, console),
        AuditCommand::Report(command) => report::run(command, console),
    }
}
