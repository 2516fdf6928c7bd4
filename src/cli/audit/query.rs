//! `audit query`.

use super::arguments::{self, Period, QueryFormat};
use super::events::Events;
use super::files::value;
use super::output::Output;
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure};
use crate::report::fhir::{self, Mapping};
use crate::report::{Query, Table};
use crate::{SubjectId, TenantId};

pub(super) fn run(arguments: &arguments::Query, console: &mut Console) -> Result<Exit, Failure> {
    let candidates = by_header(arguments)?;
    let query = by_details(arguments, candidates.clone())?;
    let events = Events::open(&arguments.journals, query, candidates)?;
    let output = Output::for_phi(arguments.out.out.as_deref(), console)?;
    let remainder = output.written(|out| {
        let failed = out.failed();
        match arguments.format {
            QueryFormat::Ndjson => {
                let mut table = Table::ndjson(out);
                events.each(|event| table.write(&event).map_err(failed))
            }
            QueryFormat::Csv => {
                let mut table = Table::csv(out).map_err(failed)?;
                events.each(|event| table.write(&event).map_err(failed))
            }
            QueryFormat::Fhir => {
                let mapping = Mapping::new();
                events.each(|event| {
                    let resources = mapping.resources(&event);
                    let mut written = resources.iter().map(|it| fhir::write_ndjson(out, it));
                    written.try_for_each(|written| written.map_err(failed))
                })
            }
        }
    })?;
    remainder.tell(console)?;
    Ok(Exit::Done)
}

/// The conditions on what every event tells.
fn by_header(arguments: &arguments::Query) -> Result<Query, Failure> {
    let mut query = within(Query::new(), &arguments.period);
    for actor in &arguments.actor {
        query = query.actor(&value("--actor", actor)?);
    }
    for role in &arguments.role {
        query = query.role(role);
    }
    for action in &arguments.action {
        query = query.action(*action);
    }
    for purpose in &arguments.purpose {
        query = query.purpose(*purpose);
    }
    for id in &arguments.tenant {
        query = query.tenant(&tenant(id)?);
    }
    for address in &arguments.source_ip {
        query = query.source_ip(*address);
    }
    for observer in &arguments.observer {
        query = query.observer(observer);
    }
    Ok(query)
}

/// The conditions on what may be sealed in an event.
fn by_details(arguments: &arguments::Query, mut query: Query) -> Result<Query, Failure> {
    for id in &arguments.subject {
        query = query.subject(&subject(id)?);
    }
    for record in &arguments.record {
        let record = value("--record", record)?;
        let Some((record_type, id)) = record.split_once('/') else {
            return Err(Failure::of_arguments(
                "--record: write the type, a slash and the id, such as patient/p-1",
            ));
        };
        query = query.record(record_type, id);
    }
    for outcome in &arguments.outcome {
        query = query.outcome(outcome);
    }
    if arguments.failures {
        query = query.failures();
    }
    Ok(match arguments.narrow {
        true => query.narrow(),
        false => query,
    })
}

/// The same query for a range of time.
pub(super) fn within(mut query: Query, period: &Period) -> Query {
    if let Some(from) = period.from {
        query = query.from(from.start());
    }
    if let Some(to) = period.to {
        query = query.until(to.end());
    }
    query
}

pub(super) fn tenant(id: &str) -> Result<TenantId<'static>, Failure> {
    TenantId::new(alloc::string::String::from(id))
        .map_err(|_| Failure::of_arguments("--tenant: an id has 1 to 1024 bytes"))
}

pub(super) fn subject(id: &str) -> Result<SubjectId<'static>, Failure> {
    SubjectId::new(value("--subject", id)?)
        .map_err(|_| Failure::of_arguments("--subject: an id has 1 to 1024 bytes"))
}
