//! The newest is found among many, and the oldest of its versions.

use phi_seal::audit::journal::{Anchor, AnchorErrorKind, checkpoint_name};
use phi_seal::integration::s3::S3Anchor;

use crate::canned::{Answer, Canned};
use crate::moto::Moto;
use crate::world::{Bucket, hasty, journal_key, kind, object, signed};

#[test]
fn pages_of_three_lead_to_every_size_and_the_oldest_version() {
    let moto = Moto::start_with(&[("MOTO_S3_DEFAULT_MAX_KEYS", "3")]);
    let bucket = Bucket::new(&moto);
    let (anchor, key) = (bucket.anchor(), journal_key());
    let sizes = [
        1,
        2,
        3,
        4,
        5,
        2_000,
        2_001,
        9_000,
        1_000_000,
        1_000_001,
        1 << 62,
    ];
    for size in sizes {
        anchor.publish(&signed(&key, size, "a")).unwrap();
    }
    // Five versions and a marker on top of some, over the ends of pages.
    for size in [3, 2_000, 1 << 62] {
        for _ in 0..5 {
            bucket.put(&object(&key, size), "forged");
        }
        bucket.delete(&object(&key, size));
    }
    for (at, size) in sizes.into_iter().enumerate() {
        let below = at.checked_sub(1).map(|before| sizes[before]);
        for (bound, expected) in [(size, Some(size)), (size - 1, below)] {
            let filed = anchor.latest_up_to(key.origin(), bound).unwrap();
            assert_eq!(filed.as_ref().map(|it| it.size), expected, "up to {bound}");
            if let Some(filed) = filed {
                assert_eq!(filed.text, signed(&key, filed.size, "a").as_str());
            }
        }
    }
    let latest = anchor.latest(key.origin()).unwrap().unwrap();
    assert_eq!(latest, signed(&key, 1 << 62, "a").as_str());
}

/// What S3 lists of a folder with these keys, one version each, in pages of 1,000. Unlike moto, it begins
/// after a key that is not there with the next one.
fn s3_of(keys: Vec<String>) -> impl Fn(&str, usize) -> Answer + Send + 'static {
    move |request, _| {
        let Some((_, query)) = request
            .split_once("?versions&")
            .or_else(|| request.split_once('?'))
        else {
            return Answer::Http(200, String::new(), String::new());
        };
        if !request.contains("versions") {
            return Answer::Http(200, String::new(), "text".into());
        }
        let parameter = |name: &str| {
            let values = query.split('&').filter_map(|pair| pair.split_once('='));
            let mut values = values.filter(|(own, _)| *own == name);
            values
                .next()
                .map(|(_, value)| value.replace("%2F", "/").replace("%25", "%"))
        };
        let prefix = parameter("prefix").unwrap();
        let marker = parameter("key-marker");
        let from = match &marker {
            Some(marker) => keys.partition_point(|key| key <= marker),
            None => 0,
        };
        let mut left = keys[from..]
            .iter()
            .skip_while(|key| !key.starts_with(&prefix))
            .take_while(|key| key.starts_with(&prefix));
        let page: Vec<_> = left.by_ref().take(1000).collect();
        let is_truncated = left.next().is_some();
        let mut xml = format!("<ListVersionsResult><IsTruncated>{is_truncated}</IsTruncated>");
        if is_truncated {
            let last = page.last().unwrap();
            xml += &format!(
                "<NextKeyMarker>{last}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>"
            );
        }
        for key in page {
            xml += &format!(
                "<Version><Key>{key}</Key><VersionId>v</VersionId><Size>4</Size></Version>"
            );
        }
        Answer::xml(200, xml + "</ListVersionsResult>")
    }
}

fn largest(sizes: impl Iterator<Item = u64>, others: &[&str], bound: u64) -> (Option<u64>, usize) {
    let folder = "ehr.mercy.example%2Faudit/";
    let mut keys: Vec<_> = sizes
        .map(checkpoint_name)
        .chain(others.iter().map(|other| (*other).to_owned()))
        .map(|name| format!("{folder}{name}"))
        .collect();
    keys.sort();
    let server = Canned::start(s3_of(keys));
    let anchor: S3Anchor = hasty(server.client(), "bucket");
    let filed = anchor.latest_up_to(journal_key().origin(), bound).unwrap();
    let found = filed.map(|filed| filed.size);
    (found, server.requests().len())
}

/// Six years of a checkpoint a minute would be 3,156 pages; this is a tenth of that.
#[test]
fn among_many_the_end_is_leapt_to() {
    let sizes = || (0..315_600_u64).map(|minute| 17 + minute * 613);
    let last = 17 + 315_599 * 613;
    let (found, requests) = largest(sizes(), &[], u64::MAX);
    assert_eq!(found, Some(last));
    assert!(requests < 60, "{requests}");
    for bound in [last - 1, last / 2, last / 2 + 1, 700_000, 17] {
        let (found, requests) = largest(sizes(), &["zzz"], bound);
        assert_eq!(found, Some((bound - 17) / 613 * 613 + 17), "{bound}");
        assert!(requests < 90, "{bound}: {requests}");
    }
    assert_eq!(largest(sizes(), &[], 16).0, None);
}

#[test]
fn uneven_sizes_and_what_is_no_size_do_not_mislead() {
    let uneven = || (1..62_u32).flat_map(|bits| (0..64).map(move |more| (1_u64 << bits) + more));
    let junk: Vec<_> = (0..2_500).map(|number| format!("!{number}")).collect();
    let mut others: Vec<_> = junk.iter().map(String::as_str).collect();
    let (found, _) = largest(uneven(), &others, u64::MAX);
    assert_eq!(found, Some((1 << 61) + 63));
    others.extend(["00000000000000000000x", "99999999999999999999", "zzz"]);
    let mut all: Vec<_> = uneven().collect();
    all.sort_unstable();
    for bound in [
        0,
        1,
        2,
        100,
        1 << 20,
        (1 << 20) + 63,
        (1 << 21) - 1,
        u64::MAX,
    ] {
        let expected = all.iter().copied().filter(|size| *size <= bound).max();
        assert_eq!(largest(uneven(), &others, bound).0, expected, "{bound}");
    }
    // None but what is no size.
    assert_eq!(largest([].into_iter(), &others, u64::MAX).0, None);
}

#[test]
fn a_list_without_end_ends() {
    // The same page for ever: 1,000 requests and no more.
    let key = journal_key();
    let page = "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>x</NextKeyMarker>\
                </ListVersionsResult>";
    let server = Canned::start(move |_, _| Answer::xml(200, page));
    let refused = kind(hasty(server.client(), "bucket").latest(key.origin()));
    assert_eq!(refused, Some(AnchorErrorKind::Malformed));
    assert!(server.requests().len() <= 1001);
}
