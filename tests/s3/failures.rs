//! Each failure has its kind, quotes nothing, and is tried again exactly if that can help.

use std::time::Duration;

use phi_seal::audit::journal::{Anchor, AnchorError, AnchorErrorKind};
use phi_seal::integration::s3::S3Anchor;

use crate::canned::{Answer, Canned};
use crate::world::{hasty, journal_key, kind, object, signed};

#[test]
fn a_failure_has_its_kind_and_is_tried_again_if_that_can_help() {
    use AnchorErrorKind::*;
    for (status, code, expected, requests) in [
        (503, "SlowDown", Throttled, 3),
        (400, "ThrottlingException", Throttled, 3),
        (429, "NobodyKnows", Throttled, 1),
        (500, "InternalError", Unreachable, 3),
        (503, "ServiceUnavailable", Unreachable, 3),
        (400, "RequestTimeout", Unreachable, 3),
        (400, "NobodyKnows", Unreachable, 1),
        (403, "AccessDenied", Denied, 1),
        (403, "InvalidAccessKeyId", Denied, 1),
        (403, "SignatureDoesNotMatch", Denied, 1),
        (403, "RequestTimeTooSkewed", Denied, 1),
        (400, "ExpiredToken", Denied, 1),
        (400, "InvalidToken", Denied, 1),
        (401, "NobodyKnows", Denied, 1),
        (403, "NobodyKnows", Denied, 1),
        (404, "NoSuchBucket", Missing, 1),
        (400, "InvalidRequest", Unprotected, 1),
        (400, "InvalidArgument", Contract, 1),
        (400, "BadDigest", Contract, 1),
        (301, "PermanentRedirect", Contract, 1),
        (501, "NotImplemented", Contract, 1),
    ] {
        let answer = move |_: &str, _: usize| Answer::failure(status, code);
        every_call(answer, expected, requests, &format!("{status} {code}"));
    }
}

#[test]
fn what_is_no_answer_is_unreachable() {
    use AnchorErrorKind::{Denied, Unreachable};
    let text = |status, body: &'static str| {
        move |_: &str, _: usize| {
            Answer::Http(status, "content-type: text/html\r\n".into(), body.into())
        }
    };
    every_call(text(503, "gateway"), Unreachable, 3, "a gateway");
    every_call(text(403, "<html>no</html>"), Denied, 1, "a proxy");
    every_call(|_, _| Answer::HangUp, Unreachable, 3, "hanging up");

    let server = Canned::start(|_, _| Answer::HangUp);
    let client = server.client();
    assert!(server.requests().is_empty()); // and nobody listens any more
    for call in ALL {
        let error = call.make(&hasty(client.clone(), "bucket")).unwrap_err();
        assert_eq!(error.kind(), Unreachable, "{call:?}");
        assert!(error.is_retryable());
    }
}

