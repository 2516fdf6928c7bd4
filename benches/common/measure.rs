//! All cases interleaved in rounds, so that a noisy machine disturbs all alike; the median over
//! rounds of each case's time, as a ratio to the raw call of the same round.

use std::time::Duration;

/// Something measured: `run(n)` says how long `n` repeats took.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) rival: Rival,
    pub(crate) run: Box<dyn FnMut(u64) -> Duration>,
    /// How many fields one repeat is.
    pub(crate) fields: usize,
}

/// Which raw call a case is held against: the first case is `Seal`, the second `Open`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Rival {
    Seal,
    Open,
}

/// Nanoseconds a field of each case, for each round.
pub(crate) struct Times(Vec<Vec<f64>>);

pub(crate) fn rounds(cases: &mut [Case], rounds: usize, round_time: Duration) -> Times {
    let repeats: Vec<u64> = cases
        .iter_mut()
        .map(|case| {
            let once = (case.run)(1);
            (round_time.as_nanos() / once.as_nanos().max(1)).clamp(1, 100_000) as u64
        })
        .collect();
    let mut nanos = vec![Vec::with_capacity(rounds); cases.len()];
    for _ in 0..rounds {
        for ((case, repeats), nanos) in cases.iter_mut().zip(&repeats).zip(&mut nanos) {
            let fields = (*repeats as usize * case.fields) as f64;
            nanos.push((case.run)(*repeats).as_nanos() as f64 / fields);
        }
    }
    Times(nanos)
}

impl Times {
    /// Medians of the case's time and of its ratio to its raw call.
    pub(crate) fn of(&self, case: usize, rival: Rival) -> (f64, f64) {
        (
            median(self.0[case].clone()),
            self.ratio(case, rival as usize),
        )
    }

    /// The median over rounds of one case's time by another's.
    pub(crate) fn ratio(&self, case: usize, to: usize) -> f64 {
        let ratios = self.0[case].iter().zip(&self.0[to]);
        median(ratios.map(|(own, other)| own / other).collect())
    }

    pub(crate) fn print(&self, cases: &[Case]) {
        println!("{:<36} {:>10} {:>8}", "", "ns a field", "ratio");
        for (at, case) in cases.iter().enumerate() {
            let (time, ratio) = self.of(at, case.rival);
            println!("{:<36} {time:>10.0} {ratio:>8.2}", case.name);
        }
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
