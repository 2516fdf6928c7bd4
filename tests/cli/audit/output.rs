//! Where PHI is written, and where not.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::process::Stdio;

use super::ward::{ONE, day};
use crate::place::{Place, Ran};

/// Commands that print PHI, without the key.
const TELLING: [&[&str]; 6] = [
    &["query", "journal"],
    &["prove", "journal", "3"],
    &[
        "report",
        "accesses",
        "journal",
        "--tenant",
        "mercy",
        "--subject",
        ONE,
    ],
    &["report", "break-glass", "journal"],
    &["report", "failures", "journal"],
    &[
        "report",
        "disclosures",
        "journal",
        "--tenant",
        "mercy",
        "--subject",
        ONE,
        "--requested-on",
        "2026-11-22",
    ],
];

fn with<'a>(command: &[&'a str], key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["audit"], command, &["--key", key], more].concat()
}

#[test]
fn a_file_is_made_for_its_owner_and_holds_what_would_be_printed() {
    let place = Place::new();
    let key = day(&place);
    for (number, command) in TELLING.iter().enumerate() {
        let printed = place.run(&with(command, &key, &[]));
        assert_eq!(
            (printed.code, printed.out.is_empty()),
            (0, false),
            "{command:?}"
        );
        let name = format!("out-{number}");
        let out = with(command, &key, &["--out", &name]);
        let written = place.run(&out);
        assert_eq!(written.code, 0, "{written:?}");
        assert!(!written.out.contains("canary"), "{written:?}");
        assert_eq!(place.read(&name), printed.out.as_bytes(), "{command:?}");
        let mode = fs::metadata(place.path(&name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        // Nothing is overwritten.
        assert_eq!(place.refused_kind(1, &out), "already-exists");
        let nowhere = with(command, &key, &["--out", "nowhere/out"]);
        assert_eq!(place.refused_kind(1, &nowhere), "not-found");
    }
}

/// As `> file` makes it under most umasks.
#[test]
fn a_standard_output_that_others_read_is_refused() {
    let place = Place::new();
    let key = day(&place);
    let into = |command: &[&str], mode: u32| -> (Ran, usize) {
        let path = place.path("redirected");
        let _ = fs::remove_file(&path);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let mut run = place.command(&with(command, &key, &[]));
        let output = run
            .stdin(Stdio::null())
            .stdout(Stdio::from(file.unwrap()))
            .output();
        let ran = place.checked(output.unwrap());
        (ran, fs::read(path).unwrap().len())
    };
    for command in TELLING {
        for mode in [0o644, 0o640, 0o604, 0o620] {
            let (ran, written) = into(command, mode);
            assert_eq!((ran.code, written), (3, 0), "{command:?}: {ran:?}");
            assert!(ran.err.contains("say --out FILE"), "{ran:?}");
        }
        let (ran, written) = into(command, 0o600);
        assert_eq!((ran.code, &*ran.err), (0, ""));
        assert!(written > 0);
    }
    let out = with(&["prove", "journal", "3"], &key, &["--out", "p"]);
    assert_eq!(place.run(&out).code, 0);
    let shown = ["prove", "--check", "p", "--show-entry"];
    assert_eq!(into(&shown, 0o644).0.code, 3);
    assert_eq!(into(&shown, 0o600).0.code, 0);
    assert_eq!(into(&shown[..3], 0o644).0.code, 0);
    // What names nobody may be written anywhere.
    let (ran, written) = into(&["verify", "journal"], 0o644);
    assert_eq!((ran.code, written > 0), (0, true));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let place = Place::new();
    let key = day(&place);
    for command in TELLING {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut run = place.command(&with(command, &key, &[]));
        let output = run.stdin(Stdio::null()).stdout(Stdio::from(full)).output();
        let ran = place.checked(output.unwrap());
        assert_eq!(ran.code, 1, "{command:?}");
        assert!(
            ran.err.contains("standard output could not be written"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_reader_who_has_enough_is_no_error() {
    let place = Place::new();
    let key = day(&place);
    for command in TELLING {
        let mut child = place.command(&with(command, &key, &[])).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    }
}

#[test]
fn help_says_what_is_phi() {
    let place = Place::new();
    for command in [
        &["query"][..],
        &["export"],
        &["prove"],
        &["report"],
        &["report", "disclosures"],
        &["report", "accesses"],
        &["report", "break-glass"],
    ] {
        let help = place.run(&[&["audit"], command, &["--help"]].concat());
        assert!(help.out.contains("PHI"), "{help:?}");
    }
}
