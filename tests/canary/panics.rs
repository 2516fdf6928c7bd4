//! Panic messages, as a hook sees them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use phi_seal::{Phi, Sealed, from_json};

use crate::evidence::Evidence;
use crate::ward::{LIST, MARKERS, TEXT, Ward};

#[test]
fn panic_messages_quote_no_plaintext() {
    static MESSAGES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        MESSAGES.lock().unwrap().push(info.to_string());
        before(info);
    }));
    let ward = Ward::new();
    for marker in MARKERS {
        let phi = Phi::new(marker.to_string());
        let list = Phi::new(vec![marker.to_string()]);
        let sealed = ward.session.seal_value(&TEXT, ward.row(), &phi).unwrap();
        let fields = [TEXT.info()];
        let opened = || ward.session.open_value(&TEXT, ward.row(), &sealed);
        let quoted = format!("\"{marker}\"");
        let panics: [&dyn Fn(); 10] = [
            &|| {
                let _ = opened().unwrap_err();
            },
            &|| {
                let _ = opened().expect_err("a refusal");
            },
            &|| {
                let elsewhere = ward.next_row();
                let _ = ward.session.open_value(&TEXT, elsewhere, &sealed).unwrap();
            },
            &|| {
                let _ = Sealed::<String>::from_text(marker).unwrap();
            },
            &|| {
                let _ = from_json::<Phi<u32>>(quoted.as_bytes()).unwrap();
            },
            &|| {
                let _ = serde_json::from_str::<Phi<u32>>(&quoted).unwrap();
            },
            &|| {
                let sealed = ward.session.seal_value(&LIST, ward.row(), &list);
                let _ = sealed.unwrap_err();
            },
            &|| {
                let _ = list.expose()[1].len();
            },
            &|| panic!("{phi:?} {:?} {:?}", opened(), ward.session),
            &|| {
                let _ = ward.session.open_with(|mut opening| -> Result<(), _> {
                    let permit = opening.authorize(ward.row(), &fields)?;
                    let pending = opening.open(&permit, &TEXT, &sealed);
                    panic!("{pending:?}")
                });
            },
        ];
        for (number, panics) in panics.iter().enumerate() {
            let result = catch_unwind(AssertUnwindSafe(panics));
            assert!(result.is_err(), "number {number} panics");
        }
        let caught = catch_unwind(|| panic!("{}", Phi::new(marker.to_string()).expose()));
        assert!(caught.is_err());

        let messages = std::mem::take(&mut *MESSAGES.lock().unwrap());
        // Other tests may panic at the same time; this one's come in order.
        let own: Vec<_> = messages
            .iter()
            .filter(|message| message.contains("canary/panics.rs"))
            .collect();
        assert_eq!(own.len(), panics.len() + 1);
        let (exposed, messages) = own.split_last().unwrap();
        let mut evidence = Evidence::default();
        for message in messages {
            evidence.take("panic", message.as_str());
        }
        evidence.is_clean(marker, &ward.key);
        let detector = crate::detector::Detector::of_text(marker);
        assert!(detector.find(exposed.as_bytes()).is_some(), "the control");
    }
}
