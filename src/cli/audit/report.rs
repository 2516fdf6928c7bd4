//! `audit report accesses`, `break-glass` and `failures`.

use std::io::{self, Write};

use super::arguments::{Form, ReportCommand, ReportFormat, Reported};
use super::disclosures;
use super::events::Events;
use super::output::Output;
use super::query::{subject, tenant, within};
use super::text::{joined, shown};
use crate::access::Purpose;
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure};
use crate::report::{AccessRow, ActorFailures, FailedAccess, Failures, Query, Table};

pub(super) fn run(command: &ReportCommand, console: &mut Console) -> Result<Exit, Failure> {
    match command {
        ReportCommand::Disclosures(arguments) => disclosures::run(arguments, console),
        ReportCommand::Accesses { patient, common } => {
            let of_tenant = Query::new().tenant(&tenant(&patient.tenant)?);
            let of_patient = of_tenant.clone().subject(&subject(&patient.subject)?);
            accesses(of_patient.narrow(), of_tenant, common, console)
        }
        ReportCommand::BreakGlass { tenant, common } => {
            let query = of_tenant(tenant.as_deref())?.purpose(Purpose::BreakGlass);
            accesses(query.clone(), query, common, console)
        }
        ReportCommand::Failures { tenant, common } => {
            failures(of_tenant(tenant.as_deref())?, common, console)
        }
    }
}

impl Form {
    /// The format that was asked for; `--json` asks for one too.
    pub(super) fn chosen(&self, console: &Console) -> ReportFormat {
        let by_default = match console.json {
            true => ReportFormat::Json,
            false => ReportFormat::Text,
        };
        self.format.unwrap_or(by_default)
    }
}

/// One row an event.
fn accesses(
    query: Query,
    candidates: Query,
    common: &Reported,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let (query, candidates) = (
        within(query, &common.period),
        within(candidates, &common.period),
    );
    let events = Events::open(&common.journals, query, candidates)?;
    let format = common.form.chosen(console);
    let output = Output::for_phi(common.form.out.out.as_deref(), console)?;
    let remainder = output.written(|out| {
        let failed = out.failed();
        match format {
            ReportFormat::Text => {
                events.each(|event| line(&AccessRow::of(&event), out).map_err(failed))
            }
            ReportFormat::Json => {
                let mut table = Table::ndjson(out);
                events.each(|event| table.write(&AccessRow::of(&event)).map_err(failed))
            }
            ReportFormat::Csv => {
                let mut table = Table::csv(out).map_err(failed)?;
                events.each(|event| table.write(&AccessRow::of(&event)).map_err(failed))
            }
        }
    })?;
    remainder.tell(console)?;
    Ok(Exit::Done)
}

fn failures(query: Query, common: &Reported, console: &mut Console) -> Result<Exit, Failure> {
    let query = within(query, &common.period);
    let events = Events::open(&common.journals, query.clone(), query)?;
    let format = common.form.chosen(console);
    let output = Output::for_phi(common.form.out.out.as_deref(), console)?;
    let remainder = output.written(|out| {
        let mut report = FailedAccess::new();
        let remainder = events.each(|event| {
            report.add(&event);
            Ok(())
        })?;
        write_failures(&report.finish(), format, out).map_err(out.failed())?;
        Ok(remainder)
    })?;
    remainder.tell_order(console);
    Ok(Exit::Done)
}

fn of_tenant(id: Option<&str>) -> Result<Query, Failure> {
    let query = Query::new();
    Ok(match id {
        Some(id) => query.tenant(&tenant(id)?),
        None => query,
    })
}

fn line(row: &AccessRow, out: &mut impl Write) -> io::Result<()> {
    let (time, actor) = (shown(&row.time), shown(&row.actor));
    let roles = joined(&row.roles, " ");
    let (action, outcome) = (shown(&row.action), shown(&row.outcome));
    let purpose = shown(&row.purpose);
    write!(
        out,
        "{time}  {actor} ({roles})  {action} {outcome}  {purpose}"
    )?;
    if let Some(reason) = &row.reason {
        write!(out, " {}", shown(reason))?;
    }
    if let Some(count) = row.count {
        write!(out, "  {count} times")?;
    }
    if !row.subjects.is_empty() {
        let (subjects, records) = (joined(&row.subjects, ", "), joined(&row.records, "; "));
        write!(out, "  {subjects} [{records}]")?;
    }
    if let Some(recipient) = &row.recipient {
        write!(out, "  to {}", shown(recipient))?;
    }
    if let Some(address) = &row.source_ip {
        write!(out, "  from {}", shown(address))?;
    }
    writeln!(out, "  event {}", shown(&row.event))
}

fn write_failures(
    failures: &Failures,
    format: ReportFormat,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        ReportFormat::Text => failures_as_text(failures, out),
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, failures)?;
            writeln!(out)
        }
        ReportFormat::Csv => {
            let mut table = Table::csv(out)?;
            let mut actors = failures.actors().iter();
            actors.try_for_each(|actor| table.write(actor))
        }
    }
}

fn failures_as_text(failures: &Failures, out: &mut impl Write) -> io::Result<()> {
    for of in failures.actors() {
        let ActorFailures {
            tenant,
            actor,
            count,
            first,
            last,
            outcomes,
            ..
        } = of;
        let (tenant, actor) = (shown(tenant), shown(actor));
        write!(out, "{count:>8}  {actor} of {tenant}, {first} to {last}:")?;
        for (outcome, count) in outcomes {
            write!(out, " {} {count}", shown(outcome))?;
        }
        writeln!(out)?;
    }
    if failures.others() > 0 {
        writeln!(out, "{:>8}  of further actors", failures.others())?;
    }
    let doubt = if failures.approximate() {
        " at most"
    } else {
        ""
    };
    writeln!(out, "{:>8}  in all{doubt}", failures.total())
}
