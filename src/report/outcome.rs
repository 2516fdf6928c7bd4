//! What outcomes mean to a report.

/// Whether something went wrong: all but what was done, was absent, or is announced. A code that this
/// version does not know is a failure.
pub(super) fn is_failure(code: &str) -> bool {
    !matches!(code, "success" | "absent" | "pending")
}

/// Whether a field of this outcome may have been released. A code that this version does not know may
/// stand for a release.
pub(super) fn may_have_released(code: &str) -> bool {
    !KNOWN_FAILURES.contains(&code)
}

const KNOWN_FAILURES: [&str; 17] = [
    "pending",
    "aborted",
    "denied",
    "expired",
    "malformed",
    "integrity",
    "undecodable",
    "unencodable",
    "missing_key",
    "key_disabled",
    "erased",
    "on_hold",
    "retained",
    "unavailable",
    "audit",
    "invalid_input",
    "provider",
];
