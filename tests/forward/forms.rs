//! What the far side gets to see.

use std::sync::Arc;

use phi_seal::SecretBytes;
use phi_seal::audit::journal::Form;
use phi_seal::audit::{EventRecord, Pseudonyms};

use crate::world::{Shelf, World};

#[test]
fn pseudonymous_entries_are_events_that_name_nobody() {
    let world = World::new();
    world.record(3);
    world.disclose("canary-recipient");
    let pseudonyms = Pseudonyms::new(&SecretBytes::from_vec(vec![7; 32])).unwrap();
    let shelf = Arc::new(Shelf::default());
    let journal = world.journal.clone();
    let forwarder = world.forwarder_of(
        move || Ok(journal.status().signed),
        shelf.clone(),
        Form::Pseudonymous(pseudonyms.clone()),
    );
    let forwarder = forwarder.start().unwrap();
    forwarder.wait_until(5);
    let (whole, sent) = (world.entries(), shelf.lock().entries.clone());
    // The journal's own note of its beginning.
    assert!(sent[0] == whole[0]);
    for (number, (whole, sent)) in whole.iter().zip(&sent).enumerate().skip(1) {
        let text = String::from_utf8_lossy(sent);
        assert!(!text.contains('\n'));
        let told = String::from_utf8_lossy(whole);
        let of_disclosure = ["canary-recipient", "by fax"];
        let of_seal = ["\"key\"", "\"tag\""];
        let named = ["p-", "r-1", "clinician-17", "203.0.113.9"].into_iter();
        for named in named.chain(if number == 4 { of_disclosure } else { of_seal }) {
            assert!(told.contains(named), "{named} is not in {told}");
            assert!(!text.contains(named), "{named} is in {text}");
        }
        // What is left is the event, but for these.
        let mut expected = EventRecord::from_json(whole).unwrap();
        let subject = format!("p-{}", (number - 1) % 3);
        expected.actor.id = pseudonyms.actor("mercy", "clinician-17").to_string();
        expected.source_ip = None;
        expected.recipient = None;
        expected.description = None;
        expected.subjects[0].subject = Some(pseudonyms.subject("mercy", &subject).to_string());
        let record = &mut expected.subjects[0].records[0];
        record.id = pseudonyms.record("mercy", "patient", "r-1").to_string();
        record.fields[0].key = None;
        record.fields[0].tag = None;
        assert!(EventRecord::from_json(sent).unwrap() == expected);
    }
}
