//! Headings, aligned lines and tables for 100 columns.
//!
//! Colour goes only where it is wanted: `anstream` minds `NO_COLOR` and output that is no terminal.

use std::fmt::Display;
use std::io::{self, Stdout, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const COLUMNS: usize = 100;
const INDENT: usize = 4;
const LABEL: usize = 20;

const HEADING: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const REFUSED: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

pub(crate) struct Terminal {
    out: AutoStream<Stdout>,
    steps: usize,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self {
            out: anstream::stdout(),
            steps: 0,
        }
    }

    /// A numbered heading.
    pub(crate) fn step(&mut self, heading: &str) -> io::Result<()> {
        self.steps += 1;
        let steps = self.steps;
        writeln!(self.out, "\n{HEADING}{steps:>2}  {heading}{HEADING:#}")
    }

    /// A sentence beside the story.
    pub(crate) fn remark(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:INDENT$}{FAINT}{text}{FAINT:#}", "")
    }

    /// What something is or says, cut at the edge.
    pub(crate) fn line(&mut self, label: &str, text: impl Display) -> io::Result<()> {
        let text = cut(&text.to_string(), COLUMNS - INDENT - LABEL);
        self.styled(label, Style::new(), &text)
    }

    /// Something that went as it should.
    pub(crate) fn good(&mut self, label: &str, text: impl Display) -> io::Result<()> {
        self.styled(label, GOOD, &format!("✓ {text}"))
    }

    /// Something that was refused, as it should be.
    pub(crate) fn refused(&mut self, label: &str, text: impl Display) -> io::Result<()> {
        self.styled(label, REFUSED, &format!("✗ {text}"))
    }

    /// Columns as wide as their widest cell; the first row is the header, the last column is cut.
    pub(crate) fn table(&mut self, rows: &[Vec<String>]) -> io::Result<()> {
        let widths = column_widths(rows);
        for (at, row) in rows.iter().enumerate() {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(c, w)| pad(c, *w)).collect();
            let style = if at == 0 { FAINT } else { Style::new() };
            let text = cut(cells.join("  ").trim_end(), COLUMNS - INDENT);
            writeln!(self.out, "{:INDENT$}{style}{text}{style:#}", "")?;
        }
        Ok(())
    }

    pub(crate) fn summary(&mut self, text: &str) -> io::Result<()> {
        let style = GOOD.bold();
        writeln!(self.out, "\n{style}{text}{style:#}")
    }

    /// Wraps what is too long.
    fn styled(&mut self, label: &str, style: Style, text: &str) -> io::Result<()> {
        let mut label = label;
        for line in wrap(text, COLUMNS - INDENT - LABEL) {
            let start = pad(label, LABEL);
            let line = line.trim_end();
            writeln!(self.out, "{:INDENT$}{start}{style}{line}{style:#}", "")?;
            label = "";
        }
        Ok(())
    }
}

/// The text within so many columns, with an ellipsis if something was cut off.
///
/// Counts columns, not characters: Chinese takes two each, combining marks take none.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.into();
    }
    let mut left = columns.saturating_sub(1);
    let kept = text.chars().take_while(|c| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    });
    kept.chain(['…']).collect()
}

/// Lines of at most so many columns, broken between words; later ones stand in by two.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + word.trim_end().width() <= columns => line.push_str(word),
            _ => lines.push(format!("  {word}")),
        }
    }
    lines
}

fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    format!("{text}{:missing$}", "")
}

fn column_widths(rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    widths
}
