//! What may be said after `phi-seal audit`.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::codes;
use super::time::{self, Moment};
use crate::access::{ActionKind, Purpose};
use crate::cli::duration;
use crate::codec::Date;
use crate::report::Suspension;

#[derive(Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// Make the key that signs a journal, or show its public key
    #[command(subcommand, arg_required_else_help = true)]
    Key(KeyCommand),
    /// Tell whether anybody has changed a journal
    ///
    /// Reads the whole journal once. Exit code 5 if something is not as it was signed, 1 if the journal
    /// cannot be read.
    Verify(Verify),
    /// Print the events that match, of one journal or several
    ///
    /// OUTPUT IS PHI: it names patients and those who treat them. Conditions of different kinds must
    /// all hold; of one kind given several times, one. Verify the journals first.
    Query(Query),
    /// Export a journal as C2SP tlog-tiles, or go on with an export
    ///
    /// THE FILES ARE PHI: they are the journal's entries. Folders have mode 0700, files 0600.
    Export(Export),
    /// Prove one entry, or that the journal only grew; or check such a proof
    ///
    /// A PROOF OF AN ENTRY IS PHI: it holds the entry.
    Prove(Prove),
    /// Report on disclosures, accesses, broken glass or failures
    ///
    /// EVERY REPORT IS PHI. A report is no better than its log: verify the journals first.
    #[command(subcommand, arg_required_else_help = true)]
    Report(ReportCommand),
}

#[derive(Subcommand)]
pub(in crate::cli) enum KeyCommand {
    /// Make a key; prints its public part
    New {
        /// The name of the journal, such as hospital.example/audit: nobody else's, and public
        #[arg(long)]
        origin: String,
        /// The file to make for the secret key, of mode 0600; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public key of a secret key's file
    Public {
        /// The file, of mode 0600
        file: PathBuf,
    },
}

#[derive(Args)]
pub(in crate::cli) struct KeyArgument {
    /// The journal's public key, as `audit key` prints it, or @FILE with it
    #[arg(long = "key", value_name = "KEY")]
    pub(super) key: String,
}

#[derive(Args)]
pub(in crate::cli) struct Verify {
    /// The journal's folder
    pub(super) journal: PathBuf,
    #[command(flatten)]
    pub(super) key: KeyArgument,
    /// A signed checkpoint that was held where no writer of the journal could change it
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Vec<PathBuf>,
    /// The journal's second place, if it has one
    #[arg(long, value_name = "DIR")]
    pub(super) second_place: Option<PathBuf>,
    /// An export of the journal: verified too, and compared with the journal
    #[arg(long, value_name = "DIR")]
    pub(super) tiles: Option<PathBuf>,
    /// How often the journal records that it is alive; more than twice that without is told
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "60s")]
    pub(super) heartbeat_every: Duration,
}

/// Several journals and the keys that they were signed with.
#[derive(Args)]
pub(in crate::cli) struct Journals {
    /// The journals' folders; several are told as one history
    #[arg(required = true, value_name = "JOURNAL")]
    pub(super) journals: Vec<PathBuf>,
    /// A journal's public key, or @FILE with it; one for each journal, in any order
    #[arg(long = "key", value_name = "KEY", required = true)]
    pub(super) keys: Vec<String>,
    /// A second place of the journals
    #[arg(long, value_name = "DIR")]
    pub(super) second_place: Vec<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct Query {
    #[command(flatten)]
    pub(super) journals: Journals,
    /// Events that name this patient: an id, or @FILE with it. Other users of a machine see a program's
    /// arguments. Ids are a tenant's own: say --tenant too
    #[arg(long, value_name = "ID")]
    pub(super) subject: Vec<String>,
    /// Events that name this record: its type, a slash and its id, or @FILE with that
    #[arg(long, value_name = "TYPE/ID")]
    pub(super) record: Vec<String>,
    /// What this actor did: an id, or @FILE with it
    #[arg(long, value_name = "ID")]
    pub(super) actor: Vec<String>,
    /// What somebody did in this role
    #[arg(long)]
    pub(super) role: Vec<String>,
    #[command(flatten)]
    pub(super) period: Period,
    /// Actions of this kind, such as open
    #[arg(long, value_name = "CODE", value_parser = codes::action)]
    pub(super) action: Vec<ActionKind>,
    /// Events of this outcome, such as denied, or with a field of it
    #[arg(long, value_name = "CODE", value_parser = codes::outcome)]
    pub(super) outcome: Vec<&'static str>,
    /// Events with any failure
    #[arg(long)]
    pub(super) failures: bool,
    /// Accesses for this purpose, such as BTG
    #[arg(long, value_name = "CODE", value_parser = codes::purpose)]
    pub(super) purpose: Vec<Purpose>,
    /// Events of this tenant
    #[arg(long, value_name = "ID")]
    pub(super) tenant: Vec<String>,
    /// Requests from this address
    #[arg(long, value_name = "ADDRESS")]
    pub(super) source_ip: Vec<IpAddr>,
    /// Events that this system observed
    #[arg(long, value_name = "NAME")]
    pub(super) observer: Vec<String>,
    /// Of each event, print only the patients and records that are asked for
    #[arg(long)]
    pub(super) narrow: bool,
    /// How to print them
    #[arg(long, value_enum, default_value_t = QueryFormat::Ndjson)]
    pub(super) format: QueryFormat,
    #[command(flatten)]
    pub(super) out: OutArgument,
}

#[derive(Args)]
pub(in crate::cli) struct Period {
    /// From this time on: 2026-11-21, or 2026-11-21T08:30:00Z; UTC
    #[arg(long, value_name = "TIME", value_parser = time::moment)]
    pub(super) from: Option<Moment>,
    /// Until before this time, or through the whole of this day
    #[arg(long, value_name = "TIME", value_parser = time::moment)]
    pub(super) to: Option<Moment>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum QueryFormat {
    /// The events, one a line
    Ndjson,
    /// For people and spreadsheets
    Csv,
    /// FHIR R4 AuditEvent resources, one a line
    Fhir,
}

#[derive(Args)]
pub(in crate::cli) struct OutArgument {
    /// Write to this file, which is made with mode 0600; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// The journal's folder
    pub(super) journal: PathBuf,
    /// The folder to export into; made if there is none
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) key: KeyArgument,
    /// The signed checkpoint to export up to; without, the newest in the journal
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// The journal's second place, if it has one
    #[arg(long, value_name = "DIR")]
    pub(super) second_place: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct Prove {
    /// The journal's folder
    #[arg(required_unless_present = "check")]
    pub(super) journal: Option<PathBuf>,
    /// The entry's index, from 0
    #[arg(required_unless_present_any = ["check", "consistency"], conflicts_with = "consistency")]
    pub(super) index: Option<u64>,
    #[command(flatten)]
    pub(super) key: KeyArgument,
    /// Prove, or check with --check, that the first checkpoint is the beginning of the second
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    pub(super) consistency: Option<Vec<PathBuf>>,
    /// Check this proof with nothing but the public key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["journal", "index", "out", "second_place"])]
    pub(super) check: Option<PathBuf>,
    /// Print the entry that a checked proof holds. It is PHI
    #[arg(long, requires = "check", conflicts_with_all = ["journal", "consistency"])]
    pub(super) show_entry: bool,
    /// The signed checkpoint to prove it under; without, the newest in the journal
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "consistency"])]
    pub(super) checkpoint: Option<PathBuf>,
    /// The journal's second place, if it has one
    #[arg(long, value_name = "DIR")]
    pub(super) second_place: Option<PathBuf>,
    #[command(flatten)]
    pub(super) out: OutArgument,
}

