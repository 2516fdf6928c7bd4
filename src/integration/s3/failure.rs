//! What a failed request means.

use super::call::Failure;
use crate::audit::journal::{AnchorError, AnchorErrorKind};

/// Whether the object was not written because there is one, or because somebody else is writing it.
pub(super) fn exists(failure: &Failure) -> bool {
    match failure {
        Failure::Answered { status, .. } => {
            *status == Some(412)
                || failure.has_code("PreconditionFailed")
                || failure.has_code("ConditionalRequestConflict")
        }
        _ => false,
    }
}

/// The kind of a failure, with a sentence of ours: the service's quotes names.
pub(super) fn anchor_error(failure: &Failure) -> AnchorError {
    let kind = match failure {
        Failure::Answered { code, status } => of_answer(code.as_deref(), *status),
        Failure::Unmade => AnchorErrorKind::Contract,
        Failure::Lost => AnchorErrorKind::Unreachable,
    };
    AnchorError::new(kind, sentence(kind))
}

/// Few of these codes are in the SDK's model of the service, so they are told by name; and by the
/// status where there is no name that is known, as from a proxy.
fn of_answer(code: Option<&str>, status: Option<u16>) -> AnchorErrorKind {
    match (code, status) {
        (
            Some(
                "AccessDenied"
                | "AccountProblem"
                | "AllAccessDisabled"
                | "ExpiredToken"
                | "InvalidAccessKeyId"
                | "InvalidSecurity"
                | "InvalidToken"
                | "NotSignedUp"
                | "RequestTimeTooSkewed"
                | "SignatureDoesNotMatch"
                | "TokenRefreshRequired",
            ),
            _,
        ) => AnchorErrorKind::Denied,
        (
            Some(
                "RequestLimitExceeded"
                | "SlowDown"
                | "Throttling"
                | "ThrottlingException"
                | "TooManyRequestsException",
            ),
            _,
        ) => AnchorErrorKind::Throttled,
        (Some("NoSuchBucket"), _) => AnchorErrorKind::Missing,
        // What S3 says of a lock in a bucket that has none.
        (Some("InvalidRequest"), _) => AnchorErrorKind::Unprotected,
        (
            Some(
                "AuthorizationHeaderMalformed"
                | "BadDigest"
                | "InvalidArgument"
                | "InvalidBucketName"
                | "InvalidRetentionPeriod"
                | "KeyTooLongError"
                | "MalformedXML"
                | "MethodNotAllowed"
                | "NotImplemented"
                | "PermanentRedirect",
            ),
            _,
        ) => AnchorErrorKind::Contract,
        (_, Some(401 | 403)) => AnchorErrorKind::Denied,
        (_, Some(429)) => AnchorErrorKind::Throttled,
        (_, Some(301 | 307 | 501)) => AnchorErrorKind::Contract,
        // InternalError, ServiceUnavailable, RequestTimeout, a gateway.
        _ => AnchorErrorKind::Unreachable,
    }
}

const fn sentence(kind: AnchorErrorKind) -> &'static str {
    match kind {
        AnchorErrorKind::Denied => {
            "s3 refused the caller; see its credentials, its policies and the bucket's, and the clock"
        }
        AnchorErrorKind::Throttled => "s3 asks to slow down; try again later",
        AnchorErrorKind::Missing => "s3 has no bucket of this name; make it, with object lock",
        AnchorErrorKind::Unprotected => {
            "s3 does not take a locked object; see that the bucket has object lock enabled"
        }
        AnchorErrorKind::Contract => {
            "s3 does not take this request; see the bucket's region, its name and the retention"
        }
        _ => "s3 did not answer, or the client has no credentials; try again",
    }
}

pub(super) const NO_LOCK: AnchorError = AnchorError::new(
    AnchorErrorKind::Unprotected,
    "the bucket has no object lock, so anchored checkpoints could be deleted; enable it, or name \
     another bucket",
);
pub(super) const DIFFERS: AnchorError = AnchorError::new(
    AnchorErrorKind::Refused,
    "the anchor holds another checkpoint of this size; the journal was forked or restored, or \
     somebody else writes there: verify it",
);
pub(super) const NOT_KEPT: AnchorError = AnchorError::new(
    AnchorErrorKind::Unreachable,
    "s3 took the checkpoint and does not list it; try again",
);
pub(super) const WEAKER: AnchorError = AnchorError::new(
    AnchorErrorKind::Unprotected,
    "the checkpoint is in the anchor under governance mode, which can be lifted; raise it to \
     compliance mode",
);
pub(super) const OTHER_MODE: AnchorError = AnchorError::new(
    AnchorErrorKind::Unprotected,
    "the checkpoint is in the anchor under a lock that is not known; see what the bucket keeps",
);
pub(super) const HIDDEN_LOCK: AnchorError = AnchorError::new(
    AnchorErrorKind::Unprotected,
    "s3 shows no lock on the checkpoint; permit s3:GetObjectRetention, and see that the service \
     supports object lock",
);
pub(super) const RAN_OUT: AnchorError = AnchorError::new(
    AnchorErrorKind::Unprotected,
    "the lock on the checkpoint has ended; lengthen its retention",
);
pub(super) const TOO_MANY: AnchorError = AnchorError::new(
    AnchorErrorKind::Malformed,
    "the anchor's folder holds too much that is no checkpoint; find out who writes there",
);
