//! What is published stays.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{ChecksumMode, ObjectLockMode};
use phi_seal::audit::journal::{Anchor, AnchorErrorKind, newest_anchored};
use phi_seal::integration::s3::S3Anchor;

use crate::moto::Moto;
use crate::world::{Bucket, journal_key, key_of, kind, object, runtime, signed};

#[test]
fn what_is_published_is_kept_and_the_largest_is_the_latest() {
    let bucket = Bucket::new(Moto::shared());
    let (anchor, key) = (bucket.anchor(), journal_key());
    anchor.check().unwrap();
    assert_eq!(anchor.latest(key.origin()).unwrap(), None);
    for size in [2, 10, 9, 100] {
        let checkpoint = signed(&key, size, "a");
        anchor.publish(&checkpoint).unwrap();
        anchor.publish(&checkpoint).unwrap();
        assert_eq!(bucket.versions(&object(&key, size)).len(), 1);
    }
    let latest = anchor.latest(key.origin()).unwrap().unwrap();
    assert_eq!(latest, signed(&key, 100, "a").as_str());
    for (bound, expected) in [
        (u64::MAX, Some(100)),
        (99, Some(10)),
        (2, Some(2)),
        (1, None),
    ] {
        let filed = anchor.latest_up_to(key.origin(), bound).unwrap();
        assert_eq!(filed.map(|filed| filed.size), expected);
    }
    let anchored = newest_anchored([&anchor as &dyn Anchor], &key.verifier());
    assert_eq!(anchored.newest(), Some(&signed(&key, 100, "a")));
    assert!(anchored.errors().next().is_none());
}

#[test]
fn an_object_is_locked_for_six_years_unless_stated() {
    let bucket = Bucket::new(Moto::shared());
    let key = journal_key();
    let day = Duration::from_secs(24 * 60 * 60);
    let anchors = [
        (
            1,
            bucket.anchor(),
            ObjectLockMode::Compliance,
            6 * 365 * day,
        ),
        (
            2,
            bucket.anchor().retention(day),
            ObjectLockMode::Compliance,
            day,
        ),
        (
            3,
            bucket.anchor().governance(),
            ObjectLockMode::Governance,
            6 * 365 * day,
        ),
    ];
    for (size, anchor, mode, retention) in anchors {
        let before = SystemTime::now();
        anchor.publish(&signed(&key, size, "a")).unwrap();
        let get = bucket.client.get_object().bucket(&bucket.name);
        let get = get
            .key(object(&key, size))
            .checksum_mode(ChecksumMode::Enabled);
        let got = runtime().block_on(get.send()).unwrap();
        assert_eq!(got.object_lock_mode(), Some(&mode));
        let until = SystemTime::try_from(*got.object_lock_retain_until_date().unwrap()).unwrap();
        // Two leap days, and the second that S3 leaves of the instant.
        let expected = before + retention - Duration::from_secs(1);
        assert!(
            until >= expected && until <= expected + 3 * day,
            "{until:?}"
        );
        assert!(got.checksum_sha256().is_some());
    }
    assert_eq!(S3Anchor::RETENTION.as_secs() % 86_400, 0);
    assert_eq!(S3Anchor::RETENTION.as_secs() / 86_400, 2192);
}

#[test]
fn another_checkpoint_of_the_size_is_refused() {
    let bucket = Bucket::new(Moto::shared());
    let (anchor, key) = (bucket.anchor(), journal_key());
    anchor.publish(&signed(&key, 5, "a")).unwrap();
    let refused = kind(anchor.publish(&signed(&key, 5, "b")));
    assert_eq!(refused, Some(AnchorErrorKind::Refused));
    assert_eq!(bucket.versions(&object(&key, 5)).len(), 1);
    let latest = anchor.latest(key.origin()).unwrap().unwrap();
    assert_eq!(latest, signed(&key, 5, "a").as_str());
}

