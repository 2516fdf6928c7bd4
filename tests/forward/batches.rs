//! What is sent at once, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use phi_seal::audit::journal::Form;

use crate::world::{Shelf, World};

#[test]
fn everything_arrives_in_batches_that_are_bounded() {
    let world = World::new();
    world.record(60);
    let entries = world.entries();
    let longest = entries.iter().map(Vec::len).max().unwrap();
    for (most, bytes) in [
        (1, usize::MAX),
        (7, usize::MAX),
        (500, 3 * longest),
        (500, 0),
        (0, 0),
    ] {
        let shelf = Arc::new(Shelf::default());
        let forwarder = world.forwarder(shelf.clone());
        let forwarder = forwarder
            .batch_entries(most)
            .batch_bytes(bytes)
            .start()
            .unwrap();
        forwarder.wait_until(61);
        let status = forwarder.status();
        assert_eq!(
            (status.position, status.lag, status.error),
            (Some(61), 0, None)
        );
        drop(forwarder);
        let shelved = shelf.lock();
        assert!(shelved.entries == entries);
        for (count, sum) in &shelved.batches {
            assert!(
                *count <= most.max(1) && (*sum <= bytes || *count == 1),
                "{count} {sum}"
            );
        }
        // And no smaller than they have to be.
        let fewest = match (most, bytes) {
            (7, _) => 9,
            (500, 0) | (0..=1, _) => 61,
            _ => 61 / 2,
        };
        assert!(shelved.batches.len() <= fewest, "{:?}", shelved.batches);
    }
}

#[test]
fn what_is_not_signed_is_not_sent() {
    let world = World::new();
    world.record(20);
    let signed = Arc::new(AtomicU64::new(0));
    let (told, shelf) = (signed.clone(), Arc::new(Shelf::default()));
    let forwarder = world.forwarder_of(
        move || Ok(told.load(Ordering::SeqCst)),
        shelf.clone(),
        Form::Whole,
    );
    let forwarder = forwarder.batch_entries(4).start().unwrap();
    for size in [0, 5, 6, 21] {
        signed.store(size, Ordering::SeqCst);
        forwarder.wait_until(size);
        assert_eq!(shelf.lock().entries.len() as u64, size);
    }
}

#[test]
fn it_goes_on_where_the_far_side_stands_and_with_what_comes_later() {
    let world = World::new();
    let shelf = Arc::new(Shelf::default());
    for round in 1..=5 {
        world.record(13);
        let forwarder = world.forwarder(shelf.clone()).start().unwrap();
        forwarder.wait_until(13 * (2 * round - 1) + 1);
        // While it is running.
        world.record(13);
        forwarder.wait_until(26 * round + 1);
    }
    assert!(shelf.lock().entries == world.entries());
}

/// Segments end and begin while it reads.
#[test]
fn a_journal_that_is_being_written_arrives_whole() {
    let world = World::new();
    let shelf = Arc::new(Shelf::default());
    let forwarder = world.forwarder(shelf.clone());
    let forwarder = forwarder.batch_entries(3).start().unwrap();
    for events in 1..=12 {
        world.record(events);
        if events % 4 == 0 {
            forwarder.wait_until(world.journal.status().signed);
        }
    }
    forwarder.wait_until(79);
    assert!(shelf.lock().entries == world.entries());
    let files = std::fs::read_dir(world.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let segments = names.filter(|name| name.ends_with(".log")).count();
    assert!(segments > 5, "{segments}");
}
