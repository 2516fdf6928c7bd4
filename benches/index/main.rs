//! One index value: each normal form, fast and slow, and what deriving a key adds. And one search.
//!
//! `cargo bench --features index-phonetic --bench index` runs criterion; with `-- --ratios` all
//! cases run interleaved, and medians are printed as ratios to one HMAC-SHA-256 of the same term
//! under a key that is ready (`R`); then a search among 100,000 rows as a ratio to the same query on a
//! column in clear with the opening of the row it finds.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod cases;
mod ratios;
mod search;

use criterion::{BenchmarkId, Criterion};

fn main() {
    if std::env::args().any(|argument| argument == "--ratios") {
        ratios::print(&cases::all());
        ratios::print(&search::cases());
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("index");
    for case in cases::all().into_iter().chain(search::cases()) {
        group.sample_size(if case.is_slow { 10 } else { 100 });
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter(|| (case.run)());
        });
    }
    group.finish();
    criterion.final_summary();
}
