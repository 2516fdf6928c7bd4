//! One pass over a journal, and what bounds it.

use std::hint::black_box;
use std::path::PathBuf;

use phi_seal::audit::journal::{Entries, Journal, JournalKey, Origin, Verifier, leaf_hash};
use phi_seal::audit::{Durability, EventRecord, RecordSink};

use super::{ROUNDS, median, seconds};

const EVENTS: usize = 300_000;

pub(crate) fn print() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let key = JournalKey::generate(Origin::new("bench.example/audit").unwrap()).unwrap();
    let public = key.verifier();
    let journal = Journal::builder(&path, key)
        .durability(Durability::Written)
        .create()
        .unwrap();
    let (events, written) = std::sync::mpsc::channel();
    super::with_event(move |event| events.send(event.to_record()).unwrap());
    let event: EventRecord = written.recv().unwrap();
    (0..EVENTS).for_each(|_| journal.append(&event).unwrap());
    journal.close().unwrap();
    let leaf = event.to_json();
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let verifier = Verifier::new(public.clone());
        times[0].push(seconds(|| {
            let report = verifier.verify(&path).unwrap();
            assert!(report.fault.is_none() && report.intact as usize > EVENTS);
        }));
        times[1].push(seconds(|| {
            let entries = Entries::open(&path, &public).unwrap();
            assert!(entries.map(Result::unwrap).count() > EVENTS);
        }));
        times[2].push(seconds(|| {
            (0..EVENTS).for_each(|_| {
                black_box(leaf_hash(black_box(&leaf)));
            });
        }));
        times[3].push(seconds(|| {
            let segments: Vec<PathBuf> = std::fs::read_dir(&path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            segments
                .iter()
                .for_each(|file| drop(black_box(std::fs::read(file))));
        }));
    }
    println!(
        "One pass over {EVENTS} events of {} bytes, events a second on one core:",
        leaf.len()
    );
    let names = [
        "verified",
        "read",
        "leaves hashed, nothing else",
        "files read, nothing else",
    ];
    for (name, times) in names.into_iter().zip(times) {
        let rates = times.iter().map(|time| EVENTS as f64 / time.as_secs_f64());
        println!("{name:<34} {:>10.0}", median(rates.collect()));
    }
}
