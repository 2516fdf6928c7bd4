//! Which names of keys are taken, and which wrapped keys are an adapter's own.

use phi_seal::integration::aws_kms::AwsKms;
use phi_seal::key::{KeyErrorKind, Kms};

use crate::canned::{Canned, honest};
use crate::world::{KEY, context, kind, wrapped_under};

const SAME_REGION: &str = "arn:aws:kms:us-east-1:444455556666:key/mrk-0a";
const OTHER_REGION: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn only_arns_of_keys_in_the_clients_region_are_taken() {
    let server = Canned::start(honest());
    let refused = |name: &str| {
        let one = kind(AwsKms::new(server.client(), name));
        let kms = AwsKms::new(server.client(), KEY).unwrap();
        assert_eq!(kind(kms.also_unwraps(name)), one, "{name}");
        one
    };
    assert_eq!(refused(KEY), None);
    assert_eq!(refused(SAME_REGION), None);
    let long = format!("{KEY}{}", "a".repeat(512 - KEY.len()));
    assert_eq!(refused(&long), None);
    for name in [
        "",
        "alias/phi",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:111122223333:alias/phi",
        "arn:aws:kms:us-east-1:111122223333:key/",
        "arn:aws:kms:us-east-1:111122223333:key/a/b",
        "arn:aws:kms:us-east-1:111122223333:key/*",
        "arn:aws:kms:us-east-1:11112222333:key/a",
        "arn:aws:kms:us-east-1:11112222333x:key/a",
        "arn:aws:kms::111122223333:key/a",
        "arn::kms:us-east-1:111122223333:key/a",
        "arn:aws:s3:us-east-1:111122223333:key/a",
        "ARN:aws:kms:us-east-1:111122223333:key/a",
        "arn:aws:kms:us-east-1:111122223333:key/a\n",
        " arn:aws:kms:us-east-1:111122223333:key/a",
        &format!("{long}a"),
        OTHER_REGION,
    ] {
        assert_eq!(refused(name), Some(KeyErrorKind::Malformed), "{name}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn replicas_of_a_multi_region_key_are_one_key() {
    let server = Canned::start(honest());
    let kms = AwsKms::new(
        server.client(),
        "arn:aws:kms:us-east-1:111122223333:key/mrk-0a",
    )
    .unwrap();
    let replica = "arn:aws:kms:eu-west-1:111122223333:key/mrk-0a";
    let kms = kms.also_unwraps(replica).unwrap();
    assert!(kms.owns(replica));
    for other in [
        "arn:aws:kms:eu-west-1:111122223333:key/mrk-0b",
        "arn:aws:kms:eu-west-1:444455556666:key/mrk-0a",
        "arn:aws-cn:kms:eu-west-1:111122223333:key/mrk-0a",
    ] {
        assert!(!kms.owns(other));
        let refused = kind(kms.clone().also_unwraps(other));
        assert_eq!(refused, Some(KeyErrorKind::Malformed), "{other}");
    }
}

#[tokio::test]
async fn another_accounts_key_is_refused_without_a_request() {
    let server = Canned::start(honest());
    let kms = AwsKms::new(server.client(), KEY)
        .unwrap()
        .also_unwraps(SAME_REGION)
        .unwrap();
    assert!(kms.owns(KEY) && kms.owns(SAME_REGION));
    for reference in [
        "arn:aws:kms:us-east-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/phi",
        OTHER_REGION,
        &KEY.to_uppercase(),
        &KEY[..KEY.len() - 1],
        &format!("{KEY}0"),
        &format!("{KEY} "),
    ] {
        assert!(!kms.owns(reference), "{reference}");
        let wrapped = wrapped_under(reference);
        let refused = kind(kms.unwrap(&wrapped, &context()).await);
        assert_eq!(refused, Some(KeyErrorKind::WrongKey), "{reference}");
        assert!(
            kms.rewrap(&wrapped, &context()).await.unwrap().is_none(),
            "{reference}"
        );
    }
    assert!(server.requests().is_empty());
}

#[test]
fn debug_shows_the_key_and_nothing_of_the_client() {
    let server = Canned::start(honest());
    let kms = AwsKms::new(server.client(), KEY).unwrap();
    assert_eq!(
        format!("{kms:?}"),
        format!("AwsKms {{ key_arn: {KEY:?}, .. }}")
    );
    assert_eq!(kms.key_arn(), KEY);
}
