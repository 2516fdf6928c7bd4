//! Neither PIN nor payload in anything that is printed or logged.

use std::fmt::Debug;
use std::fs;
use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};
use phi_seal::integration::pkcs11::{Pkcs11Kms, pin_from_file};
use phi_seal::key::{Kms, WrappedKey};
use pollster::block_on;

use crate::ward::{LONG, PAYLOAD, PIN, builder, context, created, key, secret, unwrap, wrap};

alone! {
    fn pin_and_payload_stay_out_of_what_is_printed_and_logged(ward) {
        log::set_logger(&LINES).unwrap();
        log::set_max_level(LevelFilter::Trace);
        // Evidence: the logger hears what the PKCS#11 crate logs.
        log::error!(target: "cryptoki", "heard");

        let module = ward.interposed();
        let mut printed = Printed::default();
        printed.take(&builder(&module));
        let kms = created(&module);
        printed.take(&kms);
        printed.take(&module);
        printed.take(&key());
        let wrapped = wrap(&kms).unwrap();
        printed.take(&wrapped);
        printed.take(&secret(PIN));

        // Each way out with an error.
        let mut errors = Vec::new();
        let mut bytes = wrapped.as_bytes().to_vec();
        bytes[20] ^= 1;
        errors.push(unwrap(&kms, &WrappedKey::new(kms.reference(), bytes).unwrap()).unwrap_err());
        errors.push(unwrap(&kms, &WrappedKey::new("other", PAYLOAD.to_vec()).unwrap()).unwrap_err());
        errors.push(block_on(kms.wrap(&secret(PAYLOAD.repeat(100)), &context())).unwrap_err());
        for code in ["5", "30", "68", "70", "b1", "b3", "deadbeef"] {
            for function in ["C_EncryptInit", "C_Encrypt"] {
                ward.tell(function, 1000, code);
                errors.push(wrap(&kms).unwrap_err());
                ward.tell(function, 0, code);
            }
            ward.tell("C_Decrypt", 1000, code);
            errors.push(unwrap(&kms, &wrapped).unwrap_err());
            ward.tell("C_Decrypt", 0, code);
        }
        drop(kms);
        // Sessions that were said to be lost were not closed, and are still logged in.
        ward.session().logout().unwrap();
        for code in ["a0", "a4", "5", "30"] {
            ward.tell("C_Login", 1000, code);
            errors.push(block_on(builder(&module).open()).unwrap_err());
        }
        ward.tell("C_Login", 0, "0");
        let path = ward.path("pin");
        fs::write(&path, format!("{PIN}\n\n")).unwrap();
        let odd = Pkcs11Kms::builder(&module, key(), pin_from_file(&path)).timeout(LONG);
        errors.push(block_on(odd.open()).unwrap_err());
        let both = Pkcs11Kms::builder(&module, key(), || Ok(secret(format!("{PIN}\n")))).timeout(LONG);
        errors.push(block_on(both.open()).unwrap_err());
        assert!(errors.len() > 25);
        for error in &errors {
            printed.take(error);
            printed.0.push_str(&error.to_string());
            printed.take(&phi_seal::Error::from(*error));
        }

        let logged = LINES.0.lock().unwrap().clone();
        assert!(logged.contains("heard"));
        for text in [printed.0, logged] {
            assert!(text.len() > 4);
            for canary in ["canary", "90210", "0123456789abcdef", "63616e617279", "99, 97, 110, 97"] {
                assert!(!text.contains(canary), "{canary} in {text}");
            }
        }
    }
}

#[derive(Default)]
struct Printed(String);

impl Printed {
    fn take(&mut self, value: &dyn Debug) {
        self.0.push_str(&format!("{value:?} {value:#?}\n"));
    }
}

struct Lines(Mutex<String>);

static LINES: Lines = Lines(Mutex::new(String::new()));

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}
