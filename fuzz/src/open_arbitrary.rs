//! Forged and misplaced envelopes through a session: never a plaintext but the one that was
//! sealed for this very context, and exactly one audit event for each action.
//!
//! A model says for each item how it must end, down to the kind of error.

mod forgery;
mod original;
mod set_up;

use std::sync::Arc;

use phi_seal::audit::MemorySink;
use phi_seal::codec::Value;
use phi_seal::danger::{FixedNonce, PermitAll, open_unrecorded, seal_unrecorded};
use phi_seal::key::{DataKey, KeyScope};
use phi_seal::{
    Access, Actor, AuditError, Error, ErrorKind, Field, FieldInfo, Keyring, Protected,
    ProtectedSealed, Purpose, Sealed, Session, Vault,
};

use super::input::Input;
use super::place::{Ids, Place};
use forgery::{edited, under_key};
use original::{ORIGINALS, content_of, data_key};
use set_up::{Action, DenyAll, Forgery, SetUp};

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let set_up = SetUp::read(&mut input);
    let original = &ORIGINALS[usize::from(input.byte()) % ORIGINALS.len()];
    let mut place = original.place.clone();
    let changes = input.byte();
    place.change(changes, &mut input);
    let Some(ids) = place.ids() else {
        return;
    };
    let envelope = match set_up.forgery {
        Forgery::Edited => edited(&original.envelope, input),
        Forgery::Raw => input.rest().to_vec(),
        Forgery::RawUnderOurKey => under_key(set_up.key, input.rest()),
    };
    let case = Case {
        set_up,
        place: &place,
        ids: &ids,
        envelope: &envelope,
    };
    case.open_as::<String>();
    case.open_as::<Vec<u8>>();
    case.open_as::<i64>();
    case.open_as::<Vec<String>>();
}

/// An envelope at a place.
struct Case<'a> {
    set_up: SetUp,
    place: &'a Place,
    ids: &'a Ids<'a>,
    envelope: &'a [u8],
}

/// What must come of an action on one item: content, a sealed null, or this kind of error.
type Expected = Result<Option<Vec<u8>>, ErrorKind>;

