//! What a failed call means.

use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};

use crate::key::{KeyError, KeyErrorKind};

/// The kind of a failure, with a sentence of ours: the service's quotes key and user names.
pub(super) fn key_error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> KeyError {
    let kind = match error {
        SdkError::ConstructionFailure(_) => KeyErrorKind::Contract,
        SdkError::DispatchFailure(failure) if failure.is_user() => KeyErrorKind::Contract,
        SdkError::ServiceError(_) => of_answer(error.code(), status(error)),
        _ => KeyErrorKind::Unavailable,
    };
    KeyError::new(kind, sentence(kind))
}

/// Most of these codes are not in the SDK's model of the service, so they are told by name; and by
/// the status where there is no name that is known, as from a proxy.
fn of_answer(code: Option<&str>, status: Option<u16>) -> KeyErrorKind {
    match (code, status) {
        (
            Some(
                "AccessDeniedException"
                | "ExpiredTokenException"
                | "IncompleteSignature"
                | "IncompleteSignatureException"
                | "InvalidClientTokenId"
                | "InvalidGrantTokenException"
                | "InvalidSignatureException"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenException"
                | "NotAuthorized"
                | "OptInRequired"
                | "UnrecognizedClientException",
            ),
            _,
        ) => KeyErrorKind::Denied,
        (
            Some(
                "LimitExceededException"
                | "RequestLimitExceeded"
                | "SlowDown"
                | "Throttling"
                | "ThrottlingException"
                | "TooManyRequestsException",
            ),
            _,
        ) => KeyErrorKind::Throttled,
        (Some("IncorrectKeyException" | "InvalidCiphertextException"), _) => KeyErrorKind::WrongKey,
        // Pending deletion, or an import or key store that is not there, is the second.
        (Some("DisabledException" | "KMSInvalidStateException"), _) => KeyErrorKind::Disabled,
        (Some("NotFoundException"), _) => KeyErrorKind::NotFound,
        (
            Some(
                "DryRunOperationException"
                | "InvalidArnException"
                | "InvalidKeyUsageException"
                | "UnsupportedOperationException"
                | "ValidationException",
            ),
            _,
        ) => KeyErrorKind::Contract,
        (_, Some(401 | 403)) => KeyErrorKind::Denied,
        (_, Some(429)) => KeyErrorKind::Throttled,
        // KMSInternalException, KeyUnavailableException, DependencyTimeoutException, a gateway.
        _ => KeyErrorKind::Unavailable,
    }
}

const fn sentence(kind: KeyErrorKind) -> &'static str {
    match kind {
        KeyErrorKind::Contract => {
            "aws kms does not take this request; see that the key is a symmetric one for encryption"
        }
        KeyErrorKind::Denied => {
            "aws kms refused the caller; see its credentials, its policies and the key's"
        }
        KeyErrorKind::Throttled => "aws kms asks to slow down; try again later",
        KeyErrorKind::WrongKey => {
            "another key wrapped this, or the wrapped key or its context was changed"
        }
        KeyErrorKind::Disabled => "the key in aws kms is disabled or about to be deleted",
        KeyErrorKind::NotFound => "aws kms has no key of this arn in the client's region",
        _ => "aws kms did not answer, or the client has no credentials; try again",
    }
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}