#[derive(Subcommand)]
pub(in crate::cli) enum ReportCommand {
    /// The accounting of disclosures of one patient, 45 CFR 164.528
    ///
    /// As the patient gets it, unless --internal is given. THE REPORT IS PHI.
    Disclosures(Disclosures),
    /// Everything that was done with one patient's data, and tried. THE REPORT IS PHI
    Accesses {
        #[command(flatten)]
        patient: Patient,
        #[command(flatten)]
        common: Reported,
    },
    /// Everything done in sessions that broke the glass. THE REPORT IS PHI
    BreakGlass {
        /// Of this tenant only
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
        #[command(flatten)]
        common: Reported,
    },
    /// Failed accesses by actor. THE REPORT NAMES PEOPLE
    Failures {
        /// Of this tenant only
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
        #[command(flatten)]
        common: Reported,
    },
}

#[derive(Args)]
pub(in crate::cli) struct Patient {
    /// The patient's tenant
    #[arg(long, value_name = "ID")]
    pub(super) tenant: String,
    /// The patient: an id, or @FILE with it. Other users of a machine see a program's arguments
    #[arg(long, value_name = "ID")]
    pub(super) subject: String,
}

/// What the reports that list events have in common.
#[derive(Args)]
pub(in crate::cli) struct Reported {
    #[command(flatten)]
    pub(super) journals: Journals,
    #[command(flatten)]
    pub(super) period: Period,
    #[command(flatten)]
    pub(super) form: Form,
}

#[derive(Args)]
pub(in crate::cli) struct Form {
    /// How to print it; --json alone means json
    #[arg(long, value_enum)]
    pub(super) format: Option<ReportFormat>,
    #[command(flatten)]
    pub(super) out: OutArgument,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReportFormat {
    /// For reading
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

#[derive(Args)]
pub(in crate::cli) struct Disclosures {
    #[command(flatten)]
    pub(super) journals: Journals,
    #[command(flatten)]
    pub(super) patient: Patient,
    /// The day of the patient's request: the six years before it are accounted for
    #[arg(long, value_name = "DAY", value_parser = time::day)]
    pub(super) requested_on: Date,
    /// For a shorter time, from this day on
    #[arg(long, value_name = "DAY", value_parser = time::day)]
    pub(super) since: Option<Date>,
    /// Tell several to one recipient for a single purpose as one, (b)(3)
    #[arg(long)]
    pub(super) summarise: bool,
    /// List also what only its purpose excepts, such as treatment
    #[arg(long)]
    pub(super) list_implied: bool,
    /// Withhold what went to an agency that asked for it in writing, (a)(2)
    #[arg(long, value_name = "AGENCY=FROM..UNTIL", value_parser = time::written)]
    pub(super) suspend: Vec<Suspension>,
    /// The same on an oral statement of this day, for 30 days
    #[arg(long, value_name = "AGENCY=DAY", value_parser = time::oral)]
    pub(super) suspend_oral: Vec<Suspension>,
    /// Tell also what is excluded and withheld: for the organisation, NOT FOR THE PATIENT
    #[arg(long)]
    pub(super) internal: bool,
    #[command(flatten)]
    pub(super) form: Form,
}
