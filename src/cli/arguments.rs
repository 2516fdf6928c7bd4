//! What may be said on the command line.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::audit::arguments::AuditCommand;
use super::duration;
use crate::key::KeyUse;

pub(super) const NAME: &str = "phi-seal";

/// Operates the keys of phi-seal, verifies and reads its audit journals, and tells what sealed values
/// tell without a key.
///
/// Exit codes: 0 done; 1 failed, or something wrong was found; 2 these arguments are not understood;
/// 3 refused, nothing was changed; 4 the KMS denied, is busy or does not answer; 5 a journal, an export
/// or a proof is not what was signed.
#[derive(Parser)]
#[command(name = NAME, version, arg_required_else_help = true)]
pub(super) struct Arguments {
    /// Print JSON, with key ids in full; errors too, on standard error
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Verify, query, export, prove and report on an audit journal
    #[command(subcommand, arg_required_else_help = true)]
    Audit(Box<AuditCommand>),
    /// Make, show, change and verify a keyset file
    #[command(subcommand, arg_required_else_help = true)]
    Keyset(KeysetCommand),
    /// Make a local root key: a file of mode 0600 that wraps keysets
    RootKey {
        /// The file to make; nothing is overwritten
        path: PathBuf,
    },
    /// Tell suite, content, sizes and key of sealed values, without any key
    ///
    /// Nothing of it is authenticated. Under subject keys a key id is a pseudonym of a patient, which
    /// links all values of theirs: treat the output as you treat the column.
    Inspect(Inspect),
    /// Count sealed values by key, one value a line of standard input
    ///
    /// Empty lines are absent values. With --json, what `keyset destroy --census` and `keyset verify
    /// --census` read; nothing is printed then if a line was bad. It counts envelopes only: index
    /// columns are counted by an application (`Census::count_row`). Under subject keys a key id is a
    /// pseudonym of a patient.
    Census(Input),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
}

#[derive(Subcommand)]
pub(super) enum KeysetCommand {
    /// Make a keyset file with one key for sealing that all tenants share
    New {
        /// The file to make; nothing is overwritten
        path: PathBuf,
        #[command(flatten)]
        kms: KmsArgument,
    },
    /// Show versions, states, uses, scopes and ages
    List(List),
    /// Add the first key of a scope, such as one for index values
    Add {
        #[command(flatten)]
        keyset: Locked,
        #[command(flatten)]
        scope: NamedScope,
    },
    /// Put a fresh key into a scope; the old one goes on opening
    ///
    /// The new key seals at once: right for one process, or while nobody writes. Where several
    /// processes write, say --prepare, have all of them reload, and `activate` the key then.
    Rotate(Rotate),
    /// Let a prepared key seal, when every process knows it
    Activate(OneKey),
    /// Take a key out of use until it is enabled again
    Disable(OneKey),
    /// Let a disabled key open again
    Enable(OneKey),
    /// Refuse all keys below a version; a lower one admits them again
    SetMinimumVersion(OneKey),
    /// Destroy a key for good
    ///
    /// What it sealed cannot be opened again, once no backup and no running process has it.
    Destroy(Destroy),
    /// Wrap every key anew under another KMS key; the data keys stay
    Rewrap {
        /// The keyset file
        path: PathBuf,
        /// The KMS that it is under now
        #[arg(long, value_name = "KMS")]
        from: String,
        /// The KMS that it shall be under
        #[arg(long, value_name = "KMS")]
        to: String,
    },
    /// Unwrap every key, or prove that every key of a census is there
    Verify(Verify),
}

#[derive(Args)]
pub(super) struct KmsArgument {
    /// The KMS, such as local:PATH; `phi-seal --help` lists them
    #[arg(long)]
    pub(super) kms: String,
}

/// A keyset file and the KMS that opens it.
#[derive(Args)]
pub(super) struct Locked {
    /// The keyset file
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) kms: KmsArgument,
}

#[derive(Args)]
pub(super) struct OneKey {
    /// The keyset file
    pub(super) path: PathBuf,
    /// A version, as `list` shows it
    pub(super) version: u32,
    #[command(flatten)]
    pub(super) kms: KmsArgument,
}

#[derive(Args)]
pub(super) struct List {
    /// The keyset file
    pub(super) path: PathBuf,
    /// Verify what is shown by this KMS
    #[arg(long)]
    pub(super) kms: Option<String>,
    /// Show key ids in full
    #[arg(long)]
    pub(super) full_ids: bool,
    /// Show tenants and patients. These are identifiers: mind who sees this terminal
    #[arg(long)]
    pub(super) show_scopes: bool,
}

#[derive(Args)]
pub(super) struct NamedScope {
    /// What the key does
    #[arg(long = "use", value_enum, default_value_t = UseName::Seal)]
    pub(super) key_use: UseName,
    /// The tenant whose key it is; without, all tenants share it
    #[arg(long, value_name = "ID")]
    pub(super) tenant: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum UseName {
    Seal,
    Index,
    Audit,
}

impl From<UseName> for KeyUse {
    fn from(name: UseName) -> Self {
        match name {
            UseName::Seal => Self::Seal,
            UseName::Index => Self::Index,
            UseName::Audit => Self::Audit,
        }
    }
}

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    pub(super) keyset: Locked,
    #[command(flatten)]
    pub(super) scope: NamedScope,
    /// The scope of the key of this version, whosever it is
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["key_use", "tenant"])]
    pub(super) scope_of: Option<u32>,
    /// Only if the active key is older, such as 90d; s, m, h, d and w are units
    #[arg(long, value_name = "AGE", value_parser = duration::parse)]
    pub(super) if_older_than: Option<Duration>,
    /// Add the key so that it opens, and does not seal before `activate`
    #[arg(long, conflicts_with = "if_older_than")]
    pub(super) prepare: bool,
}

#[derive(Args)]
pub(super) struct Destroy {
    #[command(flatten)]
    pub(super) key: OneKey,
    /// Do not ask. Without, somebody must type the key's first digits on a terminal
    #[arg(long)]
    pub(super) yes: bool,
    /// Refuse if this census, or one of several, names the key
    #[arg(long, value_name = "FILE")]
    pub(super) census: Vec<PathBuf>,
    /// Destroy it although the census names it, or cannot tell
    #[arg(long, requires = "census")]
    pub(super) even_if_used: bool,
}

#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    pub(super) keyset: Locked,
    /// Prove that every key of this census, or of several, is there
    #[arg(long, value_name = "FILE")]
    pub(super) census: Vec<PathBuf>,
    /// Fail unless it is the keyset of this id, as `list` shows it
    #[arg(long, value_name = "ID")]
    pub(super) is: Option<String>,
    /// Fail if it is older than this generation: somebody put back an old file
    #[arg(long, value_name = "N")]
    pub(super) at_least_generation: Option<u64>,
}

#[derive(Args)]
pub(super) struct Input {
    /// How the envelopes are spelt
    #[arg(long, value_enum, default_value_t = Spelling::Text)]
    pub(super) spelt: Spelling,
}

#[derive(Args)]
pub(super) struct Inspect {
    /// One sealed value; without it, one a line of standard input
    pub(super) envelope: Option<String>,
    #[command(flatten)]
    pub(super) input: Input,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Spelling {
    /// phi1. and base64url
    Text,
    /// Hexadecimal, as PostgreSQL prints BYTEA, with or without its \x
    Hex,
    /// Standard base64, with or without padding
    Base64,
}
