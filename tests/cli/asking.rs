//! What is asked on a terminal.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::place::{KMS, Place, Ran};

/// Runs the command with a terminal as its standard input, on which somebody has typed this.
fn run(place: &Place, arguments: &[&str], typed: &[u8]) -> Ran {
    let pty = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&pty).unwrap();
    unlockpt(&pty).unwrap();
    let name = ptsname(&pty, Vec::new()).unwrap();
    let name = std::ffi::OsStr::from_bytes(name.as_bytes());
    let mut options = OpenOptions::new();
    let terminal = options.read(true).write(true).open(name).unwrap();
    let mut keyboard = File::from(pty);
    keyboard.write_all(typed).unwrap();
    let mut command = place.command(arguments);
    let output = command.stdin(Stdio::from(terminal)).output().unwrap();
    place.checked(output)
}

#[test]
fn a_key_is_destroyed_when_its_digits_are_typed() {
    let place = Place::new();
    let destroy = [&["keyset", "destroy", "keys.json", "2"], &KMS[..]].concat();
    let ran = run(&place, &destroy, b"6a5dde1c\n");
    assert_eq!(
        (ran.code, &*ran.out),
        (
            0,
            "destroyed: version 2, destroyed, key 6a5dde1caac2; generation 8\n"
        )
    );
    assert_eq!(
        ran.err,
        "This destroys version 2, decrypt-only, key 6a5dde1caac2.\n\
         What it sealed cannot be opened again, but with a backup of this file.\n\
         No census was given: nobody looked whether something is under it.\n\
         Type the first 8 digits of the key to go on: "
    );
}

#[test]
fn another_answer_changes_nothing() {
    let place = Place::new();
    let destroy = [&["keyset", "destroy", "keys.json", "2"], &KMS[..]].concat();
    let before = place.contents();
    for typed in [
        &b"\n"[..],
        b"y\n",
        b"yes\n",
        b"2\n",
        b"6a5dde1\n",
        b"6a5dde1caac2\n",
        b"6A5DDE1C\n",
        b"338f5029\n", // the active key's
        b"\x04",       // the end of input
    ] {
        let ran = run(&place, &destroy, typed);
        assert_eq!((ran.code, &*ran.out), (3, ""), "{typed:?}");
        assert!(
            ran.err
                .ends_with("that is another answer; nothing was changed\n"),
            "{ran:?}"
        );
        assert_eq!(place.contents(), before, "{typed:?}");
    }
}

#[test]
fn nobody_is_asked_who_cannot_decide() {
    let place = Place::new();
    let before = place.contents();
    place.write(
        "empty.json",
        place.run(&["census", "--json"]).out.as_bytes(),
    );
    for more in [
        &["4"][..],
        &["1"],
        &["7"],
        &["2", "--census", "empty.json"],
        &["2", "--census", "none"],
    ] {
        let arguments = [&["keyset", "destroy", "keys.json"], more, &KMS].concat();
        let ran = run(&place, &arguments, b"6a5dde1c\n");
        assert!(ran.code == 3 || ran.code == 1, "{ran:?}");
        assert!(!ran.err.contains("Type the first"), "{ran:?}");
    }
    let after = place.contents();
    assert!(
        after
            .iter()
            .all(|file| file.0 == "empty.json" || before.contains(file))
    );
}

#[test]
fn the_question_says_what_the_census_said() {
    let place = Place::new();
    let census = crate::ward::census_of_rows(&place, 1).to_json();
    place.write("free.json", census.as_bytes());
    let destroy = [
        &[
            "keyset",
            "destroy",
            "keys.json",
            "2",
            "--census",
            "free.json",
        ],
        &KMS[..],
    ]
    .concat();
    let ran = run(&place, &destroy, b"no\n");
    assert!(
        ran.err
            .contains("\nThe census names nothing under it. It knows what it was shown.\n")
    );
    let ran = run(
        &place,
        &[&destroy[..], &["--even-if-used"]].concat(),
        b"no\n",
    );
    assert!(
        ran.err.contains("\nIt goes EVEN IF the census names it.\n"),
        "{ran:?}"
    );
    // The answer in the other form of output.
    let ran = run(&place, &[&destroy[..], &["--json"]].concat(), b"6a5dde1c\n");
    assert_eq!(ran.json()["key"]["state"], "destroyed");
}
