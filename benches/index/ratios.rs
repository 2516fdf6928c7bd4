//! All cases interleaved in rounds, so that a noisy machine disturbs all alike; the median over
//! rounds of each case's time, as a ratio to that of the first case in the same round.

use std::time::{Duration, Instant};

use crate::cases::Case;

const ROUNDS: usize = 101;
const ROUND_TIME: Duration = Duration::from_micros(400);

pub(crate) fn print(cases: &[Case]) {
    let repeats: Vec<u64> = cases.iter().map(repeats).collect();
    let mut nanos = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((case, repeats), nanos) in cases.iter().zip(&repeats).zip(&mut nanos) {
            nanos.push(time(case, *repeats).as_nanos() as f64 / *repeats as f64);
        }
    }
    println!("{:<34} {:>12} {:>10}", "", "ns", "ratio");
    for (case, times) in cases.iter().zip(&nanos) {
        let ratios = times
            .iter()
            .zip(&nanos[0])
            .map(|(own, r)| own / r)
            .collect();
        let (time, ratio) = (median(times.clone()), median(ratios));
        println!("{:<34} {time:>12.0} {ratio:>10.2}", case.name);
    }
}

/// How often a case fits into a round.
fn repeats(case: &Case) -> u64 {
    if case.is_slow {
        return 1;
    }
    let once = time(case, 64) / 64;
    (ROUND_TIME.as_nanos() / once.as_nanos().max(1)).clamp(1, 100_000) as u64
}

fn time(case: &Case, repeats: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..repeats {
        (case.run)();
    }
    start.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
