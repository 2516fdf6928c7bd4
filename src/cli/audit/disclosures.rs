//! `audit report disclosures`.

use alloc::string::String;
use std::io::{self, Write};

use serde_json::Value;

use super::arguments::{Disclosures, ReportFormat};
use super::events::Events;
use super::output::Output;
use super::query::{subject, tenant};
use super::text::shown;
use crate::access::ActionKind;
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure};
use crate::report::{AccountedDisclosure, Accounting, AccountingRequest, Query, Table};
use crate::{SubjectId, TenantId};

pub(super) fn run(arguments: &Disclosures, console: &mut Console) -> Result<Exit, Failure> {
    let format = arguments.form.chosen(console);
    if arguments.internal && format == ReportFormat::Csv {
        return Err(Failure::of_arguments(
            "--internal: a table has room for the disclosures only; say --format text or json",
        ));
    }
    let (of, who) = (
        tenant(&arguments.patient.tenant)?,
        subject(&arguments.patient.subject)?,
    );
    let disclosed = Query::new().tenant(&of).action(ActionKind::Disclose);
    let query = disclosed.clone().subject(&who);
    let events = Events::open(&arguments.journals, query, disclosed)?;
    let mut found = alloc::vec::Vec::new();
    let remainder = events.each(|event| {
        found.push(event);
        Ok(())
    })?;
    // An accounting of a part would pass for a whole one.
    remainder.tell(console)?;
    let Ok(accounting) = request(arguments, &of, &who).over(found.into_iter().map(Ok::<_, Never>));
    let output = Output::for_phi(arguments.form.out.out.as_deref(), console)?;
    output.written(|out| {
        let failed = out.failed();
        match format {
            ReportFormat::Text => write_text(&accounting, arguments.internal, out),
            ReportFormat::Json => write_json(&accounting, arguments.internal, out),
            ReportFormat::Csv => write_table(&accounting, out),
        }
        .map_err(failed)
    })?;
    Ok(Exit::Done)
}

type Never = core::convert::Infallible;

fn request(
    arguments: &Disclosures,
    tenant: &TenantId<'_>,
    subject: &SubjectId<'_>,
) -> AccountingRequest {
    let mut request = AccountingRequest::new(tenant, subject, arguments.requested_on);
    if let Some(day) = arguments.since {
        request = request.since(day);
    }
    let suspensions = arguments.suspend.iter().chain(&arguments.suspend_oral);
    for suspension in suspensions {
        request = request.suspend(suspension.clone());
    }
    if arguments.summarise {
        request = request.summarise();
    }
    match arguments.list_implied {
        true => request.list_implied(),
        false => request,
    }
}

fn write_json(accounting: &Accounting, is_internal: bool, out: &mut impl Write) -> io::Result<()> {
    match is_internal {
        true => serde_json::to_writer_pretty(&mut *out, accounting),
        false => serde_json::to_writer_pretty(&mut *out, &accounting.patient_copy()),
    }?;
    writeln!(out)
}

fn write_table(accounting: &Accounting, out: &mut impl Write) -> io::Result<()> {
    let mut table = Table::csv(out)?;
    let mut disclosures = accounting.disclosures().iter();
    disclosures.try_for_each(|disclosure| table.write(disclosure))
}

fn write_text(accounting: &Accounting, is_internal: bool, out: &mut impl Write) -> io::Result<()> {
    let copy = serde_json::to_value(accounting.patient_copy())?;
    let member = |name: &str| shown(copy.get(name).and_then(Value::as_str).unwrap_or(""));
    let (subject, from, until) = (member("subject"), member("from"), member("until"));
    let count = accounting.disclosures().len();
    writeln!(
        out,
        "Accounting of disclosures of patient {subject}, {from} to {until}: {count}"
    )?;
    for disclosure in accounting.disclosures() {
        write_disclosure(disclosure, out)?;
    }
    match is_internal {
        true => write_internal(accounting, out),
        false => Ok(()),
    }
}

fn write_disclosure(of: &AccountedDisclosure, out: &mut impl Write) -> io::Result<()> {
    let address = of.address.as_deref();
    let address = address.map_or_else(String::new, |it| [", ", &shown(it)].concat());
    let to = shown(&of.recipient);
    writeln!(out, "\n{}  to {to}{address}", shown(&of.date))?;
    writeln!(out, "    what: {}", shown(&of.description))?;
    writeln!(out, "    why: {}", shown(&of.purpose))?;
    if let Some(last) = &of.last_date {
        writeln!(out, "    {} times, the last on {}", of.count, shown(last))?;
    }
    writeln!(out, "    event: {}", shown(&of.event))
}

fn write_internal(accounting: &Accounting, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\nFOR THE ORGANISATION, NOT FOR THE PATIENT")?;
    for of in accounting.excluded() {
        let (stated, implied) = (of.stated, of.implied);
        let paragraph = shown(&of.paragraph);
        writeln!(
            out,
            "excluded by (a)(1)({paragraph}): {stated} stated, {implied} by purpose"
        )?;
    }
    for of in accounting.withheld() {
        let kind = if of.oral { "oral" } else { "written" };
        let (agency, until) = (shown(&of.agency), shown(&of.until));
        writeln!(
            out,
            "withheld until {until} for {agency}, {kind} statement:"
        )?;
        write_disclosure(&of.disclosure, out)?;
    }
    for agency in accounting.without_effect() {
        writeln!(out, "the suspension of {} withheld nothing", shown(agency))?;
    }
    let (earlier, later) = accounting.out_of_period();
    let (corrected, dangling) = (accounting.corrected(), accounting.corrections_of_nothing());
    writeln!(out, "before the period: {earlier}; after it: {later}")?;
    writeln!(
        out,
        "stated anew: {corrected}; corrections of nothing: {dangling}"
    )
}
