//! Eight threads at once.

use std::collections::BTreeMap;
use std::thread;

use crate::ward::{Ward, names, open_note, seal_note};

#[test]
fn eight_threads_record_and_every_event_reads() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 25;
    let ward = Ward::new();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let ward = &ward;
            scope.spawn(move || {
                let session = ward.session();
                // Each patient is one of two threads'.
                let patient = format!("p-{}", thread / 2);
                for _ in 0..ROUNDS {
                    let sealed = seal_note(&session, &patient).unwrap();
                    assert_eq!(open_note(&session, &patient, &sealed), Ok("asthma".into()));
                }
            });
        }
    });
    let events = ward.log.events();
    assert_eq!(events.len(), THREADS * ROUNDS * 2);
    let mut of_patient = BTreeMap::new();
    for event in ward.review(&events) {
        assert!(event.unread().is_empty());
        let [Some(patient)] = names(&event.event().subjects)[..] else {
            panic!("one patient an event");
        };
        *of_patient.entry(patient.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(of_patient.len(), THREADS / 2);
    assert!(of_patient.values().all(|count| *count == ROUNDS * 4));
}
