//! The command-line tool `phi-seal`, for the people who operate keys and audit logs: [`Program`].
//!
//! `docs/cli.md` describes its commands, exit codes and JSON.

mod arguments;
mod audit;
mod census;
mod confirm;
mod console;
mod duration;
mod envelopes;
mod failure;
mod inspect;
mod keyset;
mod services;
mod usage;

use alloc::vec::Vec;
use core::fmt;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use self::arguments::{Arguments, Command};
use self::console::Console;
use self::failure::{Exit, Failure};
use self::services::Services;
use crate::key::{KeyError, Kms, LocalKms};

/// The tool, with the key management services that it knows.
///
/// `cargo install phi-seal --features cli` installs it with `local:PATH` and `local-env:VARIABLE`,
/// and with the feature `pkcs11` also `pkcs11:…`. A service whose client only an application can
/// make, such as AWS KMS, is one more line in a binary of its own.
///
/// # Example
///
/// The whole `main.rs` of such a binary, with the crates `aws-config`, `aws-sdk-kms` and `tokio`:
///
#[cfg_attr(feature = "aws-kms", doc = "```no_run")]
#[cfg_attr(not(feature = "aws-kms"), doc = "```ignore")]
/// # mod aws_config {
/// #     pub async fn load_from_env() -> aws_sdk_kms::Client { unreachable!("not run") }
/// # }
/// # struct Client;
/// # impl Client { fn new(client: &aws_sdk_kms::Client) -> aws_sdk_kms::Client { client.clone() } }
/// use phi_seal::cli::Program;
/// use phi_seal::integration::aws_kms::AwsKms;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> std::process::ExitCode {
///     let client = Client::new(&aws_config::load_from_env().await); // of aws_sdk_kms
///     Program::new()
///         .kms("aws", "aws:ARN, a symmetric key of AWS KMS", async move |arn: &str| {
///             AwsKms::new(client.clone(), arn)
///         })
///         .run(std::env::args_os())
///         .await
/// }
/// ```
///
/// Then `phi-seal keyset verify keys.json --kms aws:arn:aws:kms:eu-central-1:…:key/…`.
pub struct Program {
    services: Services,
}

impl Program {
    /// Knows the local root key, in a file or an environment variable.
    pub fn new() -> Self {
        let program = Self {
            services: Services::default(),
        };
        program
            .kms(
                "local",
                "local:PATH, a root key in a file of mode 0600",
                async |path: &str| LocalKms::from_file(path),
            )
            .kms(
                "local-env",
                "local-env:VARIABLE, a root key in an environment variable",
                async |variable: &str| LocalKms::from_env(variable),
            )
    }

    /// Knows one more service, chosen by `--kms scheme:rest`. A later one of the same scheme takes
    /// the earlier one's place.
    ///
    /// `about` is a line for `--help`. `open` is given the rest, which is no place for a secret: other
    /// users of a machine see a program's arguments.
    pub fn kms<K: Kms + 'static>(
        mut self,
        scheme: &'static str,
        about: &'static str,
        open: impl AsyncFn(&str) -> Result<K, KeyError> + 'static,
    ) -> Self {
        self.services.add(scheme, about, open);
        self
    }

    /// Does what the arguments say, the first of which is the program's name. Reads standard input
    /// and writes to standard output and error, blocking.
    ///
    /// The exit code is 0 when it is done, 1 when it failed or found something wrong, 2 for arguments
    /// that it does not understand, 3 when it refused, 4 when the KMS denied or did not answer, and 5
    /// when a journal, an export or a proof is not what was signed.
    ///
    /// # Example
    ///
    /// ```
    /// use std::process::ExitCode;
    ///
    /// use phi_seal::cli::Program;
    ///
    /// let arguments = ["phi-seal", "keyset", "list", "/nowhere/keys.json"];
    /// let code = pollster::block_on(Program::new().run(arguments));
    /// assert_eq!(code, ExitCode::from(1));
    /// ```
    pub async fn run<A: Into<OsString>>(self, arguments: impl IntoIterator<Item = A>) -> ExitCode {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let command = Arguments::command().after_help(self.services.help());
        let mut console = Console::new();
        let parsed = command
            .clone()
            .try_get_matches_from(arguments)
            .and_then(|matches| Arguments::from_arg_matches(&matches));
        let exit = match parsed {
            Ok(arguments) => {
                console.json = arguments.json;
                let done = self.obey(arguments.command, command, &mut console).await;
                let done = done.and_then(|exit| console.finish().map(|()| exit));
                done.unwrap_or_else(|failure| console.tell(&failure))
            }
            Err(error) => usage::tell(error, &mut console),
        };
        ExitCode::from(exit as u8)
    }

    async fn obey(
        &self,
        command: Command,
        clap: clap::Command,
        console: &mut Console,
    ) -> Result<Exit, Failure> {
        match command {
            Command::Audit(command) => audit::run(&command, console),
            Command::Keyset(command) => keyset::run(command, &self.services, console).await,
            Command::RootKey { path } => keyset::make_root_key(&path, console),
            Command::Inspect(arguments) => inspect::run(&arguments, console),
            Command::Census(input) => census::run(&input, console),
            Command::Completions { shell } => complete(shell, clap, console),
        }
    }
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

fn complete(
    shell: clap_complete::Shell,
    mut clap: clap::Command,
    console: &mut Console,
) -> Result<Exit, Failure> {
    // Into memory first, because it panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut clap, arguments::NAME, &mut script);
    console.write(&script)?;
    Ok(Exit::Done)
}
