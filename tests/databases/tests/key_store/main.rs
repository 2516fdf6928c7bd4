//! Key stores in real databases: a PostgreSQL server that the tests start themselves, and SQLite.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    // Which of the checks failed, and a process's answers to the one that started it.
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    // What both databases have is one file, compiled for each.
    clippy::duplicate_mod
)]

mod postgres;
#[path = "../../../../examples/postgres/server.rs"]
mod server;
mod sqlite;
#[path = "../../../key_store/suite.rs"]
mod suite;
#[path = "../databases/throwaway.rs"]
mod throwaway;

use std::future::Future;
use std::sync::{Barrier, LazyLock};

use tokio::runtime::Runtime;

/// One for all tests, so that threads may share a pool.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

fn run<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Does it on so many threads, which begin at once.
fn at_once<T: Send>(threads: u32, work: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(threads as usize);
    std::thread::scope(|scope| {
        let spawn = |n| {
            let (work, start) = (&work, &start);
            scope.spawn(move || {
                start.wait();
                work(n)
            })
        };
        let threads: Vec<_> = (1..=threads).map(spawn).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    })
}
