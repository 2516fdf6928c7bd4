//! Arguments that are not understood, and help.

use crate::place::{Place, ROOT};

#[test]
fn help_and_version_are_printed() {
    let place = Place::new();
    for arguments in [
        &["--help"][..],
        &["help"],
        &["keyset", "--help"],
        &["keyset", "destroy", "-h"],
        &["--version"],
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{arguments:?}");
        assert!(ran.out.len() > 10);
    }
    let version = place.run(&["--version"]).out;
    assert_eq!(version, format!("phi-seal {}\n", env!("CARGO_PKG_VERSION")));
    let help = place.run(&["--help"]).out;
    for word in ["Exit codes: 0 done;", "local:PATH", "local-env:VARIABLE"] {
        assert!(help.contains(word), "{word}");
    }
    assert_eq!(help.contains("pkcs11:token="), cfg!(feature = "pkcs11"));
    for command in ["inspect", "census"] {
        let help = place.run(&[command, "--help"]).out.replace('\n', " ");
        assert!(help.contains("pseudonym of a patient"), "{command}");
    }
}

#[test]
fn what_is_not_understood_is_an_error_of_usage() {
    let place = Place::new();
    for arguments in [
        &[][..],
        &["keyset"],
        &["keyset", "liste", "keys.json"],
        &["keyset", "list"],
        &["keyset", "list", "keys.json", "keys.json"],
        &["keyset", "list", "keys.json", "--all"],
        &["keyset", "rotate", "keys.json"],
        &["keyset", "new", "--kms", "local:root.key"],
        &["root-key"],
        &["frobnicate"],
        &["--json"],
        &["inspect", "--spelt", "octal"],
        &["keyset", "list", "keys.json", "--kms"],
        &[
            "keyset",
            "list",
            "keys.json",
            "--kms",
            "local:a",
            "--kms",
            "local:b",
        ],
    ] {
        let error = place.refused(2, arguments);
        assert!(
            error.contains("Usage: phi-seal") || error.contains("--help"),
            "{error}"
        );
    }
    assert!(
        place
            .refused(2, &["keyset", "liste", "x"])
            .contains("unrecognized subcommand '…'")
    );
}

/// Terminals and jobs keep what is printed, and somebody types a secret in the wrong place.
#[test]
fn what_was_typed_is_not_repeated() {
    let place = Place::new();
    let root = ROOT;
    let with = |option: &str| format!("{option}={root}");
    for arguments in [
        &["keyset", "list", "keys.json", root][..],
        &["keyset", root],
        &[root],
        &["keyset", "list", "keys.json", "--kms", root],
        &["keyset", "list", "keys.json", &with("--root")],
        &["keyset", "list", "keys.json", &with("--full-ids")],
        &["keyset", "list", "keys.json", &format!("--{root}")],
        &[
            "keyset",
            "add",
            "keys.json",
            "--kms",
            "local:root.key",
            "--use",
            root,
        ],
        &[
            "keyset",
            "disable",
            "keys.json",
            root,
            "--kms",
            "local:root.key",
        ],
        &[
            "keyset",
            "rotate",
            "keys.json",
            "--kms",
            "local:root.key",
            "--if-older-than",
            root,
        ],
        &[
            "keyset",
            "list",
            "keys.json",
            "--kms",
            &format!("local:{root}"),
        ],
        &[
            "keyset",
            "list",
            "keys.json",
            "--kms",
            &format!("local-env:{root}"),
        ],
        &["keyset", "list", root],
        &[
            "keyset",
            "verify",
            "keys.json",
            "--kms",
            "local:root.key",
            "--is",
            root,
        ],
        &[
            "keyset",
            "destroy",
            "keys.json",
            "2",
            "--yes",
            "--kms",
            "local:root.key",
            "--census",
            root,
        ],
        &["inspect", root],
        &["inspect", "--spelt", root],
        &["completions", root],
        &[
            "keyset",
            "rotate",
            "keys.json",
            "--kms",
            "pkcs11:token=a;object=b;id=%01?pin-value=phi-root1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        ],
    ] {
        // `Place::run` looks for the key.
        let ran = place.run(arguments);
        assert!(ran.code == 1 || ran.code == 2, "{arguments:?}: {ran:?}");
        assert!(ran.out.is_empty() && !ran.err.contains("AAECAw"), "{ran:?}");
    }
}
