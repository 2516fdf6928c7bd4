//! Codes of events, as they are typed. One that is mistyped would find nothing, so it is refused.

use crate::ErrorKind;
use crate::access::{ActionKind, Purpose};
use crate::audit::Outcome;

pub(super) fn action(code: &str) -> Result<ActionKind, &'static str> {
    ActionKind::from_code(code).ok_or("no action has this code; docs/audit-event.md lists them")
}

pub(super) fn purpose(code: &str) -> Result<Purpose, &'static str> {
    Purpose::from_code(code).ok_or("no purpose has this code; HL7's codes are such as TREAT or BTG")
}

pub(super) fn outcome(code: &str) -> Result<&'static str, &'static str> {
    let mut known = OUTCOMES.iter().map(|outcome| outcome.code());
    known
        .find(|known| *known == code)
        .ok_or("no outcome has this code; docs/audit-event.md lists them")
}

const OUTCOMES: [Outcome; 20] = [
    Outcome::Success,
    Outcome::Absent,
    Outcome::Partial,
    Outcome::Pending,
    Outcome::Aborted,
    Outcome::Failed(ErrorKind::Denied),
    Outcome::Failed(ErrorKind::Expired),
    Outcome::Failed(ErrorKind::Malformed),
    Outcome::Failed(ErrorKind::Integrity),
    Outcome::Failed(ErrorKind::Undecodable),
    Outcome::Failed(ErrorKind::Unencodable),
    Outcome::Failed(ErrorKind::MissingKey),
    Outcome::Failed(ErrorKind::KeyDisabled),
    Outcome::Failed(ErrorKind::Erased),
    Outcome::Failed(ErrorKind::OnHold),
    Outcome::Failed(ErrorKind::Retained),
    Outcome::Failed(ErrorKind::Unavailable),
    Outcome::Failed(ErrorKind::Audit),
    Outcome::Failed(ErrorKind::InvalidInput),
    Outcome::Failed(ErrorKind::Provider),
];
