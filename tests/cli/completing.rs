//! `completions`.

use std::process::Command;

use crate::place::Place;

#[test]
fn each_shell_has_a_script_that_knows_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = place.run(&["completions", shell]);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{shell}");
        for word in [
            "set-minimum-version",
            "if-older-than",
            "even-if-used",
            "rewrap",
            "census",
            "break-glass",
            "heartbeat-every",
        ] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    place.refused(2, &["completions", "cmd"]);
    place.refused(2, &["completions"]);
}

#[test]
fn the_scripts_are_of_their_shells() {
    let place = Place::new();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        // Where the shell is not installed, there is nothing to ask.
        if Command::new(shell).arg("--version").output().is_err() {
            continue;
        }
        place.write("script", place.run(&["completions", shell]).out.as_bytes());
        let checked = Command::new(shell)
            .args([check.as_ref(), place.path("script").as_os_str()])
            .output();
        let checked = checked.unwrap();
        assert!(
            checked.status.success() && checked.stderr.is_empty(),
            "{checked:?}"
        );
        place.write("script", b"if then ( \"");
        let refused = Command::new(shell)
            .args([check.as_ref(), place.path("script").as_os_str()])
            .output();
        assert!(
            !refused.unwrap().status.success(),
            "{shell} would take anything"
        );
    }
}
