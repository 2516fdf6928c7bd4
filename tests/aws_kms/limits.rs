//! How often and how long a call is tried.

use std::time::Duration;

use phi_seal::key::{KeyErrorKind, Kms};

use crate::canned::{Answer, Canned};
use crate::world::{KEY, context, hasty, kind, wrapped_under};

/// Longer than any of these tests takes, if the limit that it is about holds.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_throttled_call_is_made_as_often_as_it_may_be() {
    for (attempts, expected) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
        let server = Canned::start(Answer::failure(400, "ThrottlingException"));
        let kms = hasty(server.client(), KEY).attempts(attempts);
        let refused = kind(kms.unwrap(&wrapped_under(KEY), &context()).await);
        assert_eq!(refused, Some(KeyErrorKind::Throttled));
        assert_eq!(server.requests().len(), expected);
    }
}

/// There would be one request, if an attempt had no end.
#[tokio::test]
async fn a_silent_server_is_given_up_after_each_attempt() {
    let server = Canned::start(Answer::Silence);
    let kms = hasty(server.client(), KEY)
        .attempts(2)
        .attempt_timeout(Duration::from_millis(300))
        .total_timeout(LONG);
    let refused = kind(kms.unwrap(&wrapped_under(KEY), &context()).await);
    assert_eq!(refused, Some(KeyErrorKind::Unavailable));
    assert_eq!(server.requests().len(), 2);
}

/// There would be three requests, if the call as a whole had no end.
#[tokio::test]
async fn a_silent_server_is_given_up_in_all() {
    let server = Canned::start(Answer::Silence);
    let kms = hasty(server.client(), KEY)
        .attempt_timeout(LONG)
        .total_timeout(Duration::from_millis(300));
    let refused = kind(kms.unwrap(&wrapped_under(KEY), &context()).await);
    assert_eq!(refused, Some(KeyErrorKind::Unavailable));
    assert_eq!(server.requests().len(), 1);
}

/// There would be three requests, if the waiting were outside of the limit.
#[tokio::test]
async fn the_waiting_between_attempts_counts() {
    let server = Canned::start(Answer::failure(400, "ThrottlingException"));
    let kms = hasty(server.client(), KEY)
        .backoff(LONG, LONG)
        .total_timeout(Duration::from_millis(300));
    let refused = kind(kms.unwrap(&wrapped_under(KEY), &context()).await);
    assert_eq!(refused, Some(KeyErrorKind::Unavailable));
    assert_eq!(server.requests().len(), 1);
}

/// The adapter's limits are its own: the application's client keeps what it had.
#[tokio::test]
async fn the_clients_own_limits_stay() {
    let server = Canned::start(Answer::failure(400, "ThrottlingException"));
    let client = server.client();
    let kms = hasty(client.clone(), KEY).attempts(1);
    kms.unwrap(&wrapped_under(KEY), &context())
        .await
        .unwrap_err();
    let moment = Duration::from_millis(1);
    let own = aws_sdk_kms::config::retry::RetryConfig::standard()
        .with_max_attempts(4)
        .with_max_backoff(moment);
    let own = client.config().to_builder().retry_config(own).build();
    let client = aws_sdk_kms::Client::from_conf(own);
    let kms = hasty(client.clone(), KEY).attempts(1);
    kms.unwrap(&wrapped_under(KEY), &context())
        .await
        .unwrap_err();
    client.list_keys().send().await.unwrap_err();
    assert_eq!(server.requests().len(), 1 + 1 + 4);
}
