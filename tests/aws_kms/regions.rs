//! Replicas of one multi-Region key, when a Region is down. Canned, because moto 5.2 does not find
//! multi-Region keys again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phi_seal::integration::aws_kms::AwsKms;
use phi_seal::key::{Kms, KmsChain};
use serde_json::Value;

use crate::canned::{Answer, Canned, ciphertext, plaintext};
use crate::world::{context, hasty, kind, payload, wrapped_under};

const EAST: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
const WEST: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

#[tokio::test]
async fn a_replica_unwraps_while_the_region_is_down_and_only_then() {
    for (answer, is_served) in [
        (Answer::failure(500, "KMSInternalException"), true),
        (Answer::failure(400, "ThrottlingException"), true),
        (Answer::HangUp, true),
        (Answer::failure(400, "AccessDeniedException"), false),
        (Answer::failure(400, "DisabledException"), false),
        (Answer::failure(400, "InvalidCiphertextException"), false),
        (Answer::failure(400, "NotFoundException"), false),
    ] {
        let east = Canned::start(answer);
        let west = Canned::start(plaintext(WEST, &STANDARD.encode(payload().as_slice())));
        let chain = KmsChain::new(hasty(east.client(), EAST).attempts(1)).unwrap();
        let chain = chain.also_unwraps(replica(&west)).unwrap();

        let unwrapped = chain.unwrap(&wrapped_under(EAST), &context()).await;
        assert_eq!(unwrapped.is_ok(), is_served, "{unwrapped:?}");
        if let Ok(unwrapped) = unwrapped {
            assert_eq!(unwrapped.as_slice(), payload().as_slice());
        }
        // Nothing is wrapped elsewhere than under the first.
        let refused = kind(chain.wrap(&payload(), &context()).await);
        assert!(refused.is_some());
        assert_eq!(east.requests().len(), 2);
        assert_eq!(west.requests().len(), usize::from(is_served));
    }
}

#[tokio::test]
async fn a_replica_is_asked_by_its_own_name() {
    let west = Canned::start(plaintext(WEST, "AAAA"));
    let kms = replica(&west);
    for reference in [EAST, WEST] {
        kms.unwrap(&wrapped_under(reference), &context())
            .await
            .unwrap();
    }
    for request in west.requests() {
        let request: Value = serde_json::from_str(&request).unwrap();
        assert_eq!(request["KeyId"], WEST);
    }

    let west = Canned::start(ciphertext(WEST, WEST));
    let moved = replica(&west)
        .rewrap(&wrapped_under(EAST), &context())
        .await;
    assert_eq!(moved.unwrap().unwrap().reference(), WEST);
    let requests = west.requests();
    let request: Value = serde_json::from_str(&requests[0]).unwrap();
    assert_eq!(
        (&request["SourceKeyId"], &request["DestinationKeyId"]),
        (&WEST.into(), &WEST.into())
    );
    assert_eq!(requests.len(), 1);
}

/// Of [`EAST`], in another Region.
fn replica(server: &Canned) -> AwsKms {
    let kms = hasty(server.client_in("us-west-2"), WEST).attempts(1);
    kms.also_unwraps(EAST).unwrap()
}
