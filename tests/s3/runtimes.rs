//! Whose thread waits for whom.

use std::time::Duration;

use phi_seal::audit::journal::{Anchor, AnchorErrorKind};
use phi_seal::integration::s3::S3Anchor;

use crate::canned::{Answer, Canned};
use crate::moto::Moto;
use crate::world::{Bucket, journal_key, kind, signed};

fn single() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// As the journal's own thread does, while the application's only thread drives its runtime.
#[test]
fn a_runtime_of_one_thread_serves_while_it_turns() {
    let bucket = Bucket::new(Moto::shared());
    let key = journal_key();
    let runtime = single();
    let anchor = S3Anchor::new(
        bucket.client.clone(),
        &bucket.name,
        runtime.handle().clone(),
    );
    let (done, is_done) = tokio::sync::oneshot::channel();
    let publisher = std::thread::spawn(move || {
        let published = anchor.publish(&signed(&key, 5, "a"));
        done.send(()).unwrap();
        published
    });
    runtime.block_on(is_done).unwrap();
    publisher.join().unwrap().unwrap();
}

#[test]
fn a_runtime_that_does_not_turn_is_no_panic_and_not_waited_for() {
    let server = Canned::start(|_, _| Answer::HangUp);
    let unreachable = Some(AnchorErrorKind::Unreachable);
    let anchor = |handle| {
        let anchor = S3Anchor::new(server.client(), "bucket", handle);
        anchor.total_timeout(Duration::from_millis(50))
    };
    // Nobody drives it.
    let idle = single();
    assert_eq!(kind(anchor(idle.handle().clone()).check()), unreachable);
    // Its only thread waits for itself.
    let own = single();
    let handle = own.handle().clone();
    let waited = own.block_on(async { anchor(handle).check() });
    assert_eq!(kind(waited), unreachable);
    // It has ended.
    let handle = single().handle().clone();
    assert_eq!(kind(anchor(handle).check()), unreachable);
    assert!(server.requests().is_empty());
}
