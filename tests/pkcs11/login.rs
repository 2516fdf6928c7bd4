//! PINs: where they come from, and that a wrong one is offered once.

use std::fs;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use cryptoki::session::UserType;
use phi_seal::SecretBytes;
use phi_seal::integration::pkcs11::{
    Pkcs11Kms, Pkcs11KmsBuilder, Pkcs11Module, pin_from_env, pin_from_file,
};
use phi_seal::key::{KeyError, KeyErrorKind, Kms};
use pollster::block_on;

use crate::ward::{LONG, PAYLOAD, PIN, Ward, created, key, kind, pin, secret, unwrap, wrap};

const DENIED: Option<KeyErrorKind> = Some(KeyErrorKind::Denied);

fn with_pin(
    module: &Pkcs11Module,
    pin: impl Fn() -> Result<SecretBytes, KeyError> + Send + Sync + 'static,
) -> Pkcs11KmsBuilder {
    Pkcs11Kms::builder(module, key(), pin).timeout(LONG)
}

/// A module with a key, and nobody logged in.
fn logged_out(ward: &Ward) -> Pkcs11Module {
    let module = ward.interposed();
    drop(created(&module));
    module
}

alone! {
    fn a_wrong_pin_is_offered_once(ward) {
        let module = logged_out(ward);
        let before = ward.calls("C_Login");
        let said = Arc::new(Mutex::new("wrong-1"));
        let source = said.clone();
        let open = || {
            let source = source.clone();
            block_on(with_pin(&module, move || Ok(secret(*source.lock().unwrap()))).open())
        };
        assert_eq!(kind(open()), DENIED);
        assert_eq!(ward.calls("C_Login") - before, 1);
        for _ in 0..3 {
            assert_eq!(kind(open()), DENIED);
        }
        assert_eq!(ward.calls("C_Login") - before, 1);

        // It would be the right one now: what is asserted is that nobody tries it.
        let session = ward.session();
        session.login(UserType::So, Some(&pin("so-pin"))).unwrap();
        session.init_pin(&pin("wrong-1")).unwrap();
        session.logout().unwrap();
        assert_eq!(kind(open()), DENIED);
        assert_eq!(ward.calls("C_Login") - before, 1);
        session.login(UserType::So, Some(&pin("so-pin"))).unwrap();
        session.init_pin(&pin(PIN)).unwrap();
        session.logout().unwrap();

        *said.lock().unwrap() = "wrong-2";
        assert_eq!(kind(open()), DENIED);
        assert_eq!(ward.calls("C_Login") - before, 2);
        *said.lock().unwrap() = PIN;
        let kms = open().unwrap();
        assert_eq!(ward.calls("C_Login") - before, 3);
        assert_eq!(unwrap(&kms, &wrap(&kms).unwrap()).unwrap(), PAYLOAD);
        assert_eq!(ward.calls("C_Login") - before, 3);
    }

    fn nor_by_many_at_once(ward) {
        let module = logged_out(ward);
        let said = Arc::new(Mutex::new(PIN));
        let source = said.clone();
        let kms = with_pin(&module, move || Ok(secret(*source.lock().unwrap()))).sessions(4);
        let kms = Arc::new(block_on(kms.open()).unwrap());
        *said.lock().unwrap() = "wrong";
        ward.session().logout().unwrap();
        let before = ward.calls("C_Login");
        let calls: Vec<_> = (0..32).map(|_| {
            let kms = kms.clone();
            thread::spawn(move || kind(wrap(&*kms)))
        }).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), DENIED);
        }
        assert_eq!(ward.calls("C_Login") - before, 1);
        *said.lock().unwrap() = PIN;
        assert!(wrap(&*kms).is_ok());
    }

    fn no_pin_is_guessed_without_end(ward) {
        let module = logged_out(ward);
        let before = ward.calls("C_Login");
        for n in 0..20 {
            let wrong = with_pin(&module, move || Ok(secret(format!("wrong-{n}"))));
            assert_eq!(kind(block_on(wrong.open())), DENIED);
        }
        assert_eq!(ward.calls("C_Login") - before, 8);
    }

    fn what_can_be_no_pin_is_not_offered(ward) {
        let module = logged_out(ward);
        let before = ward.calls("C_Login");
        let refused = |pin: Result<Vec<u8>, KeyError>| {
            let source = move || pin.clone().map(SecretBytes::from_vec);
            kind(block_on(with_pin(&module, source).open())).unwrap()
        };
        for bad in [b"".to_vec(), b"4711\n".to_vec(), b"47\t11".to_vec(), vec![0xff; 4], vec![b'7'; 257]] {
            assert_eq!(refused(Ok(bad.clone())), KeyErrorKind::Malformed, "{bad:?}");
        }
        let down = KeyError::new(KeyErrorKind::Throttled, "the secret store asks to slow down");
        assert_eq!(refused(Err(down)), KeyErrorKind::Throttled);
        let no_variable = with_pin(&module, pin_from_env("PHI_SEAL_NO_SUCH_PIN"));
        assert_eq!(kind(block_on(no_variable.open())), Some(KeyErrorKind::NotFound));
        let panics = with_pin(&module, || panic!("the secret store's client has a bug"));
        assert_eq!(kind(block_on(panics.open())), Some(KeyErrorKind::Contract));
        assert_eq!(ward.calls("C_Login") - before, 0);
        assert!(block_on(with_pin(&module, || Ok(secret(PIN))).open()).is_ok());
    }

    fn a_locked_pin_and_a_last_try_are_left_alone(ward) {
        let module = logged_out(ward);
        let open = || kind(block_on(with_pin(&module, || Ok(secret(PIN))).open()));
        let before = ward.calls("C_Login");
        // CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_LOCKED.
        for flags in ["+20000", "+40000"] {
            ward.tell("C_GetTokenInfo", 1000, flags);
            assert_eq!(open(), DENIED, "{flags}");
        }
        assert_eq!(ward.calls("C_Login") - before, 0);
        ward.tell("C_GetTokenInfo", 0, "+0");
        // CKR_PIN_LOCKED.
        ward.tell("C_Login", 1, "a4");
        assert_eq!(open(), DENIED);
        assert_eq!(open(), DENIED);
        assert_eq!(ward.calls("C_Login") - before, 1);
    }

    /// Some tokens may mean the PIN by CKR_GENERAL_ERROR or CKR_FUNCTION_FAILED.
    fn an_unclear_refusal_is_not_tried_again_by_itself(ward) {
        let module = logged_out(ward);
        let open = || block_on(with_pin(&module, || Ok(secret(PIN))).open());
        for code in ["5", "6"] {
            let before = ward.calls("C_Login");
            ward.tell("C_Login", 1, code);
            assert_eq!(kind(open()), Some(KeyErrorKind::Unavailable));
            assert_eq!(ward.calls("C_Login") - before, 1);
        }
        assert!(open().is_ok());
    }

    fn pins_come_from_files_and_the_environment(ward) {
        let path = ward.path("pin");
        if std::env::var_os("PHI_SEAL_TEST_PIN").is_none() {
            return crate::process::run(ward.folder(), &ward.name, &[("PHI_SEAL_TEST_PIN", PIN)]);
        }
        let module = logged_out(ward);
        drop(block_on(with_pin(&module, pin_from_env("PHI_SEAL_TEST_PIN")).open()).unwrap());

        for end in ["", "\n", "\r\n"] {
            write_private(&path, &format!("{PIN}{end}"));
            drop(block_on(with_pin(&module, pin_from_file(&path)).open()).unwrap());
        }
        for content in [format!("{PIN}\n\n"), String::new(), "\n".into(), "7".repeat(300)] {
            write_private(&path, &content);
            let refused = kind(block_on(with_pin(&module, pin_from_file(&path)).open()));
            assert_eq!(refused, Some(KeyErrorKind::Malformed), "{content:?}");
        }
        write_private(&path, PIN);
        for (mode, expected) in [(0o640, true), (0o604, true), (0o400, false), (0o600, false)] {
            chmod(&path, mode);
            let opened = kind(block_on(with_pin(&module, pin_from_file(&path)).open()));
            assert_eq!(opened, expected.then_some(KeyErrorKind::Permissions), "{mode:o}");
        }
        // Read at each login, not once.
        let kms = block_on(with_pin(&module, pin_from_file(&path)).open()).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(wrap(&kms).is_ok());
        ward.session().logout().unwrap();
        assert_eq!(kind(wrap(&kms)), Some(KeyErrorKind::NotFound));
        write_private(&path, PIN);
        assert!(wrap(&kms).is_ok());
        assert!(kms.owns(kms.reference()));
    }
}

fn write_private(path: &std::path::Path, content: &str) {
    fs::write(path, content).unwrap();
    chmod(path, 0o600);
}

fn chmod(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
