//! A far side that is down, forgets to answer, or is not ours.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use phi_seal::audit::journal::{
    Destination, Entries, Form, ForwardError, ForwardErrorKind, Forwarded, Forwarder,
};

use crate::world::{DOWN, Shelf, Whim, World};

#[test]
fn no_order_of_failures_loses_or_doubles_an_entry() {
    use Whim::{Forget, Mute, Refuse};
    let world = World::new();
    world.record(30);
    for whims in [
        vec![Mute, Mute, Mute],
        vec![Refuse, Refuse],
        vec![Forget; 5],
        vec![Mute, Forget, Refuse, Forget, Mute, Refuse, Forget],
    ] {
        let shelf = Arc::new(Shelf::default());
        let count = whims.len();
        shelf.lock().whims = whims;
        let forwarder = world.forwarder(shelf.clone()).batch_entries(4);
        let forwarder = forwarder.start().unwrap();
        forwarder.wait_until(31);
        assert_eq!(
            (forwarder.status().error, forwarder.status().failures),
            (None, 0)
        );
        drop(forwarder);
        let shelved = shelf.lock();
        assert!(shelved.entries == world.entries());
        // Asked at the beginning and after each failure.
        assert_eq!((shelved.asked, shelved.whims.len()), (count + 1, 0));
    }
}

/// Tells when it is asked, and says no.
struct Down(Sender<()>, Result<u64, ForwardError>);

impl Destination for Down {
    fn next(&self) -> Result<u64, ForwardError> {
        let _ = self.0.send(());
        self.1
    }

    fn deliver(&self, _: &[Forwarded]) -> Result<(), ForwardError> {
        panic!("nobody asked for this")
    }
}

#[test]
fn what_holds_it_up_is_told_and_it_stops_at_once() {
    let world = World::new();
    for (answer, kind) in [
        (Err(DOWN), ForwardErrorKind::Unreachable),
        // Of another journal, or of this one before it was restored.
        (Ok(1000), ForwardErrorKind::Ahead),
    ] {
        let (sender, asked) = channel();
        let forwarder = world.forwarder(Down(sender, answer)).start().unwrap();
        // Whoever is asked the second time has failed once.
        for _ in 0..2 {
            asked.recv().unwrap();
        }
        let status = forwarder.status();
        assert_eq!(status.error.map(|error| error.kind()), Some(kind));
        assert!(status.failures >= 1);
        assert_eq!(status.position, answer.ok());
    }
    // In the middle of an hour's wait.
    let (sender, asked) = channel();
    let hour = Duration::from_secs(3600);
    let forwarder = world.forwarder(Down(sender, Err(DOWN))).backoff(hour, hour);
    let forwarder = forwarder.start().unwrap();
    asked.recv().unwrap();
    drop(forwarder);
    let (sender, asked) = channel();
    let idle = world
        .forwarder(Down(sender, Ok(1)))
        .poll_every(hour)
        .start()
        .unwrap();
    asked.recv().unwrap();
    drop(idle);
}

#[test]
fn a_journal_that_cannot_be_read_is_told() {
    let world = World::new();
    let shelf = Arc::new(Shelf::default());
    let (sender, opened) = channel();
    let (nowhere, verifier) = (world.folder.path().join("canary"), world.verifier.clone());
    let forwarder = Forwarder::builder(
        || Ok(1),
        move |from| {
            let _ = sender.send(());
            Entries::from(&nowhere, &verifier, from)
        },
        shelf.clone(),
        Form::Whole,
    );
    let moment = Duration::from_millis(1);
    let forwarder = forwarder.backoff(moment, moment).start().unwrap();
    for _ in 0..2 {
        opened.recv().unwrap();
    }
    let error = forwarder.status().error.unwrap();
    assert_eq!(error.kind(), ForwardErrorKind::Journal);
    assert!(!format!("{error} {error:?} {forwarder:?}").contains("canary"));
    assert!(shelf.lock().entries.is_empty());
}

#[test]
fn who_waits_for_a_destination_that_panicked_waits_no_longer() {
    struct Fragile;
    impl Destination for Fragile {
        fn next(&self) -> Result<u64, ForwardError> {
            panic!("fragile")
        }

        fn deliver(&self, _: &[Forwarded]) -> Result<(), ForwardError> {
            Ok(())
        }
    }
    let world = World::new();
    let forwarder = world.forwarder(Fragile).start().unwrap();
    forwarder.wait_until(1);
    assert_eq!(forwarder.status().position, None);
}
