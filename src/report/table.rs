//! Rows as CSV for people and as NDJSON for programs.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Write};

use serde::Serialize;

/// A row of a report.
pub trait Row: Serialize {
    /// The columns' names in CSV.
    const COLUMNS: &'static [&'static str];

    /// The cells, as many as there are columns.
    fn cells(&self) -> Vec<Cow<'_, str>>;
}

/// Writes rows as they come: as CSV (RFC 4180, UTF-8) or as NDJSON.
///
/// In CSV, every cell is quoted, and lines end with CRLF. **A spreadsheet takes a cell that begins with
/// `=`, `+`, `-`, `@`, a tab or a line end for a formula, and ids are chosen by others: such a cell gets
/// an apostrophe in front**, also behind spaces and as full-width character. So CSV is for people:
/// programs read NDJSON, where every value is exact.
///
/// # Example
///
/// ```
/// use phi_seal::report::{Row, Table};
/// use std::borrow::Cow;
///
/// #[derive(serde::Serialize)]
/// struct Visit {
///     actor: String,
/// }
///
/// impl Row for Visit {
///     const COLUMNS: &'static [&'static str] = &["actor"];
///
///     fn cells(&self) -> Vec<Cow<'_, str>> {
///         vec![Cow::Borrowed(&self.actor)]
///     }
/// }
///
/// let visit = Visit { actor: "=HYPERLINK(\"x\")".into() };
/// let mut table = Table::csv(Vec::new())?;
/// table.write(&visit)?;
/// assert_eq!(table.finish()?, b"\"actor\"\r\n\"'=HYPERLINK(\"\"x\"\")\"\r\n");
///
/// let mut table = Table::ndjson(Vec::new());
/// table.write(&visit)?;
/// assert_eq!(table.finish()?, b"{\"actor\":\"=HYPERLINK(\\\"x\\\")\"}\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Table<R, W> {
    out: W,
    is_csv: bool,
    _rows: core::marker::PhantomData<fn(&R)>,
}

impl<R: Row, W: Write> Table<R, W> {
    /// A table in CSV; writes the columns' names.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn csv(out: W) -> io::Result<Self> {
        let mut table = Self::new(out, true);
        let names = R::COLUMNS.iter().map(|name| Cow::Borrowed(*name));
        table.write_cells(names)?;
        Ok(table)
    }

    /// A table in NDJSON: one JSON object a line.
    pub const fn ndjson(out: W) -> Self {
        Self::new(out, false)
    }

    const fn new(out: W, is_csv: bool) -> Self {
        Self {
            out,
            is_csv,
            _rows: core::marker::PhantomData,
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn write(&mut self, row: &R) -> io::Result<()> {
        if self.is_csv {
            self.write_cells(row.cells().into_iter())
        } else {
            write_json_line(&mut self.out, row)
        }
    }

    /// Flushes the output and gives it back.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn write_cells<'c>(&mut self, cells: impl Iterator<Item = Cow<'c, str>>) -> io::Result<()> {
        let mut line = String::new();
        for (at, cell) in cells.enumerate() {
            line.push_str(if at == 0 { "\"" } else { ",\"" });
            if is_formula(&cell) {
                line.push('\'');
            }
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        }
        line.push_str("\r\n");
        self.out.write_all(line.as_bytes())
    }
}

impl<R, W> fmt::Debug for Table<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("is_csv", &self.is_csv)
            .finish_non_exhaustive()
    }
}

/// Whether a spreadsheet may take the cell for more than text.
fn is_formula(cell: &str) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let shown = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// One JSON value on a line.
pub(super) fn write_json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value).map_err(io::Error::from)?;
    line.push(b'\n');
    out.write_all(&line)
}
