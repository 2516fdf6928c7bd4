//! A binary with a KMS of its own.

use std::process::ExitCode;
use std::sync::Arc;

use phi_seal::SecretBytes;
use phi_seal::cli::Program;
use phi_seal::key::{BoxFuture, KeyError, KeyErrorKind, Kms, LocalKms, WrapContext, WrappedKey};
use pollster::block_on;

use crate::place::Place;

/// A local root key that answers with an error when it is asked to unwrap.
#[derive(Debug)]
struct Failing(LocalKms, KeyErrorKind);

impl Kms for Failing {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        self.0.wrap(payload, context)
    }

    fn unwrap<'a>(
        &'a self,
        _: &'a WrappedKey,
        _: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async { Err(KeyError::new(self.1, "as the test says")) })
    }
}

fn run(program: Program, arguments: &[&str]) -> ExitCode {
    block_on(program.run(arguments))
}

#[test]
fn a_kms_is_chosen_by_its_scheme() {
    let place = Place::new();
    let (file, root) = (place.path("keys.json"), place.path("root.key"));
    let root = Arc::new(root);
    let program = || {
        let root = root.clone();
        Program::new().kms("ward", "ward:NAME, this one", async move |name: &str| {
            assert_eq!(name, "a:b");
            LocalKms::from_file(&*root)
        })
    };
    let rotate = |kms| {
        let arguments = [
            "phi-seal",
            "keyset",
            "rotate",
            file.to_str().unwrap(),
            "--kms",
            kms,
        ];
        run(program(), &arguments)
    };
    assert_eq!(rotate("ward:a:b"), ExitCode::SUCCESS);
    assert_eq!(place.keyset().keyset().generation(), 8);
    for unknown in ["ward", "ward:", "Ward:a:b", ":a:b", ""] {
        assert_eq!(rotate(unknown), ExitCode::from(1), "{unknown}");
    }
    assert_eq!(place.keyset().keyset().generation(), 8);
}

#[test]
fn the_exit_code_says_whether_it_is_the_kms() {
    let place = Place::new();
    let file = place.path("keys.json");
    let before = place.contents();
    let code = |kind, is_opened: bool| {
        let root = place.path("root.key");
        let program =
            Program::new().kms("local", "local:PATH, but failing", async move |_: &str| {
                match is_opened {
                    true => Ok(Failing(LocalKms::from_file(&root)?, kind)),
                    false => Err(KeyError::new(kind, "as the test says")),
                }
            });
        let arguments = [
            "phi-seal",
            "keyset",
            "verify",
            file.to_str().unwrap(),
            "--kms",
            "local:x",
        ];
        run(program, &arguments)
    };
    for is_opened in [true, false] {
        for kind in [
            KeyErrorKind::Denied,
            KeyErrorKind::Unavailable,
            KeyErrorKind::Throttled,
        ] {
            assert_eq!(code(kind, is_opened), ExitCode::from(4), "{kind:?}");
        }
        for kind in [
            KeyErrorKind::WrongKey,
            KeyErrorKind::Disabled,
            KeyErrorKind::Contract,
        ] {
            assert_eq!(code(kind, is_opened), ExitCode::from(1), "{kind:?}");
        }
    }
    assert_eq!(place.contents(), before);
}
