//! Segments: the files that hold the entries. `docs/journal.md` specifies them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::io::{self, BufRead, BufReader, Read};

use super::error::{JournalError, JournalErrorKind, of_io};
use super::line::{LONGEST_LINE, write_checkpoint, write_frontier};
use super::tree::Frontier;
use super::{Origin, SignedCheckpoint};

/// The name of the segment whose first entry has this index.
pub(super) fn segment_name(first: u64) -> String {
    format!("{first:020}.log")
}

/// The index of a segment's first entry, by its name; `None` for other files.
pub(super) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    digits.parse().ok()
}

/// The indexes of the first entries of the segments among these files, in order.
pub(super) fn segments(names: &[String]) -> Vec<u64> {
    let mut firsts: Vec<_> = names.iter().filter_map(|name| first_of(name)).collect();
    firsts.sort_unstable();
    firsts
}

/// What a segment begins with: its header and, but for the first segment of a journal, what is
/// needed to go on without reading the segments before.
pub(super) fn beginning(
    origin: &Origin,
    tree: &Frontier,
    signed: Option<&SignedCheckpoint>,
) -> Vec<u8> {
    let mut bytes = format!("{HEADER}{origin} {}\n", tree.len()).into_bytes();
    if let Some(signed) = signed {
        write_checkpoint(&mut bytes, signed.as_str());
        write_frontier(&mut bytes, tree);
    }
    bytes
}

/// The origin and the index of the first entry that a header names.
pub(super) fn parse_header(line: &[u8]) -> Option<(&str, u64)> {
    let rest = core::str::from_utf8(line).ok()?.strip_prefix(HEADER)?;
    let (origin, first) = rest.split_once(' ')?;
    let first: u64 = first
        .parse()
        .ok()
        .filter(|parsed: &u64| format!("{parsed}") == first)?;
    Some((origin, first))
}

const HEADER: &str = "phi-seal journal 1 ";

/// The lines of a file, one after another, in bounded memory.
pub(super) struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    /// Where the next line begins.
    offset: u64,
}

impl core::fmt::Debug for Lines {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lines")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// What [`Lines`] found.
pub(super) enum NextLine<'a> {
    /// A line, without its newline. Empty if it is longer than any, which is no line of a journal
    /// either.
    Whole(&'a [u8]),
    /// The end.
    End,
    /// The file ends before the line does.
    Torn,
}

impl Lines {
    pub(super) fn new(file: Box<dyn Read + Send>) -> Self {
        Self {
            reader: BufReader::with_capacity(1 << 18, file),
            line: Vec::new(),
            offset: 0,
        }
    }

    /// Where the next line begins.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn next(&mut self) -> io::Result<NextLine<'_>> {
        let limit = LONGEST_LINE as u64 + 1;
        let mut is_too_long = false;
        loop {
            self.line.clear();
            let read = (&mut self.reader)
                .take(limit)
                .read_until(b'\n', &mut self.line)?;
            self.offset += read as u64;
            let is_whole = self.line.last() == Some(&b'\n');
            if is_whole || (read as u64) < limit {
                break;
            }
            is_too_long = true;
        }
        Ok(match self.line.split_last() {
            None if is_too_long => NextLine::Torn,
            None => NextLine::End,
            Some((b'\n', _)) if is_too_long => NextLine::Whole(&[]),
            Some((b'\n', line)) => NextLine::Whole(line),
            Some(_) => NextLine::Torn,
        })
    }
}

/// Opens a segment, and checks that its header names this place.
pub(super) fn open_segment(
    file: io::Result<Box<dyn Read + Send>>,
    origin: &Origin,
    first: u64,
) -> Result<Lines, JournalError> {
    let mut lines = Lines::new(file.map_err(of_io)?);
    let NextLine::Whole(line) = lines.next().map_err(of_io)? else {
        return Err(BAD_HEADER.at(first));
    };
    match parse_header(line) {
        Some((found, _)) if found != origin.as_str() => Err(FOREIGN),
        Some((_, found)) if found == first => Ok(lines),
        _ => Err(BAD_HEADER.at(first)),
    }
}

const FOREIGN: JournalError = JournalError::new(
    JournalErrorKind::Foreign,
    "a segment belongs to the journal of another origin",
);
const BAD_HEADER: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "a segment does not begin as its name says",
);
