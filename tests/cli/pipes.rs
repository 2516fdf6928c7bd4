//! Readers that go away, and disks that are full.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::place::{KMS, Place};
use crate::ward::column;

#[test]
fn a_reader_who_has_enough_is_no_error() {
    let place = Place::new();
    let line = column(&place, 1).remove(0);
    let input = format!("{line}\n").repeat(20_000);
    for arguments in [&["inspect"][..], &["inspect", "--json"]] {
        let mut child = place
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.clone();
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let mut first = String::new();
        // Reads one line and closes the pipe.
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(first.contains("1"), "{first}");
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        let status = child.wait().unwrap();
        writer.join().unwrap();
        assert_eq!((status.code(), &*told), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_command_is_done_although_nobody_reads() {
    let place = Place::new();
    let rotate = [&["keyset", "rotate", "keys.json"], &KMS[..]].concat();
    let mut child = place.command(&rotate).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(place.keyset().keyset().generation(), 8);
}

/// `phi-seal census --json > census.json` must not leave half a file and say that all is well.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let place = Place::new();
    for arguments in [
        &["census", "--json"][..],
        &["keyset", "list", "keys.json"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = place.command(arguments);
        let output = command
            .stdin(Stdio::null())
            .stdout(Stdio::from(full))
            .output();
        let ran = place.checked(output.unwrap());
        assert_eq!(ran.code, 1, "{arguments:?}");
        assert!(
            ran.err.contains("standard output could not be written"),
            "{ran:?}"
        );
    }
}