#[test]
fn a_locked_version_cannot_be_deleted_within_its_retention() {
    let bucket = Bucket::new(Moto::shared());
    let key = journal_key();
    bucket.anchor().publish(&signed(&key, 5, "a")).unwrap();
    let governed = bucket.anchor().governance();
    governed.publish(&signed(&key, 6, "a")).unwrap();
    for (size, bypasses, is_kept) in [
        (5, false, true),
        (5, true, true),
        (6, false, true),
        (6, true, false),
    ] {
        let versions = bucket.versions(&object(&key, size));
        let delete = bucket.client.delete_object().bucket(&bucket.name);
        let delete = delete.key(object(&key, size)).version_id(&versions[0]);
        // moto takes the header for a bypass whatever it says.
        let delete = delete.set_bypass_governance_retention(bypasses.then_some(true));
        let deleted = runtime().block_on(delete.send());
        assert_eq!(deleted.is_err(), is_kept, "{size} {bypasses}");
        if let Err(error) = deleted {
            assert_eq!(error.code(), Some("AccessDenied"));
        }
        let left = bucket.versions(&object(&key, size)).len();
        assert_eq!(left, usize::from(is_kept));
    }
}

#[test]
fn a_lock_that_has_run_out_or_is_weaker_is_told() {
    let bucket = Bucket::new(Moto::shared());
    let key = journal_key();
    let governed = bucket.anchor().governance();
    governed.publish(&signed(&key, 5, "a")).unwrap();
    let weaker = kind(bucket.anchor().publish(&signed(&key, 5, "a")));
    assert_eq!(weaker, Some(AnchorErrorKind::Unprotected));
    // A stricter one than asked for is well.
    bucket.anchor().publish(&signed(&key, 6, "a")).unwrap();
    governed.publish(&signed(&key, 6, "a")).unwrap();

    let instant = Duration::from_millis(1);
    let brief = bucket.anchor().retention(instant);
    // By the time it is read back, its millisecond is over.
    let over = kind(brief.publish(&signed(&key, 7, "a")));
    assert_eq!(over, Some(AnchorErrorKind::Unprotected));
}

#[test]
fn a_bucket_without_lock_or_without_being_is_refused() {
    let bucket = Bucket::unlocked(Moto::shared());
    let key = journal_key();
    let unprotected = Some(AnchorErrorKind::Unprotected);
    let refused = bucket.anchor().check().unwrap_err();
    assert_eq!(refused.kind(), AnchorErrorKind::Unprotected);
    assert!(refused.to_string().contains("no object lock"), "{refused}");
    assert_eq!(
        kind(bucket.anchor().publish(&signed(&key, 5, "a"))),
        unprotected
    );
    assert_eq!(bucket.anchor().latest(key.origin()).unwrap(), None);
    // Somebody made the object without a lock.
    bucket.put(&object(&key, 5), signed(&key, 5, "a").as_str());
    assert_eq!(
        kind(bucket.anchor().publish(&signed(&key, 5, "a"))),
        unprotected
    );

    let nowhere = crate::world::hasty(bucket.client.clone(), "canary-bucket");
    let missing = Some(AnchorErrorKind::Missing);
    assert_eq!(kind(nowhere.check()), missing);
    assert_eq!(kind(nowhere.publish(&signed(&key, 5, "a"))), missing);
    assert_eq!(kind(nowhere.latest(key.origin())), missing);
}

#[test]
fn origins_and_prefixes_do_not_mix() {
    let bucket = Bucket::new(Moto::shared());
    let keys = ["a", "A", "a/b", "a%2Fb", "..", "a.", "ab"].map(key_of);
    let prefixes = ["", "a/", "a", "x+y z/", "ä/"];
    let anchors = prefixes.map(|prefix| bucket.anchor().prefix(prefix));
    let mut size = 0;
    for anchor in &anchors {
        for key in &keys {
            size += 1;
            anchor.publish(&signed(key, size, "a")).unwrap();
        }
    }
    size = 0;
    for anchor in &anchors {
        for key in &keys {
            size += 1;
            let latest = anchor.latest(key.origin()).unwrap().unwrap();
            assert_eq!(latest, signed(key, size, "a").as_str());
        }
    }
}
