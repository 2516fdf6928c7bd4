#![allow(clippy::unwrap_used, clippy::panic)]

mod parts;
mod record;
mod sinks;

use alloc::borrow::Cow;
use std::time::{Duration, SystemTime};

use super::event::{Event, EventHeader, EventItem, Outcome, SessionId};
use crate::access::{Access, ActionKind, Actor, Purpose};
use crate::category::Category;
use crate::context::{FieldInfo, RecordRef, RecordType};
use crate::envelope::KeyId;
use crate::label::{RecordId, SubjectId, TenantId};

const PATIENT: RecordType = RecordType::new("patient");
const WARD: RecordType = RecordType::new("ward").subjectless();
const NAME: FieldInfo = PATIENT.field::<String>("name", Category::Name).info();
const SSN: FieldInfo = PATIENT.field::<String>("ssn", Category::Ssn).info();
const LABEL: FieldInfo = WARD.field::<String>("label", Category::Clinical).info();

pub(super) fn access() -> Access {
    let actor = Actor::new("clinician-17").unwrap().role("physician");
    Access::new(TenantId::new("mercy").unwrap(), actor, Purpose::Treatment)
}

pub(super) fn header(access: &Access) -> EventHeader<'_> {
    EventHeader {
        session: SessionId([0xA5; 16]),
        action_number: 12,
        time: SystemTime::UNIX_EPOCH + Duration::new(1_795_249_800, 42),
        access,
        action: ActionKind::Open,
        outcome: Outcome::Success,
        policy_version: "2026-11-21",
        observer: "ehr",
        search: None,
        generation: None,
        disclosure: None,
    }
}

fn item<'a>(record: RecordRef<'a>, field: FieldInfo) -> EventItem<'a> {
    EventItem {
        record,
        field,
        outcome: Outcome::Success,
        reason: Cow::Borrowed("treatment-team"),
        key_id: Some(KeyId::from_bytes([0x0F; 32])),
        tag: None,
        is_claimed: false,
    }
}

/// The event of an access to one field of a patient.
pub(super) fn with_event<R>(f: impl FnOnce(&Event<'_>) -> R) -> R {
    let (id, subject) = (RecordId::from(1_u64), SubjectId::new("p-1").unwrap());
    let items = [item(RecordRef::new(&id, &subject), NAME)];
    let access = access();
    f(&Event::new(&header(&access), 1, 1, &items))
}
