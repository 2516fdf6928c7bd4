//! Reading what is elsewhere.

use alloc::vec::Vec;
use std::io::{self, Read};

use super::super::Origin;
use super::super::entry::{Note, NoteKind, is_note};
use super::super::line::Line;
use super::super::segment::{Lines, NextLine};
use super::super::tree::Hash;
use super::area::{header_line, lines_of_header};

/// Entries that are elsewhere, from up to two files, in order.
///
/// Each line has the number of the attempt that wrote it. Of two lines of one index, the one of the later
/// attempt counts: the earlier one could not be taken back when it failed. And a `spilled` note in a
/// segment says up to which attempt nothing counts any more.
#[derive(Debug, Default)]
pub(in crate::audit::journal) struct Spilled {
    sources: Vec<Source>,
    /// Attempts up to this one are void.
    void: u64,
    /// The latest attempt that was read.
    pub(super) latest: u64,
    next: Option<(usize, SpilledEntry)>,
}

#[derive(Debug)]
struct Source {
    number: usize,
    lines: Lines,
    next: Option<SpilledEntry>,
}

/// One entry that is elsewhere.
#[derive(Debug)]
pub(in crate::audit::journal) struct SpilledEntry {
    pub(in crate::audit::journal) index: u64,
    attempt: u64,
    pub(in crate::audit::journal) hash: Hash,
    /// The line of a segment, with its newline.
    pub(in crate::audit::journal) line: Vec<u8>,
    /// Where it ends in its file.
    pub(in crate::audit::journal) end: u64,
}

impl SpilledEntry {
    /// The entry itself.
    pub(in crate::audit::journal) fn entry(&self) -> &[u8] {
        match Line::split(&self.line) {
            Some((_, entry)) => &entry[..entry.len() - 1],
            None => &[],
        }
    }
}

impl Spilled {
    /// Reads a file too; its number tells it from the other one. One that is not this journal's is
    /// passed over.
    pub(super) fn add(
        &mut self,
        number: usize,
        file: Box<dyn Read + Send>,
        origin: &Origin,
    ) -> io::Result<()> {
        let mut lines = Lines::new(file);
        let is_ours = match lines.next()? {
            NextLine::Whole(line) => line == header_line(origin).as_bytes(),
            NextLine::End | NextLine::Torn => false,
        };
        for _ in 1..lines_of_header(number == super::RESERVE_NUMBER) {
            lines.next()?;
        }
        let mut source = Source {
            number,
            lines,
            next: None,
        };
        if is_ours {
            self.latest = self.latest.max(source.advance()?);
        }
        self.sources.push(source);
        Ok(())
    }

    /// Whether the segment's entry of this index is void, because another one was acknowledged that is
    /// elsewhere: it stood in a write that failed and could not be taken back. Asked of each entry of
    /// the last segment, in order.
    pub(in crate::audit::journal) fn contradicts(
        &mut self,
        index: u64,
        hash: &Hash,
        entry: &[u8],
    ) -> io::Result<bool> {
        if let Some(attempt) = attempt_of_note(entry) {
            self.void = self.void.max(attempt);
        }
        self.skip_to(index)?;
        let next = self.next.as_ref().map(|(_, next)| next);
        Ok(next.is_some_and(|next| next.index == index && next.hash != *hash))
    }

    /// The next entry that is elsewhere and nowhere else, if the log has `index` entries so far.
    pub(in crate::audit::journal) fn next(
        &mut self,
        index: u64,
    ) -> io::Result<Option<(usize, SpilledEntry)>> {
        self.skip_to(index)?;
        Ok(self.next.take())
    }

    /// Up to which attempt nothing counts any more.
    pub(super) const fn void(&self) -> u64 {
        self.void
    }

    fn skip_to(&mut self, index: u64) -> io::Result<()> {
        loop {
            let is_over = |entry: &SpilledEntry| entry.index < index || entry.attempt <= self.void;
            match &self.next {
                Some((_, entry)) if !is_over(entry) => return Ok(()),
                _ => self.next = self.read()?,
            }
            if self.next.is_none() {
                return Ok(());
            }
        }
    }

    /// Of the smallest index that comes next, the line of the latest attempt.
    fn read(&mut self) -> io::Result<Option<(usize, SpilledEntry)>> {
        let nexts = self
            .sources
            .iter()
            .filter_map(|source| source.next.as_ref());
        let Some(index) = nexts.map(|entry| entry.index).min() else {
            return Ok(None);
        };
        let mut latest: Option<(usize, SpilledEntry)> = None;
        for source in &mut self.sources {
            while let Some(entry) = source.next.take_if(|entry| entry.index == index) {
                self.latest = self.latest.max(source.advance()?);
                let is_later = |(_, other): &(usize, SpilledEntry)| other.attempt < entry.attempt;
                if latest.as_ref().is_none_or(is_later) {
                    latest = Some((source.number, entry));
                }
            }
        }
        Ok(latest)
    }
}

impl Source {
    /// Reads on to the next entry; what is none is the end. Returns its attempt.
    fn advance(&mut self) -> io::Result<u64> {
        let NextLine::Whole(line) = self.lines.next()? else {
            return Ok(0);
        };
        let Some((index, rest)) = number(line) else {
            return Ok(0);
        };
        let Some((attempt, rest)) = number(rest) else {
            return Ok(0);
        };
        let Some(Line::Entry { hash, .. }) = Line::parse(rest) else {
            return Ok(0);
        };
        let mut line = rest.to_vec();
        line.push(b'\n');
        self.next = Some(SpilledEntry {
            index,
            attempt,
            hash,
            line,
            end: self.lines.offset(),
        });
        Ok(attempt)
    }
}

/// 20 digits and a space, and what follows.
fn number(line: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = line.split_at_checked(21)?;
    let digits = digits.strip_suffix(b" ")?;
    digits.iter().all(u8::is_ascii_digit).then_some(())?;
    let number = core::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

/// Up to which attempt a `spilled` note declares void what is elsewhere.
fn attempt_of_note(entry: &[u8]) -> Option<u64> {
    let note = is_note(entry).then(|| serde_json::from_slice::<Note>(entry).ok())??;
    match note.kind() {
        NoteKind::Spilled { attempt, .. } => Some(*attempt),
        _ => None,
    }
}
