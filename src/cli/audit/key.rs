//! `audit key`.

use std::path::Path;

use super::arguments::KeyCommand;
use super::files;
use super::output::PrivateFile;
use crate::audit::journal::{JournalKey, Origin, VerifierKey};
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure, Of};

pub(super) fn run(command: &KeyCommand, console: &mut Console) -> Result<Exit, Failure> {
    match command {
        KeyCommand::New { origin, out } => make(origin, out, console),
        KeyCommand::Public { file } => tell(&files::secret_key(file)?.verifier(), console),
    }
}

fn make(origin: &str, out: &Path, console: &mut Console) -> Result<Exit, Failure> {
    let origin = Origin::new(origin).map_err(|_| {
        Failure::of_arguments("--origin: write 1 to 128 visible ASCII characters without +")
    })?;
    let key = JournalKey::generate(origin).of("journal key")?;
    let mut file = PrivateFile::create("--out", out)?;
    file.write_secret(key.to_secret_text().as_slice())?;
    file.keep()?;
    tell(&key.verifier(), console)?;
    if !console.json {
        console.note(format_args!(
            "phi-seal: give the public key to whoever verifies. Who has the secret key can sign any \
             history: anchor checkpoints out of reach\n"
        ));
    }
    Ok(Exit::Done)
}

fn tell(public: &VerifierKey, console: &mut Console) -> Result<Exit, Failure> {
    if console.json {
        let (origin, key) = (public.origin().as_str(), alloc::format!("{public}"));
        console.document(&serde_json::json!({ "origin": origin, "key": key }))?;
    } else {
        console.line(format_args!("{public}"))?;
    }
    Ok(Exit::Done)
}
