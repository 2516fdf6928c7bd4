//! Replicas of one multi-Region key, when a Region is down.

use phi_seal::integration::AwsKms;
use phi_seal::key::{KeyErrorKind, Keyset, Kms, KmsChain};

use crate::canned::{Answer, Canned};
use crate::moto::Moto;
use crate::world::{context, hasty, kind, payload};

#[tokio::test]
async fn a_replica_unwraps_while_the_region_is_down_and_only_then() {
    let (east, west) = replicas().await;
    let up = AwsKms::new(Moto::shared().client("us-east-1"), &east).unwrap();
    let wrapped = up.wrap(&payload(), &context()).await.unwrap();
    let replica = AwsKms::new(Moto::shared().client("us-west-2"), &west).unwrap();
    let replica = replica.also_unwraps(&east).unwrap();

    for (answer, is_served) in [
        (Answer::failure(500, "KMSInternalException"), true),
        (Answer::failure(400, "ThrottlingException"), true),
        (Answer::HangUp, true),
        (Answer::failure(400, "AccessDeniedException"), false),
        (Answer::failure(400, "DisabledException"), false),
        (Answer::failure(400, "InvalidCiphertextException"), false),
        (Answer::failure(400, "NotFoundException"), false),
    ] {
        let server = Canned::start(answer);
        let down = hasty(server.client(), &east).attempts(1);
        let chain = KmsChain::new(down)
            .unwrap()
            .also_unwraps(replica.clone())
            .unwrap();
        let unwrapped = chain.unwrap(&wrapped, &context()).await;
        assert_eq!(unwrapped.is_ok(), is_served, "{unwrapped:?}");
        if let Ok(unwrapped) = unwrapped {
            assert_eq!(unwrapped.as_slice(), payload().as_slice());
        }
        // Nothing is wrapped elsewhere than under the first.
        let refused = kind(chain.wrap(&payload(), &context()).await);
        assert!(refused.is_some());
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_keyset_is_unlocked_and_moved_by_the_replica_alone() {
    let (east, west) = replicas().await;
    let home = AwsKms::new(Moto::shared().client("us-east-1"), &east).unwrap();
    let away = AwsKms::new(Moto::shared().client("us-west-2"), &west).unwrap();
    let mut keyset = Keyset::generate(&home).await.unwrap();
    assert_eq!(
        kind(keyset.unlock(&away).await),
        Some(KeyErrorKind::WrongKey)
    );

    let away = away.also_unwraps(&east).unwrap();
    let keys = keyset.unlock(&away).await.unwrap().keys();
    keyset.rewrap(&away, &away).await.unwrap();
    assert!(!keyset.to_json().contains(&east) && keyset.to_json().contains(&west));
    assert_eq!(keyset.unlock(&away).await.unwrap().keys(), keys);
}

/// The ARNs of one key, in two Regions.
async fn replicas() -> (String, String) {
    let client = Moto::shared().client("us-east-1");
    let made = client.create_key().multi_region(true).send().await.unwrap();
    let east = made.key_metadata.unwrap().arn.unwrap();
    let (_, id) = east.rsplit_once('/').unwrap();
    let copy = client
        .replicate_key()
        .key_id(id)
        .replica_region("us-west-2");
    let made = copy.send().await.unwrap();
    (east, made.replica_key_metadata.unwrap().arn.unwrap())
}
