//! Each failure has its kind, quotes nothing, and is tried again exactly if that can help.

use phi_seal::integration::aws_kms::AwsKms;
use phi_seal::key::{KeyError, KeyErrorKind, Kms};

use crate::canned::{Answer, Canned, ciphertext, plaintext};
use crate::world::{KEY, context, hasty, payload, wrapped_under};

const OTHER: &str = "arn:aws:kms:us-east-1:111122223333:key/another";

#[tokio::test]
async fn a_failure_has_its_kind_and_is_tried_again_if_that_can_help() {
    use KeyErrorKind::*;
    for (status, code, expected, requests) in [
        (400, "ThrottlingException", Throttled, 3),
        (400, "Throttling", Throttled, 3),
        (400, "TooManyRequestsException", Throttled, 3),
        (400, "RequestLimitExceeded", Throttled, 3),
        (400, "LimitExceededException", Throttled, 3),
        (429, "NobodyKnows", Throttled, 1),
        (500, "KMSInternalException", Unavailable, 3),
        (500, "KeyUnavailableException", Unavailable, 3),
        (503, "DependencyTimeoutException", Unavailable, 3),
        (400, "NobodyKnows", Unavailable, 1),
        (400, "AccessDeniedException", Denied, 1),
        (400, "UnrecognizedClientException", Denied, 1),
        (400, "ExpiredTokenException", Denied, 1),
        (400, "InvalidSignatureException", Denied, 1),
        (400, "IncompleteSignature", Denied, 1),
        (400, "MissingAuthenticationTokenException", Denied, 1),
        (400, "InvalidGrantTokenException", Denied, 1),
        (401, "NobodyKnows", Denied, 1),
        (403, "NobodyKnows", Denied, 1),
        (400, "DisabledException", Disabled, 1),
        (400, "KMSInvalidStateException", Disabled, 1),
        (400, "NotFoundException", NotFound, 1),
        (400, "InvalidCiphertextException", WrongKey, 1),
        (400, "IncorrectKeyException", WrongKey, 1),
        (400, "ValidationException", Contract, 1),
        (400, "InvalidKeyUsageException", Contract, 1),
    ] {
        let answer = || Answer::failure(status, code);
        let what = format!("{status} {code}");
        every_call(answer, expected, requests, &what).await;
    }
}

#[tokio::test]
async fn what_is_no_answer_is_unavailable() {
    use KeyErrorKind::{Denied, Unavailable};
    every_call(|| Answer::Text(503, "gateway"), Unavailable, 3, "a gateway").await;
    every_call(
        || Answer::Text(200, "welcome to the wifi"),
        Unavailable,
        1,
        "no JSON",
    )
    .await;
    every_call(
        || Answer::Text(403, "<html>no</html>"),
        Denied,
        1,
        "a proxy",
    )
    .await;
    every_call(|| Answer::HangUp, Unavailable, 3, "hanging up").await;
}

/// Makes each call against a server of its own.
async fn every_call(
    answer: impl Fn() -> Answer,
    expected: KeyErrorKind,
    requests: usize,
    what: &str,
) {
    for call in ALL {
        let server = Canned::start(answer());
        let error = call.make(&hasty(server.client(), KEY)).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{what}, {call:?}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("arn:") && !said.contains("canary"), "{said}");
        assert_eq!(server.requests().len(), requests, "{what}, {call:?}");
    }
}

#[tokio::test]
async fn an_answer_of_another_key_is_refused() {
    let right = "A".repeat(43) + "=";
    for key in [OTHER, "1234abcd-12ab-34cd-56ef-1234567890ab", ""] {
        for call in ALL {
            let answer = match call {
                Call::Wrap | Call::Rewrap => ciphertext(key, KEY),
                Call::Unwrap | Call::Generate => plaintext(key, &right),
            };
            expect_of(answer, call, KeyErrorKind::WrongKey, key).await;
        }
        expect_of(
            ciphertext(KEY, key),
            Call::Rewrap,
            KeyErrorKind::WrongKey,
            key,
        )
        .await;
    }
}

#[tokio::test]
async fn an_answer_without_what_was_asked_for_is_refused() {
    let only = |members: &str| Answer::Json(200, format!(r#"{{"KeyId":"{KEY}"{members}}}"#));
    for (call, answer) in [
        (Call::Wrap, only("")),
        (Call::Wrap, only(r#","CiphertextBlob":"""#)),
        (Call::Unwrap, only("")),
        (Call::Generate, only(r#","CiphertextBlob":"AAAA""#)),
        (
            Call::Generate,
            only(&format!(r#","Plaintext":"{}=""#, "A".repeat(43))),
        ),
        (Call::Generate, plaintext(KEY, "AAAA")),
        (Call::Generate, plaintext(KEY, &"A".repeat(44))),
        (Call::Rewrap, only(&format!(r#","SourceKeyId":"{KEY}""#))),
    ] {
        expect_of(answer, call, KeyErrorKind::Contract, "too little").await;
    }
    // Nothing at all does not say which key it was.
    for call in [Call::Wrap, Call::Rewrap] {
        let nothing = Answer::Json(200, "{}".to_owned());
        expect_of(nothing, call, KeyErrorKind::WrongKey, "nothing").await;
    }
}

async fn expect_of(answer: Answer, call: Call, expected: KeyErrorKind, what: &str) {
    let server = Canned::start(answer);
    let error = call.make(&hasty(server.client(), KEY)).await.unwrap_err();
    assert_eq!(error.kind(), expected, "{what}, {call:?}");
    assert_eq!(server.requests().len(), 1, "{what}, {call:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let server = Canned::start(Answer::HangUp);
    let client = server.client();
    assert!(server.requests().is_empty()); // and nobody listens any more
    for call in ALL {
        let error = call.make(&hasty(client.clone(), KEY)).await.unwrap_err();
        assert_eq!(error.kind(), KeyErrorKind::Unavailable, "{call:?}");
    }
}

#[tokio::test]
async fn a_payload_that_is_too_long_breaks_the_contract() {
    let client = crate::moto::Moto::shared().client("us-east-1");
    let key = crate::moto::new_key(&client).await;
    let long = phi_seal::SecretBytes::from_vec(vec![7; 4097]);
    let error = hasty(client, &key)
        .wrap(&long, &context())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), KeyErrorKind::Contract);
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Wrap,
    Unwrap,
    Generate,
    Rewrap,
}

const ALL: [Call; 4] = [Call::Wrap, Call::Unwrap, Call::Generate, Call::Rewrap];

impl Call {
    async fn make(self, kms: &AwsKms) -> Result<(), KeyError> {
        let (wrapped, context) = (wrapped_under(KEY), context());
        match self {
            Self::Wrap => kms.wrap(&payload(), &context).await.map(drop),
            Self::Unwrap => kms.unwrap(&wrapped, &context).await.map(drop),
            Self::Generate => kms.generate(&context).await.map(drop),
            Self::Rewrap => kms.rewrap(&wrapped, &context).await.map(drop),
        }
    }
}
