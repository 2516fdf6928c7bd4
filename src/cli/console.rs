//! Standard output and error.

use core::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

use super::failure::{Exit, Failure};

pub(super) struct Console {
    pub(super) json: bool,
    out: BufWriter<StdoutLock<'static>>,
}

impl Console {
    pub(super) fn new() -> Self {
        Self {
            json: false,
            out: BufWriter::new(io::stdout().lock()),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(of_io)
    }

    /// Standard output as a writer; what its errors mean says [`of_io`].
    pub(super) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    pub(super) fn line(&mut self, line: fmt::Arguments<'_>) -> Result<(), Failure> {
        writeln!(self.out, "{line}").map_err(of_io)
    }

    /// One JSON document, indented.
    pub(super) fn document(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(document).map_err(|_| Failure::of_output())?;
        self.line(format_args!("{text}"))
    }

    /// One JSON document on a line of its own.
    pub(super) fn record(&mut self, record: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(record).map_err(|_| Failure::of_output())?;
        self.line(format_args!("{text}"))
    }

    /// On standard error, as it is. Nobody is told if that cannot be written.
    pub(super) fn note(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.out.flush();
        let mut err = io::stderr().lock();
        let _ = err.write_fmt(text).and_then(|()| err.flush());
    }

    /// Says why a command failed.
    pub(super) fn tell(&mut self, failure: &Failure) -> Exit {
        if failure.message.is_empty() {
            return failure.exit;
        }
        if self.json {
            let (kind, message) = (failure.kind, &failure.message);
            let error = serde_json::json!({ "error": { "kind": kind, "message": message } });
            self.note(format_args!("{error}\n"));
        } else {
            self.note(format_args!("phi-seal: {}\n", failure.message));
        }
        failure.exit
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(of_io)
    }
}

pub(super) fn of_io(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::reader_gone(),
        _ => Failure::of_output(),
    }
}
