//! The lines of `TracingSink` name nobody: ids, values, key ids and addresses.

use std::sync::Arc;

use phi_seal::audit::{Disclosure, MemorySink, Pseudonyms, Tee};
use phi_seal::danger::{PermitAll, export_data_key};
use phi_seal::integration::tracing::TracingSink;
use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring};
use phi_seal::{
    Access, Actor, Phi, Purpose, RecordId, RecordRef, RolePolicy, Session, SubjectId, TenantId,
    Vault,
};

use crate::capture::captured;
use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::logs::logged;
use crate::ward::{MARKERS, PADDED, TEXT};

#[test]
fn lines_name_nobody() {
    for marker in MARKERS {
        let key = DataKey::generate(KeyScope::shared(KeyUse::Audit)).unwrap();
        let pseudonyms = Pseudonyms::of_data_key(&key).unwrap();
        let kept = Arc::new(MemorySink::new());
        let act = || {
            for is_permitted in [true, false] {
                let sink = Tee::new(kept.clone()).and(TracingSink::new(pseudonyms.clone()));
                act(&session(is_permitted, marker, sink), marker);
            }
        };
        let mut evidence = Evidence::default();
        let log = logged(act);
        assert!(String::from_utf8_lossy(&log).contains("action=\"open\""));
        evidence.take("text", log);
        let lines = captured(act);
        assert_eq!(lines.len(), 8, "{lines:?}");
        evidence.take("JSON", serde_json::to_vec(&lines).unwrap());
        let sink = TracingSink::new(pseudonyms.clone()).actors_in_clear();
        evidence.debug(
            "sink",
            &(sink, &pseudonyms, pseudonyms.subject("mercy", marker)),
        );

        evidence.is_clean(marker, &export_data_key(&key));
        evidence.is_free_of("an address", &Detector::of_text("2001:db8:5eed:17::4711"));
        let events = kept.events();
        for event in &events {
            for field in event.subjects.iter().flat_map(|it| &it.records[0].fields) {
                for linked in [&field.key, &field.tag].into_iter().flatten() {
                    evidence.is_free_of("a key id or tag", &Detector::of_text(linked));
                }
            }
        }
        // The events themselves do name them.
        let told = serde_json::to_vec(&events).unwrap();
        assert!(Detector::of_text(marker).find(&told).is_some());
        assert!(String::from_utf8_lossy(&told).contains("\"key\""));
    }
}

#[test]
fn a_line_that_names_somebody_would_be_found_out() {
    let marker = MARKERS[0];
    let key = DataKey::generate(KeyScope::shared(KeyUse::Audit)).unwrap();
    let sink = TracingSink::new(Pseudonyms::of_data_key(&key).unwrap()).actors_in_clear();
    let session = session(true, marker, sink);
    for shown in [
        serde_json::to_vec(&captured(|| act(&session, marker))).unwrap(),
        logged(|| act(&session, marker)),
    ] {
        assert!(Detector::of_text(marker).find(&shown).is_some());
        let address = Detector::of_text("2001:db8:5eed:17::4711");
        assert!(address.find(&shown).is_some());
    }
}

fn session(
    is_permitted: bool,
    marker: &'static str,
    sink: impl phi_seal::AuditSink + 'static,
) -> Session {
    let keys = Keyring::generate().unwrap();
    let vault = if is_permitted {
        Vault::builder(keys, PermitAll, sink).build()
    } else {
        Vault::builder(keys, RolePolicy::new("1"), sink).build()
    };
    // The tenant and the request id are in clear, as the documentation says.
    let actor = Actor::new(marker).unwrap();
    let access = Access::new(TenantId::new("mercy").unwrap(), actor, Purpose::BreakGlass)
        .reason("unconscious")
        .request_id("req-8f2c")
        .source_ip("2001:db8:5eed:17::4711".parse().unwrap());
    vault.session(access).unwrap()
}

/// Whatever comes of it.
fn act(session: &Session, marker: &'static str) {
    let (subject, id) = (
        SubjectId::new(marker).unwrap(),
        RecordId::new(marker).unwrap(),
    );
    let row = RecordRef::new(&id, &subject).binding(marker.as_bytes());
    let value = Phi::new(marker.to_string());
    let Ok(sealed) = session.seal_value(&TEXT, row, &value) else {
        return;
    };
    session.open_value(&TEXT, row, &sealed).unwrap();
    session.open_value(&PADDED, row, &sealed).unwrap_err();
    let subjectless = RecordRef::subjectless(&id);
    session.open_value(&TEXT, subjectless, &sealed).unwrap_err();
    let other = RecordId::new("r-2").unwrap();
    let moved = RecordRef::new(&other, &subject);
    session.rebind(&TEXT, row, moved, &sealed).unwrap();
    let disclosure = Disclosure::to(marker).unwrap();
    let disclosure = disclosure
        .address(marker)
        .unwrap()
        .description(marker)
        .unwrap();
    session
        .disclosed(&[(row, &[TEXT.info()])], &disclosure)
        .unwrap();
}
