//! Sealing and opening one value, next to what teams would write without this crate.
//!
//! `cargo bench --bench field` runs criterion; `cargo bench --bench field -- --ratios` runs all
//! cases interleaved and prints medians as ratios to the raw cipher call (`R`).

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod cases;
mod ratios;

use criterion::{BenchmarkId, Criterion, Throughput};

fn main() {
    if std::env::args().any(|argument| argument == "--ratios") {
        ratios::print();
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    for size in cases::SIZES {
        let mut group = criterion.benchmark_group(format!("field/{size}"));
        group.throughput(Throughput::Bytes(size as u64));
        for mut case in cases::all(size) {
            group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
                bencher.iter_custom(|n| (case.run)(n));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
