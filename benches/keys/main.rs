//! Looking up a key that is loaded, among 1, 1,000 and 1,000,000 of them; and what a cold page costs.
//!
//! `cargo bench --bench keys --features scoped-keys -- --ratios` runs all cases interleaved and prints
//! medians; without `--ratios` criterion runs those of 1,000 keys.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod ring;

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use phi_seal::key::KeyProvider;
use ring::{Place, Ring};

const ROUNDS: usize = 101;
const LOOKUPS: usize = 4_000;

fn main() {
    if std::env::args().any(|argument| argument == "--ratios") {
        ratios();
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let ring = Ring::of(1_000);
    let places = ring.places(1_000);
    let mut next = places.iter().cycle();
    criterion.bench_function("keys/by-id/1000", |bencher| {
        bencher.iter(|| next.next().map(|place| by_id(&ring, place)));
    });
    criterion.final_summary();
}

/// What is looked up in turn.
#[derive(Clone, Copy)]
enum Choice {
    Hot(usize),
    Any,
}

fn ratios() {
    println!("Nanoseconds for one look-up, and its ratio to a bare one (see docs/performance.md)");
    println!(
        "{:>9} {:<16} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "keys", "looked up", "bare", "by id", "active", "ratio", "2 threads"
    );
    for size in [1, 1_000, 1_000_000] {
        let ring = Ring::of(size);
        let choices = [Choice::Hot(64), Choice::Hot(1_000), Choice::Any];
        for choice in choices {
            let (name, places) = match choice {
                Choice::Hot(hot) if hot > size.max(64) => continue,
                Choice::Hot(hot) => (
                    format!("{} in turn", hot.min(size)),
                    ring.places(hot.min(size)),
                ),
                Choice::Any if size < 1_000_000 => continue,
                Choice::Any => ("any of them".to_owned(), ring.places(LOOKUPS * 16)),
            };
            let mut times = [const { Vec::new() }; 4];
            for round in 0..ROUNDS {
                // Another part of them each round, where they do not fit into a cache.
                let from = round * LOOKUPS % places.len();
                let part: Vec<&Place> = places.iter().cycle().skip(from).take(LOOKUPS).collect();
                times[0].push(time(&part, |place| ring.bare(place)));
                times[1].push(time(&part, |place| by_id(&ring, place)));
                times[2].push(time(&part, |place| active(&ring, place)));
                times[3].push(two_threads(&part, &ring));
            }
            let ratio = median(times[1].iter().zip(&times[0]).map(|(a, b)| a / b).collect());
            let [bare, by_id, active, two] = times.map(median);
            println!(
                "{size:>9} {name:<16} {bare:>8.1} {by_id:>8.1} {active:>8.1} {ratio:>8.2} {two:>8.1}"
            );
        }
    }
}

fn time(places: &[&Place], run: impl Fn(&Place)) -> f64 {
    let start = Instant::now();
    for place in places {
        run(place);
    }
    nanos_each(start.elapsed(), places.len())
}

/// Both look up the same keys.
fn two_threads(places: &[&Place], ring: &Ring) -> f64 {
    let times = thread::scope(|scope| {
        let run = || time(places, |place| by_id(ring, place));
        let workers = [scope.spawn(run), scope.spawn(run)];
        workers.map(|worker| worker.join().unwrap())
    });
    times.iter().sum::<f64>() / 2.0
}

fn by_id(ring: &Ring, place: &Place) {
    let keys: &dyn KeyProvider = &ring.keys;
    keys.with_key(place.scope(ring), &place.id, &mut |key| {
        black_box(key);
    })
    .unwrap();
}

fn active(ring: &Ring, place: &Place) {
    let keys: &dyn KeyProvider = &ring.keys;
    keys.with_active(place.scope(ring), &mut |key| {
        black_box(key);
    })
    .unwrap();
}

fn nanos_each(elapsed: Duration, lookups: usize) -> f64 {
    elapsed.as_nanos() as f64 / lookups as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
