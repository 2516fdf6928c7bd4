//! Threads that seal and open while another one changes the keys.
//!
//! Three seconds long; `PHI_SEAL_SECONDS=60` makes it a minute.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use phi_seal::key::{KeyErrorKind, KeyState};
use phi_seal::{ErrorKind, Sealed};
use pollster::block_on;

use crate::ward::{Process, World, kind, of};

const THREADS: usize = 8;
const PATIENTS: usize = 6;

#[test]
fn nothing_is_lost_while_keys_change_under_eight_threads() {
    let seconds = std::env::var("PHI_SEAL_SECONDS").map_or(3, |text| text.parse().unwrap());
    let world = World::new();
    // Fewer than there are patients, so that they push each other out.
    let process = world.process_with(|keys| keys.capacity(4));
    let start = Barrier::new(THREADS + 1);
    let is_over = AtomicBool::new(false);
    let names: Vec<_> = (0..PATIENTS).map(|number| format!("p-{number}")).collect();
    for name in &names {
        process.seal(name);
    }
    let mut rounds = 0_u64;
    let sealed: Vec<Vec<(usize, Sealed<String>)>> = std::thread::scope(|threads| {
        let workers: Vec<_> = (0..THREADS)
            .map(|number| {
                let (process, names, start, is_over) = (&process, &names, &start, &is_over);
                threads.spawn(move || {
                    start.wait();
                    work(process, names, number, is_over)
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        while rounds < 20 || begun.elapsed() < Duration::from_secs(seconds) {
            change(&process, &names[rounds as usize % PATIENTS], rounds);
            rounds += 1;
        }
        is_over.store(true, Ordering::Relaxed);
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });

    for name in &names {
        enable_all(&process, name);
    }
    let restarted = world.process();
    let mut opened = 0;
    // One patient after another, because no more than four fit.
    let mut all: Vec<_> = sealed.iter().flatten().collect();
    all.sort_by_key(|(patient, _)| *patient);
    for (patient, sealed) in all {
        for process in [&process, &restarted] {
            assert_eq!(process.open(&names[*patient], sealed), Ok(()));
        }
        opened += 1;
    }
    // Every thread got somewhere, and so did the changes.
    assert!(sealed.iter().all(|sealed| !sealed.is_empty()));
    assert!(opened >= THREADS as u64 && rounds >= 20);
}

/// Seals and opens until it is over; gives what it sealed.
fn work(
    process: &Process,
    names: &[String],
    number: usize,
    is_over: &AtomicBool,
) -> Vec<(usize, Sealed<String>)> {
    let mut sealed = Vec::new();
    let mut turn = number;
    while sealed.is_empty() || !is_over.load(Ordering::Relaxed) {
        turn += 1;
        let patient = turn % PATIENTS;
        match process.try_seal("mercy", &names[patient]) {
            // More would be memory only.
            Ok(new) if sealed.len() < 5_000 => sealed.push((patient, new)),
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
        let (patient, old) = &sealed[turn % sealed.len()];
        match process.open(&names[*patient], old) {
            Ok(()) | Err(ErrorKind::KeyDisabled) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    sealed
}

fn change(process: &Process, name: &str, round: u64) {
    let (keys, scope) = (&process.keys, of(name));
    let versions = block_on(keys.keys(&scope)).unwrap();
    let newest = versions.last().unwrap().version();
    let some_version = 1 + (round as u32 * 7) % newest;
    let result = match round % 8 {
        // Not more versions than a clinic would have in centuries.
        0..=1 if newest < 200 => block_on(keys.rotate(&scope)).map(drop),
        2..=4 => block_on(keys.disable(&scope, some_version)),
        5 => block_on(keys.set_minimum_version(&scope, some_version)),
        6 => block_on(keys.set_minimum_version(&scope, 1)),
        _ => {
            enable_all(process, name);
            Ok(())
        }
    };
    // The active one cannot be disabled, and its version may be below what was asked for.
    assert!(matches!(
        kind(result),
        None | Some(KeyErrorKind::InvalidState)
    ));
}

fn enable_all(process: &Process, name: &str) {
    let scope = of(name);
    block_on(process.keys.set_minimum_version(&scope, 1)).unwrap();
    for key in block_on(process.keys.keys(&scope)).unwrap() {
        if key.state() == KeyState::Disabled {
            block_on(process.keys.enable(&scope, key.version())).unwrap();
        }
    }
}
