//! What is believed of what anchors hold.

use std::fs;
use std::sync::{Arc, Mutex};

use phi_seal::audit::journal::{
    Anchor, AnchorError, AnchorErrorKind, FileAnchor, Origin, checkpoint_name, from_fn,
    newest_anchored, origin_name,
};

use crate::world::{key, signed};

#[test]
fn each_anchor_has_its_newest_and_the_largest_is_the_newest_of_all() {
    let (one, two, three) = (folder(), folder(), folder());
    let key = key();
    let anchors = [
        FileAnchor::new(one.path()).named("one"),
        FileAnchor::new(two.path()).named("two"),
        FileAnchor::new(three.path()).named("three"),
    ];
    for (anchor, size) in [(0, 3), (0, 5), (1, 9)] {
        anchors[anchor].publish(&signed(&key, size, "a")).unwrap();
    }
    let anchored = newest_anchored(anchors.iter().map(|it| it as &dyn Anchor), &key.verifier());
    let sizes: Vec<_> = anchored
        .states()
        .iter()
        .map(|state| {
            (
                state.name(),
                state.newest().map(|it| it.checkpoint().size()),
            )
        })
        .collect();
    assert_eq!(sizes, [("one", Some(5)), ("two", Some(9)), ("three", None)]);
    assert_eq!(anchored.newest(), Some(&signed(&key, 9, "a")));
    assert_eq!(anchored.trusted().count(), 2);
    assert!(anchored.errors().next().is_none() && !anchored.is_forked());
}

#[test]
fn an_anchor_that_cannot_be_asked_is_an_error_and_hides_no_other() {
    let key = key();
    let error = AnchorError::new(AnchorErrorKind::Unreachable, "down");
    let down = from_fn("down", |_| Ok(()), move |_: &Origin| Err(error));
    let folder = folder();
    let up = FileAnchor::new(folder.path());
    up.publish(&signed(&key, 2, "a")).unwrap();
    let anchored = newest_anchored([&down as &dyn Anchor, &up], &key.verifier());
    assert_eq!(anchored.errors().collect::<Vec<_>>(), [("down", error)]);
    assert_eq!(anchored.newest(), Some(&signed(&key, 2, "a")));
}

#[test]
fn two_histories_of_the_same_size_are_a_fork() {
    let (one, two) = (folder(), folder());
    let key = key();
    let anchors = [FileAnchor::new(one.path()), FileAnchor::new(two.path())];
    let look = || newest_anchored(anchors.iter().map(|it| it as &dyn Anchor), &key.verifier());
    anchors[0].publish(&signed(&key, 4, "a")).unwrap();
    anchors[1].publish(&signed(&key, 4, "a")).unwrap();
    assert!(!look().is_forked());
    anchors[1].publish(&signed(&key, 5, "a")).unwrap();
    assert!(!look().is_forked());
    anchors[0].publish(&signed(&key, 5, "b")).unwrap();
    assert!(look().is_forked());
}

/// Whoever may write to the anchor, and has no key, hides nothing that was there.
#[test]
fn what_is_not_to_be_believed_is_passed_over_and_told() {
    let key = key();
    let real = signed(&key, 3, "a");
    let of_another_key = signed(&crate::world::key(), 9, "a");
    let changed = real.as_str().replacen("\n3\n", "\n9\n", 1);
    for forgery in [
        of_another_key.as_str(),
        &changed,
        "nothing\n\nof the kind\n",
        // Signed indeed, but filed as what it is not.
        real.as_str(),
    ] {
        let folder = folder();
        let anchor = FileAnchor::new(folder.path());
        anchor.publish(&real).unwrap();
        let place = folder.path().join(origin_name(key.origin()));
        for size in [9, u64::MAX] {
            fs::write(place.join(checkpoint_name(size) + ".checkpoint"), forgery).unwrap();
        }
        let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
        assert_eq!(anchored.newest(), Some(&real));
        let errors: Vec<_> = anchored.errors().map(|(_, error)| error.kind()).collect();
        assert_eq!(errors, [AnchorErrorKind::Malformed], "{forgery}");
    }
}

#[test]
fn an_older_checkpoint_under_a_larger_number_hides_none_between() {
    let key = key();
    let (old, new) = (signed(&key, 3, "a"), signed(&key, 5, "a"));
    for above in [None, Some("nonsense\n\nsigned\n")] {
        let folder = folder();
        let anchor = FileAnchor::new(folder.path());
        anchor.publish(&old).unwrap();
        anchor.publish(&new).unwrap();
        let place = folder.path().join(origin_name(key.origin()));
        let file = |size| place.join(checkpoint_name(size) + ".checkpoint");
        fs::write(file(9), old.as_str()).unwrap();
        if let Some(above) = above {
            fs::write(file(10), above).unwrap();
        }
        let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
        assert_eq!(anchored.newest(), Some(&new));
        let (_, error) = anchored.errors().next().unwrap();
        assert_eq!(error.kind(), AnchorErrorKind::Malformed);
    }
}

#[test]
fn a_flood_of_forgeries_ends_the_search() {
    let key = key();
    let folder = folder();
    let anchor = FileAnchor::new(folder.path());
    anchor.publish(&signed(&key, 3, "a")).unwrap();
    let place = folder.path().join(origin_name(key.origin()));
    for size in 10..75 {
        let path = place.join(checkpoint_name(size) + ".checkpoint");
        fs::write(path, "nothing\n\nof the kind\n").unwrap();
    }
    let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
    let (_, error) = anchored.errors().next().unwrap();
    assert_eq!(error.kind(), AnchorErrorKind::Malformed);
    assert!(anchored.newest().is_none() && error.to_string().contains("too many"));
    // One less is searched through.
    fs::remove_file(place.join(checkpoint_name(10) + ".checkpoint")).unwrap();
    let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
    assert_eq!(anchored.newest(), Some(&signed(&key, 3, "a")));
}

#[test]
fn functions_are_an_anchor() {
    let key = key();
    let held = Arc::new(Mutex::new(None));
    let (put, show) = (held.clone(), held);
    let anchor = Arc::new(from_fn(
        "notary",
        move |checkpoint: &phi_seal::audit::journal::SignedCheckpoint| {
            *put.lock().unwrap() = Some(checkpoint.as_str().to_owned());
            Ok(())
        },
        move |_: &Origin| Ok(show.lock().unwrap().clone()),
    ));
    assert_eq!(
        (anchor.name(), anchor.latest(key.origin())),
        ("notary", Ok(None))
    );
    anchor.publish(&signed(&key, 3, "a")).unwrap();
    let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
    assert_eq!(anchored.newest(), Some(&signed(&key, 3, "a")));
    // One that keeps the newest only has nothing to go back to.
    let anchored = newest_anchored([&anchor as &dyn Anchor], &crate::world::key().verifier());
    let (_, error) = anchored.errors().next().unwrap();
    assert_eq!(
        (anchored.newest(), error.kind()),
        (None, AnchorErrorKind::Malformed)
    );
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