impl Case<'_> {
    fn open_as<T: Value>(&self) {
        let Ok(sealed) = Sealed::<T>::from_bytes(self.envelope) else {
            return;
        };
        let field = self.place.field::<T>();
        let sealed_null = field.sealed_null();
        self.check(&field, &sealed, false);
        self.check(&sealed_null, &Some(sealed), true);
    }

    fn check<S: ProtectedSealed>(&self, field: &Field<S::Value>, sealed: &S, is_optional: bool) {
        let key = data_key(self.set_up.key, self.set_up.scope());
        let bare = open_unrecorded(&key, &self.ids.tenant, field, self.ids.row(), sealed);
        assert_eq!(outcome(bare), self.decrypted(is_optional));

        let sink = Arc::new(MemorySink::new());
        let session = self.session(key, &sink);
        match self.set_up.action {
            Action::OpenOne => self.open_one(&session, &sink, field, sealed, is_optional),
            Action::OpenPage => self.open_page(&session, &sink, field, sealed, is_optional),
            Action::Abandon => self.abandon(&session, &sink, field, sealed, is_optional),
            Action::Rebind => self.rebind(&session, &sink, field, sealed, is_optional),
        }
    }

    fn open_one<S: ProtectedSealed>(
        &self,
        session: &Session,
        sink: &MemorySink,
        field: &Field<S::Value>,
        sealed: &S,
        is_optional: bool,
    ) {
        let opened = outcome(session.open_value(field, self.ids.row(), sealed));
        let expected = self.permitted(is_optional);
        self.recorded_once(sink, "open", code(&expected));
        assert_eq!(opened, self.unless_sink_fails(expected));
    }

    fn open_page<S: ProtectedSealed>(
        &self,
        session: &Session,
        sink: &MemorySink,
        field: &Field<S::Value>,
        sealed: &S,
        is_optional: bool,
    ) {
        let mut neighbour = self.place.clone();
        neighbour.binding.extend_from_slice(b" neighbour");
        let ids = neighbour.ids().expect("the same ids are valid");
        // Sealed empty where there is an empty value; any genuine envelope of the type will do.
        let key = data_key(self.set_up.key, KeyScope::default());
        let nothing = <S::Plain as Protected>::of(None);
        let genuine = nothing.and_then(|nothing| {
            let nonce = FixedNonce([9; 24]);
            let sealed = seal_unrecorded(&key, nonce, &ids.tenant, field, ids.row(), &nothing);
            S::of(sealed.ok())
        });
        let mut page = vec![(self.ids.row(), sealed)];
        page.extend(genuine.as_ref().map(|genuine| (ids.row(), genuine)));

        let opened = session.open_values(field, &page);
        let expected = self.permitted(is_optional);
        let neighbour_decrypted = match self.set_up.admits(&neighbour) {
            true => Ok(None),
            false => Err(ErrorKind::MissingKey),
        };
        let neighbour_expected = self.unless_denied(neighbour_decrypted);
        let codes = [code(&expected), code(&neighbour_expected)];
        let whole = match genuine {
            Some(_) if codes[0] != codes[1] => "partial",
            _ => codes[0],
        };
        self.recorded_once(sink, "open", whole);
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Audit);
                return assert!(self.set_up.sink_fails);
            }
        };
        assert!(!self.set_up.sink_fails, "released without a record");
        assert_eq!(opened.len(), page.len());
        let expected = [expected, neighbour_expected];
        for (index, (opened, expected)) in opened.into_iter().zip(expected).enumerate() {
            if let Err(error) = &opened {
                assert_eq!(error.index(), Some(index));
            }
            assert_eq!(outcome(opened), expected);
        }
    }

    fn abandon<S: ProtectedSealed>(
        &self,
        session: &Session,
        sink: &MemorySink,
        field: &Field<S::Value>,
        sealed: &S,
        is_optional: bool,
    ) {
        let fields: [FieldInfo; 1] = [field.info()];
        let abandoned = session.open_with(|mut opening| {
            let permit = opening.authorize(self.ids.row(), &fields)?;
            drop(opening.open(&permit, field, sealed));
            Ok(())
        });
        let expected = self.permitted(is_optional);
        // A denial ends it before anything was done; what failed, failed.
        let whole = match &expected {
            Ok(_) => "aborted",
            Err(kind) => kind.code(),
        };
        self.recorded_once(sink, "open", whole);
        let is_denied = self.set_up.is_denied.then_some(ErrorKind::Denied);
        let expected = if self.set_up.sink_fails {
            Some(ErrorKind::Audit)
        } else {
            is_denied
        };
        assert_eq!(abandoned.err().map(|error| error.kind()), expected);
    }

    fn rebind<S: ProtectedSealed>(
        &self,
        session: &Session,
        sink: &MemorySink,
        field: &Field<S::Value>,
        sealed: &S,
        is_optional: bool,
    ) {
        let mut new_place = self.place.clone();
        new_place.binding.extend_from_slice(b" moved");
        let new_ids = new_place.ids().expect("the same ids are valid");
        let moved = session.rebind(field, self.ids.row(), new_ids.row(), sealed);
        let as_opened = self.permitted(is_optional);
        // Nothing is decoded, so a null need not fit the shape.
        let expected = self.permitted(true);
        if !self.set_up.sink_fails {
            let kind = moved.as_ref().err().map(Error::kind);
            assert_eq!(kind, expected.as_ref().err().copied());
        }
        match moved {
            Ok(moved) => {
                assert!(!self.set_up.sink_fails, "released without a record");
                let key = data_key(self.set_up.key, KeyScope::default());
                let open_at = |ids: &Ids<'_>| {
                    outcome(open_unrecorded(&key, &ids.tenant, field, ids.row(), &moved))
                };
                assert_eq!(open_at(self.ids), Err(ErrorKind::Integrity));
                assert_eq!(open_at(&new_ids), as_opened);
            }
            Err(error) if self.set_up.sink_fails => assert_eq!(error.kind(), ErrorKind::Audit),
            Err(_) => {}
        }
        self.recorded_once(sink, "rebind", code(&expected));
    }

    /// What policy, key and cipher make of it.
    fn permitted(&self, is_optional: bool) -> Expected {
        self.unless_denied(self.decrypted(is_optional))
    }

    /// The only place that says yes: this envelope was sealed here, under this key.
    fn decrypted(&self, is_optional: bool) -> Expected {
        let key = data_key(self.set_up.key, KeyScope::default());
        if self.envelope[2..34] != *key.id().as_bytes() || !self.set_up.admits(self.place) {
            return Err(ErrorKind::MissingKey);
        }
        let original = ORIGINALS.iter().find(|original| {
            original.envelope == self.envelope
                && original.place == *self.place
                && original.key == self.set_up.key
        });
        match original {
            None => Err(ErrorKind::Integrity),
            Some(original) if original.content.is_none() && !is_optional => {
                Err(ErrorKind::Undecodable)
            }
            Some(original) => Ok(original.content.clone()),
        }
    }

    fn unless_denied(&self, expected: Expected) -> Expected {
        if self.set_up.is_denied {
            Err(ErrorKind::Denied)
        } else {
            expected
        }
    }

    fn unless_sink_fails(&self, expected: Expected) -> Expected {
        if self.set_up.sink_fails {
            Err(ErrorKind::Audit)
        } else {
            expected
        }
    }

    fn recorded_once(&self, sink: &MemorySink, action: &str, outcome: &str) {
        let events = sink.events();
        assert_eq!(events.len(), usize::from(!self.set_up.sink_fails));
        let Some(event) = events.first() else {
            return;
        };
        assert_eq!((event.part, event.parts), (1, 1));
        assert_eq!(event.tenant, self.place.tenant);
        assert_eq!((&*event.action, &*event.outcome), (action, outcome));
        let row = &event.subjects[0].records[0];
        assert_eq!(event.subjects[0].subject, self.place.subject);
        assert_eq!(row.id, self.place.record_id);
        assert_eq!(row.fields[0].name, self.place.field);
        // Who is denied does not even learn from the log which key it was.
        assert_eq!(row.fields[0].key.is_none(), self.set_up.is_denied);
    }

    fn session(&self, key: DataKey, sink: &Arc<MemorySink>) -> Session {
        let keyring = Keyring::from_key(key);
        let vault = if self.set_up.is_denied {
            Vault::builder(keyring, DenyAll, sink.clone())
        } else {
            Vault::builder(keyring, PermitAll, sink.clone())
        };
        let actor = Actor::new("fuzzer").expect("a valid actor");
        let access = Access::new(self.ids.tenant.clone(), actor, Purpose::Treatment);
        let session = vault.build().session(access).expect("a fresh session");
        if self.set_up.sink_fails {
            sink.fail_with(AuditError::new("the disk is full"));
        }
        session
    }
}

/// What came out, in a form that can be compared.
fn outcome<P: Protected>(opened: Result<P, Error>) -> Expected {
    opened
        .map(|value| content_of(&value))
        .map_err(|error| error.kind())
}

fn code(expected: &Expected) -> &'static str {
    match expected {
        Ok(_) => "success",
        Err(kind) => kind.code(),
    }
}
