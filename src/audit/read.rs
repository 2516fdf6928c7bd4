//! Events back from the lines of a file.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, BufRead};

use super::record::{EventRecord, NotRead};

/// Reads audit events, one a line, as [`JsonLines`](super::JsonLines) writes them.
///
/// Skips nothing silently: every line is an event or an error that names it, and reading goes on
/// with the next one. A torn line, which a crash leaves, is such an error; so is an empty one. A
/// last line without its newline is an event if it is whole. Reading ends with the input, or
/// after the first error of `reader` itself. The memory it takes does not grow with the input:
/// of a line of more than 65,536 bytes, twice the longest event, the rest is passed over.
///
/// Checks of each line what [`EventRecord::from_json`] checks, and nothing across lines: not
/// whether parts or events are missing, or stand there twice.
///
/// # Example
///
/// ```
/// use phi_seal::audit::{EventReadReason, read_events};
///
/// # let event = r#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,
/// # "time":"2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s",
/// # "auth":{"strength":"service"},"actor":{"id":"a"},"purpose":"TREAT","action":"open",
/// # "outcome":"success"}"#.replace('\n', "");
/// # let torn = r#"{"v":1,"event":"s-1-"#;
/// let file = format!("{event}\n{torn}\n{event}\n");
///
/// let (mut events, mut damaged) = (Vec::new(), Vec::new());
/// for line in read_events(file.as_bytes()) {
///     match line {
///         Ok(event) => events.push(event),
///         Err(error) => damaged.push(error),
///     }
/// }
/// assert_eq!(events.len(), 2);
/// assert_eq!((damaged[0].line(), damaged[0].reason()), (2, EventReadReason::NoEvent));
/// ```
pub fn read_events<R: BufRead>(
    reader: R,
) -> impl Iterator<Item = Result<EventRecord, EventReadError>> {
    Reader {
        reader: Some(reader),
        line: 0,
        content: Vec::new(),
    }
}

/// Twice the longest event of this version.
const LONGEST_LINE: usize = 65_536;

struct Reader<R> {
    /// Gone once it has ended or failed.
    reader: Option<R>,
    /// The number of the line in `content`.
    line: u64,
    content: Vec<u8>,
}

enum Line {
    Whole,
    TooLong,
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<EventRecord, EventReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line += 1;
        let parsed = match next_line(self.reader.as_mut()?, &mut self.content) {
            Ok(Some(Line::Whole)) => {
                EventRecord::parse(&self.content).map_err(|error| match error {
                    NotRead::NoEvent => EventReadReason::NoEvent,
                    NotRead::OtherVersion => EventReadReason::OtherVersion,
                })
            }
            Ok(Some(Line::TooLong)) => Err(EventReadReason::TooLong),
            Ok(None) => {
                self.reader = None;
                return None;
            }
            // An error may hold a text that the reader chose: only its kind is kept.
            Err(error) => {
                self.reader = None;
                Err(EventReadReason::Io(error.kind()))
            }
        };
        let line = self.line;
        Some(parsed.map_err(|reason| EventReadError { line, reason }))
    }
}

/// Reads up to the next newline or the end, and keeps at most [`LONGEST_LINE`] bytes of it.
fn next_line(reader: &mut impl BufRead, content: &mut Vec<u8>) -> io::Result<Option<Line>> {
    content.clear();
    let mut is_begun = false;
    let mut is_too_long = false;
    loop {
        let available = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        let newline = available.iter().position(|byte| *byte == b'\n');
        let piece = &available[..newline.unwrap_or(available.len())];
        let is_last = newline.is_some() || available.is_empty();
        is_begun |= !available.is_empty();
        is_too_long |= piece.len() > LONGEST_LINE - content.len();
        if !is_too_long {
            content.extend_from_slice(piece);
        }
        let taken = piece.len() + usize::from(newline.is_some());
        reader.consume(taken);
        if is_last {
            let line = if is_too_long {
                Line::TooLong
            } else {
                Line::Whole
            };
            return Ok(is_begun.then_some(line));
        }
    }
}

/// A line that is no event, or could not be read: which one and why, never what stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EventReadError {
    line: u64,
    reason: EventReadReason,
}

impl EventReadError {
    /// The line, counted from 1.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong with it, for `match`.
    pub const fn reason(&self) -> EventReadReason {
        self.reason
    }
}

impl core::error::Error for EventReadError {}

impl fmt::Display for EventReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl fmt::Debug for EventReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReadError")
            .field("line", &self.line)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// The reasons of an [`EventReadError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum EventReadReason {
    /// It is no event: torn by a crash, empty, or something else.
    NoEvent,
    /// An event of another version than [`EventRecord::VERSION`]; read it with a later version of
    /// this crate.
    OtherVersion,
    /// Longer than 65,536 bytes, which no event of this version is.
    TooLong,
    /// The input could not be read on: the last item.
    Io(io::ErrorKind),
}

impl fmt::Display for EventReadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEvent => "no audit event; a crash can have torn it",
            Self::OtherVersion => {
                "an audit event of another version; read it with a later version of phi-seal"
            }
            Self::TooLong => "too long for an audit event; check that this is an audit file",
            Self::Io(_) => "the file could not be read on from here; check the disk",
        })
    }
}
