//! What the service is told.

use phi_seal::key::{Kms, WrapContext};
use serde_json::{Value, json};

use crate::canned::{Canned, honest};
use crate::world::{KEY, context, hasty, payload, wrapped_under};

#[tokio::test]
async fn each_call_is_one_request_that_names_key_and_context_and_no_patient() {
    let server = Canned::start(honest());
    let kms = hasty(server.client(), KEY);
    kms.wrap(&payload(), &context()).await.unwrap();
    kms.unwrap(&wrapped_under(KEY), &context()).await.unwrap();
    kms.generate(&context()).await.unwrap();
    kms.rewrap(&wrapped_under(KEY), &context()).await.unwrap();

    let requests = server.requests();
    let pairs = pairs(&context());
    for request in &requests {
        assert!(
            !request.contains("mercy") && !request.contains("patient-17"),
            "{request}"
        );
    }
    let requests: Vec<Value> = requests
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    let [encrypt, decrypt, generate, re_encrypt] = requests.try_into().unwrap();
    for request in [&encrypt, &decrypt, &generate] {
        assert_eq!(request["KeyId"], KEY);
        assert_eq!(request["EncryptionContext"], pairs);
    }
    assert_eq!(generate["KeySpec"], "AES_256");
    assert_eq!(re_encrypt["SourceKeyId"], KEY);
    assert_eq!(re_encrypt["DestinationKeyId"], KEY);
    assert_eq!(re_encrypt["SourceEncryptionContext"], pairs);
    assert_eq!(re_encrypt["DestinationEncryptionContext"], pairs);
}

fn pairs(context: &WrapContext) -> Value {
    let [(one, first), (two, second)] = context.opaque_pairs();
    json!({ one: first, two: second })
}
