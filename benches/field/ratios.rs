//! All cases interleaved in rounds, so that a noisy machine disturbs all alike; the median over
//! rounds of each case's time, as a ratio to the raw cipher call of the same round.

use std::thread;
use std::time::{Duration, Instant};

use crate::cases::{self, Fixture, Rival};

const ROUNDS: usize = 201;
const ROUND_TIME: Duration = Duration::from_micros(400);

pub(crate) fn print() {
    for size in cases::SIZES {
        let mut cases = cases::all(size);
        let repeats: Vec<u64> = cases
            .iter_mut()
            .map(|case| {
                let once = (case.run)(64) / 64;
                (ROUND_TIME.as_nanos() / once.as_nanos().max(1)).clamp(1, 100_000) as u64
            })
            .collect();
        let mut nanos = vec![Vec::with_capacity(ROUNDS); cases.len()];
        for _ in 0..ROUNDS {
            for ((case, repeats), nanos) in cases.iter_mut().zip(&repeats).zip(&mut nanos) {
                nanos.push((case.run)(*repeats).as_nanos() as f64 / *repeats as f64);
            }
        }
        println!("\n{size} bytes");
        println!("{:<28} {:>10} {:>8}", "", "ns", "ratio");
        for (case, times) in cases.iter().zip(&nanos) {
            let raw = &nanos[if case.rival == Rival::Seal { 0 } else { 1 }];
            let ratios = times.iter().zip(raw).map(|(own, raw)| own / raw).collect();
            let (time, ratio) = (median(times.clone()), median(ratios));
            println!("{:<28} {time:>10.0} {ratio:>8.2}", case.name);
        }
    }
    println!("\nTwo threads to one, 64 bytes (operations per second)");
    let [a, b] = [(), ()].map(|()| &*Box::leak(Box::new(Fixture::new(64))));
    let scaling = |name: &str, fixtures: [&'static Fixture; 2], run: fn(&Fixture)| {
        let ratios = (0..41)
            .map(|_| throughput(&fixtures, run) / throughput(&fixtures[..1], run))
            .collect();
        println!("{name:<28} {:>8.2}", median(ratios));
    };
    scaling("bare", [a, a], cases::seal_and_open_bare);
    scaling("a session each", [a, b], cases::seal_and_open_in_session);
    scaling(
        "one session for both",
        [a, a],
        cases::seal_and_open_in_session,
    );
}

/// One thread for each fixture.
fn throughput(fixtures: &[&'static Fixture], run: fn(&Fixture)) -> f64 {
    const EACH: usize = 20_000;
    let threads = fixtures.len();
    let start = Instant::now();
    let workers: Vec<_> = fixtures
        .iter()
        .map(|fixture| {
            let fixture = *fixture;
            thread::spawn(move || (0..EACH).for_each(|_| run(fixture)))
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    (threads * EACH) as f64 / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
