//! Recording events: the journal against a file of JSON lines, with and without a synchronisation each,
//! and against a table in SQLite; and verifying a journal.
//!
//! `cargo bench --bench journal --features journal -- --ratios` runs all cases interleaved and prints
//! medians; without `--ratios` criterion records on one thread without synchronisation. Files lie in
//! the system's temporary folder: point `TMPDIR` at the disk in question.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod targets;
mod verifying;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use phi_seal::danger::PermitAll;
use phi_seal::{
    Access, Actor, AuditError, AuditSink, Event, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault,
};
use targets::{TARGETS, Target};

const ROUNDS: usize = 7;
const THREADS: [usize; 3] = [1, 8, 64];

fn main() {
    if std::env::args().any(|argument| argument == "--ratios") {
        with_event(ratios);
        verifying::print();
        return;
    }
    with_event(|event| {
        let mut criterion = Criterion::default().configure_from_args();
        let target = TARGETS[1].open();
        criterion.bench_function("journal/written", |bencher| {
            bencher.iter(|| target.sink.record(event).unwrap());
        });
        criterion.final_summary();
    });
}

fn ratios(event: &Event<'_>) {
    println!("One event: {} bytes of JSON", event.to_json().len());
    println!(
        "Events a second, medians of {ROUNDS} rounds, and bytes an event (see docs/performance.md)"
    );
    println!(
        "{:<34} {:>10} {:>10} {:>10} {:>7}",
        "threads", 1, 8, 64, "bytes"
    );
    let mut rates = vec![[const { Vec::new() }; THREADS.len()]; TARGETS.len()];
    let mut bytes = vec![[0.0; THREADS.len()]; TARGETS.len()];
    for _ in 0..ROUNDS {
        for (threads_at, threads) in THREADS.into_iter().enumerate() {
            for (at, target) in TARGETS.iter().enumerate() {
                let (rate, size) = rate(target, threads, event);
                rates[at][threads_at].push(rate);
                bytes[at][threads_at] = size;
            }
        }
    }
    for (at, target) in TARGETS.iter().enumerate() {
        let [one, eight, many] = rates[at].each_ref().map(|rates| median(rates.clone()));
        let size = bytes[at][0];
        println!(
            "{:<34} {one:>10.0} {eight:>10.0} {many:>10.0} {size:>7.0}",
            target.name
        );
    }
    let ratio = |a: usize, b: usize, threads: usize| {
        let pairs = rates[a][threads].iter().zip(&rates[b][threads]);
        median(pairs.map(|(a, b)| a / b).collect())
    };
    println!(
        "journal, synced / JSON lines, synced, 64 threads: {:.1}",
        ratio(0, 2, 2)
    );
    for (at, threads) in THREADS.into_iter().enumerate() {
        let slower = 1.0 / ratio(1, 3, at);
        println!("JSON lines, written / journal, written, {threads} threads: {slower:.2}");
    }
    println!(
        "bytes an event, journal synced, by threads: {:.0?}",
        bytes[0]
    );
}

/// Events a second, and bytes an event.
fn rate(target: &Target, threads: usize, event: &Event<'_>) -> (f64, f64) {
    let target = target.open();
    let each = target.events / threads;
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..each).for_each(|_| target.sink.record(event).unwrap()));
        }
    });
    let elapsed = start.elapsed();
    let events = (each * threads) as f64;
    (
        events / elapsed.as_secs_f64(),
        target.close() as f64 / events,
    )
}

/// An event of a real vault: three fields of a patient, opened.
fn with_event(run: impl FnMut(&Event<'_>) + Send + 'static) {
    type Run = Box<dyn FnMut(&Event<'_>) + Send>;
    struct Once(Mutex<Option<Run>>);
    impl std::fmt::Debug for Once {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Once").finish_non_exhaustive()
        }
    }
    impl AuditSink for Once {
        fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
            let is_open = event.action() == phi_seal::ActionKind::Open;
            let run = self.0.lock().unwrap().take_if(|_| is_open);
            if let Some(mut run) = run {
                run(event);
            }
            Ok(())
        }
    }
    let sink = Arc::new(Once(Mutex::new(Some(Box::new(run)))));
    let vault = Vault::builder(Keyring::generate().unwrap(), PermitAll, sink).build();
    let actor = Actor::new("clinician-17").unwrap().role("physician");
    let access = Access::new(TenantId::new("mercy").unwrap(), actor, Purpose::Treatment);
    let session = vault
        .session(access.source_ip([203, 0, 113, 9].into()))
        .unwrap();
    let patient = Patient {
        id: "019a8c2e-7f3b-7c51-9d0e-3b1f0c6a8e42".into(),
        name: Phi::new("Ada Example".into()),
        birth: Phi::new("1970-01-01".into()),
        note: Phi::new("penicillin".into()),
    };
    let row = session.seal(&patient).unwrap();
    session.open(&row).unwrap();
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Date)]
    birth: Phi<String>,
    #[phi(category = Clinical)]
    note: Phi<String>,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn seconds(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}
