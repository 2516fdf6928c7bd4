//! What somebody can do who may write to the bucket.

use phi_seal::audit::journal::{
    Anchor, AnchorErrorKind, checkpoint_name, newest_anchored, origin_name,
};

use crate::moto::Moto;
use crate::world::{Bucket, journal_key, kind, object, signed};

#[test]
fn a_newer_version_hides_nothing() {
    let bucket = Bucket::new(Moto::shared());
    let (anchor, key) = (bucket.anchor(), journal_key());
    let (real, forged) = (signed(&key, 5, "a"), signed(&key, 5, "b"));
    anchor.publish(&real).unwrap();
    for _ in 0..3 {
        bucket.put(&object(&key, 5), forged.as_str());
    }
    assert_eq!(anchor.latest(key.origin()).unwrap().unwrap(), real.as_str());
    anchor.publish(&real).unwrap();
    let refused = kind(anchor.publish(&forged));
    assert_eq!(refused, Some(AnchorErrorKind::Refused));
    assert_eq!(bucket.versions(&object(&key, 5)).len(), 4);
}

#[test]
fn a_delete_marker_hides_nothing() {
    let bucket = Bucket::new(Moto::shared());
    let (anchor, key) = (bucket.anchor(), journal_key());
    let real = signed(&key, 5, "a");
    anchor.publish(&real).unwrap();
    bucket.delete(&object(&key, 5));
    assert_eq!(anchor.latest(key.origin()).unwrap().unwrap(), real.as_str());
    // S3 takes a new version over a marker; it is the oldest that counts.
    let refused = kind(anchor.publish(&signed(&key, 5, "b")));
    assert_eq!(refused, Some(AnchorErrorKind::Refused));
    anchor.publish(&real).unwrap();
    assert_eq!(anchor.latest(key.origin()).unwrap().unwrap(), real.as_str());
    // A marker where nothing was is nothing.
    bucket.delete(&object(&key, 9));
    assert_eq!(anchor.latest(key.origin()).unwrap().unwrap(), real.as_str());
}

#[test]
fn a_forgery_that_was_there_first_is_told() {
    let bucket = Bucket::new(Moto::shared());
    let (anchor, key) = (bucket.anchor(), journal_key());
    bucket.put(&object(&key, 5), signed(&key, 5, "b").as_str());
    let refused = kind(anchor.publish(&signed(&key, 5, "a")));
    assert_eq!(refused, Some(AnchorErrorKind::Refused));
    // Also if it was taken out of sight.
    bucket.delete(&object(&key, 5));
    let refused = kind(anchor.publish(&signed(&key, 5, "a")));
    assert_eq!(refused, Some(AnchorErrorKind::Refused));
}

#[test]
fn a_forgery_of_a_larger_size_is_told_and_hides_nothing() {
    let bucket = Bucket::new(Moto::shared());
    let (anchor, key) = (bucket.anchor(), journal_key());
    let real = signed(&key, 5, "a");
    anchor.publish(&real).unwrap();
    let folder = origin_name(key.origin());
    let long = "x".repeat(300_000);
    let by_another = signed(&journal_key(), 9, "a");
    for (size, text) in [
        (9, by_another.as_str()),
        (10, "nonsense"),
        (11, &long),
        (12, ""),
        (u64::MAX, "nonsense"),
    ] {
        bucket.put(&format!("{folder}/{}", checkpoint_name(size)), text);
    }
    for beside in [
        "",
        "!",
        "zzz",
        "00000000000000000099x",
        "0",
        "99999999999999999999",
    ] {
        bucket.put(&format!("{folder}/{beside}"), "nonsense");
    }
    let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
    assert_eq!(anchored.newest(), Some(&real));
    let errors: Vec<_> = anchored.errors().map(|(_, error)| error.kind()).collect();
    assert_eq!(errors, [AnchorErrorKind::Malformed]);
}
