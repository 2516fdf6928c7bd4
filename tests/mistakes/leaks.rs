//! Plaintext in debug output, in errors and in freed memory.

use phi_seal::{SecretBytes, Serde, from_json};
use serde::Deserialize;

use crate::place::Place;
use crate::{ErrorKind, Phi, Sealed, key, open, seal};

const SECRET: &str = "metastatic";
const CARD: &str = "4111111111111111";

fn hides(what: &str, shown: &str) {
    assert!(!shown.contains(what), "{shown}");
    // Nor as a list of bytes.
    let bytes = format!("{:?}", &what.as_bytes()[..4]);
    let bytes = bytes.trim_matches(['[', ']']);
    assert!(!shown.contains(bytes), "{shown}");
}

#[test]
fn ironcore_alloy_debug_prints_plaintext() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug`")]
    struct Document {
        diagnosis: Phi<String>,
        codes: Option<Phi<Vec<String>>>,
        scan: Phi<Vec<u8>>,
        note: Phi<Serde<String>>,
        sealed: Sealed<String>,
    }
    let document = Document {
        diagnosis: Phi::new(SECRET.into()),
        codes: Some(Phi::new(vec![SECRET.into()])),
        scan: Phi::new(SECRET.into()),
        note: Phi::new(Serde::new(SECRET.into())),
        sealed: seal(&Place::default(), SECRET),
    };
    for shown in [format!("{document:?}"), format!("{document:#?}")] {
        hides(SECRET, &shown);
        assert!(shown.contains("Phi<String>"), "{shown}");
    }
    hides(
        SECRET,
        &format!("{:?}", SecretBytes::from_vec(SECRET.into())),
    );
    hides(SECRET, &format!("{:?}", Serde::new(String::from(SECRET))));
}

/// All that an opening hands out, and the opening itself, at each step.
#[test]
fn aws_encryption_sdk_debug_of_the_decrypt_output() {
    let place = Place::default();
    let sealed = seal(&place, SECRET);
    let (session, sink) = place.session(key());
    let field = place.field::<String>();
    let fields = [field.info()];
    let shown = place.within(|_, row| {
        session.open_with(|mut opening| {
            let permit = opening.authorize(row, &fields)?;
            let pending = opening.open(&permit, &field, &sealed);
            let mut shown = format!("{opening:?} {permit:?} {pending:?} {row:?}");
            let release = opening.record()?;
            shown += &format!("{release:?} {:?}", release.release(pending)?);
            Ok(shown)
        })
    });
    let shown = format!("{} {session:?} {:?}", shown.unwrap(), sink.events());
    assert!(shown.contains("Pending { .. }") && shown.contains("Phi<String>"));
    hides(SECRET, &shown);
    // Nor does `Debug` tell who it is about, or under which key.
    for id in [&*place.subject, &*place.record_id, &*place.tenant] {
        hides(id, &shown);
    }
    hides(&key().id().to_hex(), &shown);
    hides(
        &key().id().to_hex(),
        &format!("{sealed:?} {:?}", sealed.key_id()),
    );
}

#[test]
fn hyperswitch_deserialisation_errors_log_raw_card_data() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by `Debug`")]
    struct Card {
        number: Phi<u32>,
        holder: Option<Phi<bool>>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by `Debug`")]
    struct Row {
        number: Sealed<String>,
    }

    let mut refused = 0;
    let mut check = |shown: String| {
        hides(CARD, &shown);
        refused += 1;
    };
    for body in [
        format!(r#"{{"number":"{CARD}"}}"#),
        format!(r#"{{"number":{CARD}}}"#),
        format!(r#"{{"number":1,"holder":"{CARD}"}}"#),
        format!(r#"{{"{CARD}":1}}"#),
        format!(r#"{{"number":[{CARD}]}}"#),
        format!(r#""{CARD}""#),
        format!(r#"{{"number":1}}{CARD}"#),
        format!(r#"{{"number":1,"number":{CARD}}}"#),
    ] {
        let error = from_json::<Card>(body.as_bytes()).unwrap_err();
        check(format!("{error} {error:?}"));
    }
    for json in [
        format!(r#"{{"number":"{CARD}"}}"#),
        format!(r#"{{"number":{CARD}}}"#),
        format!(r#"{{"number":["{CARD}"]}}"#),
        format!(r#"{{"number":{{"{CARD}":1}}}}"#),
        format!(r#"{{"number":"phi1.{CARD}"}}"#),
    ] {
        let error = serde_json::from_str::<Row>(&json).unwrap_err();
        check(format!("{error} {error:?}"));
    }
    for value in [format!("{CARD:?}"), CARD.into(), format!("[{CARD}]")] {
        let error = serde_json::from_str::<Phi<u32>>(&value).unwrap_err();
        check(format!("{error} {error:?}"));
        let error = serde_json::from_str::<Serde<u32>>(&value);
        check(format!("{:?}", error.unwrap_err()));
    }
    let error = Sealed::<String>::from_text(CARD).unwrap_err();
    check(format!("{error} {error:?}"));
    assert_eq!(refused, 20);

    // What was sealed as one type and is read as another.
    let place = Place::default();
    let (session, _) = place.session(key());
    let error = place.within(|_, row| {
        let text = Phi::new(Serde::new(String::from(CARD)));
        let sealed = session.seal_value(&place.field(), row, &text).unwrap();
        let sealed = Sealed::<Serde<u32>>::from_bytes(sealed.into_bytes()).unwrap();
        let opened = session.open_value(&place.field(), row, &sealed);
        opened.map(drop).unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    hides(CARD, &format!("{error} {error:?}"));
}

#[test]
fn secrecy_from_string_reallocates_and_leaves_a_copy() {
    let mut roomy = String::with_capacity(4096);
    roomy.push_str(SECRET);
    let (at, room) = (roomy.as_ptr(), roomy.capacity());
    let phi = Phi::from(roomy);
    assert_eq!((phi.expose().as_ptr(), phi.expose().capacity()), (at, room));

    let mut roomy = Vec::with_capacity(4096);
    roomy.extend_from_slice(SECRET.as_bytes());
    let at = roomy.as_ptr();
    let secret = SecretBytes::from_vec(roomy);
    assert_eq!(secret.as_slice().as_ptr(), at);
    // Out of the buffer that was decrypted into, too.
    let text = secret.into_string().unwrap();
    assert_eq!((text.as_ptr(), &*text), (at, SECRET));
    assert_eq!(
        open(&Place::default(), &seal(&Place::default(), SECRET)).as_deref(),
        Ok(SECRET)
    );
}
