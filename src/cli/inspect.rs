//! `inspect`.

use alloc::string::String;
use core::fmt;
use std::io;

use serde::Serialize;

use super::arguments::Inspect;
use super::console::Console;
use super::envelopes;
use super::failure::{Exit, Failure};
use super::keyset::short;
use crate::Inspection;
use crate::codec::Content;

pub(super) fn run(arguments: &Inspect, console: &mut Console) -> Result<Exit, Failure> {
    let spelling = arguments.input.spelt;
    let tell = |line, envelope: Result<&[u8], &'static str>| describe(console, line, envelope);
    let tally = match &arguments.envelope {
        Some(envelope) => envelopes::each(envelope.as_bytes(), spelling, tell)?,
        None => envelopes::each(io::stdin().lock(), spelling, tell)?,
    };
    if arguments.envelope.is_none() && !console.json {
        console.finish()?;
        console.note(format_args!("{tally}\n"));
    }
    Ok(match tally.bad {
        0 => Exit::Done,
        _ => Exit::Failed,
    })
}

fn describe(
    console: &mut Console,
    line: u64,
    envelope: Result<&[u8], &'static str>,
) -> Result<bool, Failure> {
    let inspected = match envelope {
        Ok(envelope) => crate::inspect(envelope).map_err(Reason::of),
        Err(reason) => Err(Reason::of(reason)),
    };
    let is_good = inspected.is_ok();
    match inspected {
        Ok(about) if console.json => console.record(&Described::of(line, &about))?,
        Ok(about) => console.line(format_args!("{line}: {}", Sentence(&about)))?,
        Err(Reason(error)) if console.json => console.record(&Undescribed { line, error })?,
        Err(Reason(error)) => console.note(format_args!("phi-seal: line {line}: {error}\n")),
    }
    Ok(is_good)
}

impl fmt::Display for envelopes::Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            envelopes,
            empty,
            bad,
        } = self;
        write!(
            f,
            "{envelopes} envelopes, {empty} empty lines, {bad} bad lines"
        )
    }
}

struct Reason(String);

impl Reason {
    fn of(reason: impl fmt::Display) -> Self {
        Self(alloc::format!("{reason}"))
    }
}

#[derive(Serialize)]
struct Described {
    line: u64,
    suite: u8,
    content: &'static str,
    padded: bool,
    content_bytes: usize,
    envelope_bytes: usize,
    key: String,
}

#[derive(Serialize)]
struct Undescribed {
    line: u64,
    error: String,
}

impl Described {
    fn of(line: u64, about: &Inspection) -> Self {
        Self {
            line,
            suite: about.suite,
            content: name(about.content),
            padded: about.padded,
            content_bytes: about.content_len,
            envelope_bytes: about.envelope_len,
            key: about.key_id.to_hex(),
        }
    }
}

struct Sentence<'i>(&'i Inspection);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inspection {
            suite,
            content,
            padded,
            key_id,
            envelope_len,
            content_len,
        } = self.0;
        let padded = if *padded { ", padded" } else { "" };
        let (content, key) = (name(*content), short(key_id));
        write!(
            f,
            "{content}{padded}, {content_len} bytes in {envelope_len}, suite {suite}, key {key}"
        )
    }
}

const fn name(content: Content) -> &'static str {
    match content {
        Content::Null => "null",
        Content::Bytes => "bytes",
        Content::Text => "text",
        Content::Integer => "integer",
        Content::Boolean => "boolean",
        Content::Date => "date",
        Content::Timestamp => "timestamp",
        Content::Uuid => "uuid",
        Content::Structured => "structured",
        Content::List => "list",
    }
}
