//! Asking before what cannot be undone.

use alloc::string::String;
use core::fmt;
use std::io::{self, BufRead, IsTerminal, Read};

use super::console::Console;
use super::failure::Failure;

/// Has somebody type `answer` on the terminal that is standard input.
pub(super) fn confirm(
    console: &mut Console,
    question: fmt::Arguments<'_>,
    answer: &str,
) -> Result<(), Failure> {
    let input = io::stdin().lock();
    if !input.is_terminal() {
        return Err(Failure::refused(
            "this cannot be undone, and nobody can be asked: standard input is no terminal. Say --yes",
        ));
    }
    console.note(question);
    let mut typed = String::new();
    let read = input.take(256).read_line(&mut typed);
    if read.is_ok() && typed.trim() == answer {
        return Ok(());
    }
    Err(Failure::refused(
        "that is another answer; nothing was changed",
    ))
}
