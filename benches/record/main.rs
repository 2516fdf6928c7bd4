//! A patient of twelve PHI fields, sealed and opened, next to what teams would write without this
//! crate. Times and ratios are for each field.
//!
//! `cargo bench --bench record` runs criterion; `cargo bench --bench record -- --ratios` runs all
//! cases interleaved and prints medians as ratios to the raw cipher call (`R`).

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod cases;
mod columns;
#[path = "../common/mod.rs"]
mod common;
mod helper;

use std::time::Duration;

use common::measure::rounds;
use criterion::{Criterion, Throughput};

const ROUNDS: usize = 301;
const ROUND_TIME: Duration = Duration::from_micros(600);

fn main() {
    let mut cases = cases::all();
    if std::env::args().any(|argument| argument == "--ratios") {
        rounds(&mut cases, ROUNDS, ROUND_TIME).print(&cases);
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("record");
    for case in &mut cases {
        group.throughput(Throughput::Elements(case.fields as u64));
        group.bench_function(case.name, |bencher| bencher.iter_custom(|n| (case.run)(n)));
    }
    group.finish();
    criterion.final_summary();
}
