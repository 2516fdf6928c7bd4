//! 100,000 records of twelve PHI fields, sealed and opened in bulk, next to raw cipher calls over
//! the same records. Times and ratios are for each field.
//!
//! `cargo bench --features threads --bench bulk` runs criterion;
//! `cargo bench --features threads --bench bulk -- --ratios` runs all cases interleaved and prints
//! medians as ratios to the raw cipher call (`R`), and two threads to one.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod cases;
#[path = "../common/mod.rs"]
mod common;

use std::time::Duration;

use common::measure::{Rival, rounds};
use criterion::{Criterion, Throughput};

/// Each case runs over all records in each round.
const ROUNDS: usize = 11;

fn main() {
    let mut cases = cases::all();
    if std::env::args().any(|argument| argument == "--ratios") {
        let times = rounds(&mut cases, ROUNDS, Duration::ZERO);
        times.print(&cases);
        println!("\nTwo threads to one (records per second)");
        for (name, one, two) in cases::scaling(&cases) {
            println!("{name:<36} {:>8.2}", times.ratio(one, two));
        }
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("bulk");
    group.sample_size(10);
    for case in &mut cases {
        let direction = match case.rival {
            Rival::Seal => "seal",
            Rival::Open => "open",
        };
        group.throughput(Throughput::Elements(case.fields as u64));
        group.bench_function(format!("{direction}/{}", case.name), |bencher| {
            bencher.iter_custom(|n| (case.run)(n));
        });
    }
    group.finish();
    criterion.final_summary();
}