/// Makes each call against a server of its own.
fn every_call(
    answer: impl Fn(&str, usize) -> Answer + Copy + Send + 'static,
    expected: AnchorErrorKind,
    requests: usize,
    what: &str,
) {
    for call in ALL {
        let server = Canned::start(answer);
        let error = call
            .make(&hasty(server.client(), "canary-bucket"))
            .unwrap_err();
        assert_eq!(error.kind(), expected, "{what}, {call:?}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("arn:") && !said.contains("canary"), "{said}");
        assert_eq!(server.requests().len(), requests, "{what}, {call:?}");
    }
}

/// There would be one request, if an attempt had no end.
#[test]
fn a_silent_server_is_given_up_after_each_attempt() {
    let server = Canned::start(|_, _| Answer::Silence);
    let anchor = hasty(server.client(), "bucket")
        .attempts(2)
        .attempt_timeout(Duration::from_millis(300))
        .total_timeout(LONG);
    assert_eq!(kind(anchor.check()), Some(AnchorErrorKind::Unreachable));
    assert_eq!(server.requests().len(), 2);
}

/// There would be three requests, if the call as a whole had no end.
#[test]
fn a_silent_server_is_given_up_in_all() {
    let server = Canned::start(|_, _| Answer::Silence);
    let anchor = hasty(server.client(), "bucket")
        .attempt_timeout(LONG)
        .total_timeout(Duration::from_millis(300));
    assert_eq!(kind(anchor.check()), Some(AnchorErrorKind::Unreachable));
    assert_eq!(server.requests().len(), 1);
}

/// The SDK's own time-outs end with the headers.
#[test]
fn a_body_that_does_not_come_is_given_up() {
    let key = journal_key();
    let held = object(&key, 5);
    let server = Canned::start(move |request, _| {
        if request.contains("versions") {
            return Answer::xml(200, versions(&held));
        }
        // One byte more than there is.
        Answer::Http(
            200,
            "transfer-encoding: chunked\r\nx-ignored: ".into(),
            "ff\r\nx".into(),
        )
    });
    let anchor = hasty(server.client(), "bucket").total_timeout(Duration::from_millis(500));
    let given_up = kind(anchor.latest(key.origin()));
    assert_eq!(given_up, Some(AnchorErrorKind::Unreachable));
}

/// moto has no such case: two who write at once, of whom S3 asks one to try again.
#[test]
fn a_conflict_is_decided_by_what_is_there_then() {
    let key = journal_key();
    for (there, expected) in [
        (signed(&key, 5, "a"), None),
        (signed(&key, 5, "b"), Some(AnchorErrorKind::Refused)),
    ] {
        let held = object(&key, 5);
        let server = Canned::start(move |request, _| match request {
            put if put.starts_with("PUT") => Answer::failure(409, "ConditionalRequestConflict"),
            list if list.contains("versions") => Answer::xml(200, versions(&held)),
            _ => locked("COMPLIANCE", "2999-01-01T00:00:00Z", there.as_str()),
        });
        let published = hasty(server.client(), "bucket").publish(&signed(&key, 5, "a"));
        assert_eq!(kind(published), expected);
        assert_eq!(server.requests().len(), 3);
    }
}

/// moto has no such case: a service that takes the lock's headers and ignores them, or shows none.
#[test]
fn a_lock_that_is_not_kept_is_told() {
    let key = journal_key();
    for (mode, until, expected) in [
        ("COMPLIANCE", "2999-01-01T00:00:00Z", None),
        (
            "GOVERNANCE",
            "2999-01-01T00:00:00Z",
            Some(AnchorErrorKind::Unprotected),
        ),
        (
            "SUGGESTION",
            "2999-01-01T00:00:00Z",
            Some(AnchorErrorKind::Unprotected),
        ),
        (
            "",
            "2999-01-01T00:00:00Z",
            Some(AnchorErrorKind::Unprotected),
        ),
        (
            "COMPLIANCE",
            "2001-01-01T00:00:00Z",
            Some(AnchorErrorKind::Unprotected),
        ),
        ("COMPLIANCE", "", Some(AnchorErrorKind::Unprotected)),
    ] {
        let (held, text) = (object(&key, 5), signed(&key, 5, "a"));
        let server = Canned::start(move |request, _| match request {
            put if put.starts_with("PUT") => Answer::xml(200, ""),
            list if list.contains("versions") => Answer::xml(200, versions(&held)),
            _ => locked(mode, until, text.as_str()),
        });
        let published = hasty(server.client(), "bucket").publish(&signed(&key, 5, "a"));
        assert_eq!(kind(published), expected, "{mode} {until}");
    }
}

#[test]
fn what_is_taken_and_not_listed_is_not_anchored() {
    let key = journal_key();
    let server = Canned::start(|request, _| match request {
        put if put.starts_with("PUT") => Answer::xml(200, ""),
        _ => Answer::xml(200, "<ListVersionsResult></ListVersionsResult>"),
    });
    let published = hasty(server.client(), "bucket").publish(&signed(&key, 5, "a"));
    assert_eq!(kind(published), Some(AnchorErrorKind::Unreachable));
}

#[test]
fn a_lock_configuration_that_says_nothing_is_none() {
    for body in [
        "<ObjectLockConfiguration></ObjectLockConfiguration>",
        "<ObjectLockConfiguration><ObjectLockEnabled>Perhaps</ObjectLockEnabled></ObjectLockConfiguration>",
    ] {
        let server = Canned::start(move |_, _| Answer::xml(200, body));
        let refused = kind(hasty(server.client(), "bucket").check());
        assert_eq!(refused, Some(AnchorErrorKind::Unprotected));
    }
}

/// A listing of one version.
fn versions(key: &str) -> String {
    format!(
        "<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>{key}</Key>\
         <VersionId>v1</VersionId><IsLatest>true</IsLatest><Size>200</Size></Version>\
         </ListVersionsResult>"
    )
}

fn locked(mode: &str, until: &str, text: &str) -> Answer {
    let header = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!("x-amz-object-lock-{name}: {value}\r\n"),
    };
    let headers = header("mode", mode) + &header("retain-until-date", until);
    Answer::Http(200, headers, text.into())
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Check,
    Publish,
    Latest,
}

const ALL: [Call; 3] = [Call::Check, Call::Publish, Call::Latest];

impl Call {
    fn make(self, anchor: &S3Anchor) -> Result<(), AnchorError> {
        let key = journal_key();
        match self {
            Self::Check => anchor.check(),
            Self::Publish => anchor.publish(&signed(&key, 5, "a")),
            Self::Latest => anchor.latest(key.origin()).map(drop),
        }
    }
}

/// Longer than any of these tests takes, if the limit that it is about holds.
const LONG: Duration = Duration::from_secs(20);
