//! Ids name people. They stand in audit events, and nowhere else unasked.

use phi_seal::access::AuthStrength;
use phi_seal::danger::PermitAll;
use phi_seal::key::{DataKey, KeyNeed, KeyScope, Keyring, Scope};
use phi_seal::{
    Access, ActionKind, Actor, ActorId, AuditError, AuditSink, Event, Phi, Policy, Purpose,
    RecordId, RecordRef, Request, RolePolicy, SubjectId, TenantId, Vault,
};

use crate::detector::Detector;
use crate::evidence::Evidence;
use crate::ward::{MARKERS, TEXT};

#[test]
fn debug_and_errors_name_nobody() {
    for marker in MARKERS {
        let mut evidence = Evidence::default();
        let tenant = TenantId::new(marker).unwrap();
        let subject = SubjectId::new(marker).unwrap();
        let id = RecordId::composite(&[marker, "7"]).unwrap();
        let row = RecordRef::new(&id, &subject).binding(marker.as_bytes());
        let actor = Actor::new(marker).unwrap();
        let access = Access::new(tenant.clone(), actor.clone(), Purpose::Treatment)
            .authenticated(AuthStrength::Service, std::time::SystemTime::UNIX_EPOCH);
        let scope = KeyScope::subject(tenant.clone().into_owned(), subject.clone().into_owned());
        let needed = Scope::sealing(&tenant, Some(&subject));
        let fields = [TEXT.info()];
        let request = Request::new(
            &access,
            ActionKind::Open,
            TEXT.record_type(),
            row,
            &fields,
            std::time::SystemTime::UNIX_EPOCH,
        );
        evidence.debug("ids", &(&tenant, &subject, &id, ActorId::new(marker)));
        evidence.debug("rows", &(row, actor, &access, request));
        evidence.debug("scopes", &(&scope, needed, KeyNeed::active(needed)));
        evidence.debug("policy", &RolePolicy::new("1").authorize(&request));

        let key = DataKey::generate(scope).unwrap();
        evidence.debug("key", &key);
        let keyring = Keyring::from_key(key);
        evidence.debug("keyring", &(&keyring, keyring.keys()));
        let vault = Vault::builder(keyring, PermitAll, Blackboard).build();
        let session = vault.session(access).unwrap();
        evidence.debug("vault", &(&vault, &session));
        let value = Phi::new(String::from("Ada"));
        let sealed = session.seal_value(&TEXT, row, &value).unwrap();
        evidence.debug("sealed", &sealed);
        let other = SubjectId::new("p-2").unwrap();
        let moved = RecordRef::new(&id, &other);
        let errors = [
            session
                .open_value(&TEXT, row.binding(b""), &sealed)
                .map(drop),
            session.open_value(&TEXT, moved, &sealed).map(drop),
            session.seal_value(&TEXT, moved, &value).map(drop),
            session.rebind(&TEXT, row, moved, &sealed).map(drop),
            session
                .seal_value(&TEXT, RecordRef::subjectless(&id), &value)
                .map(drop),
            RecordId::new(marker.repeat(40)).map(drop),
            vault
                .session(session.access().clone().reason(marker.repeat(2)))
                .map(drop),
            vault
                .session(session.access().clone().request_id(marker.repeat(9)))
                .map(drop),
        ];
        for error in errors {
            evidence.error("error", &error.unwrap_err());
        }
        evidence.take("blackboard", std::mem::take(&mut *BOARD.lock().unwrap()));
        evidence.is_free_of("an id", &Detector::of_text(marker));
    }
}

/// A sink that shows what `Debug` shows of an event.
#[derive(Debug)]
struct Blackboard;

static BOARD: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());

impl AuditSink for Blackboard {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        let shown = format!(
            "{event:?} {event:#?} {:?} {:?}",
            event.items(),
            event.to_record()
        );
        BOARD.lock().unwrap().extend_from_slice(shown.as_bytes());
        Ok(())
    }
}
