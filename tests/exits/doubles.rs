//! A policy, a key provider, a sink and a value that do as they are told, and count.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use phi_seal::audit::EventRecord;
use phi_seal::codec::{CodecError, Content, Encoder, Value};
use phi_seal::key::{
    BoxFuture, DataKey, KeyError, KeyErrorKind, KeyLease, KeyNeed, KeyProvider, KeyScope, Keyring,
    Scope,
};
use phi_seal::{
    ActionKind, AuditError, AuditSink, Decision, Event, KeyId, Policy, Request, SecretBytes,
};

/// What the policy answers, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    pub(crate) mode: Mutex<Verdict>,
    pub(crate) asked: Mutex<Vec<(ActionKind, String)>>,
}

#[derive(Debug, Default)]
pub(crate) enum Verdict {
    #[default]
    Permit,
    Deny,
    /// Denies the one record of this id.
    DenyRecord(&'static str),
    Only(Vec<bool>),
    Panic,
}

impl Policy for Gate {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        // A search is about no record yet.
        let id = request.record().map_or("-", |record| record.id().as_str());
        self.asked
            .lock()
            .unwrap()
            .push((request.action(), id.to_string()));
        let mode = std::mem::take(&mut *self.mode.lock().unwrap());
        let decision = match &mode {
            Verdict::DenyRecord(denied) if *denied == id => Decision::deny("refused"),
            Verdict::Permit | Verdict::DenyRecord(_) => Decision::permit("granted"),
            Verdict::Deny => Decision::deny("refused"),
            Verdict::Only(permitted) => Decision::permit_only("granted", permitted.clone()),
            Verdict::Panic => panic!("policy"),
        };
        *self.mode.lock().unwrap() = mode;
        decision
    }

    fn version(&self) -> &str {
        "gate-1"
    }
}

/// Lends from a keyring, honestly or not, and counts how often it was asked.
#[derive(Debug)]
pub(crate) struct Lender {
    pub(crate) ring: Keyring,
    pub(crate) mode: Mutex<Lending>,
    pub(crate) calls: AtomicUsize,
    pub(crate) prepared: Mutex<Vec<Option<KeyId>>>,
    loaded: Mutex<Weak<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lending {
    Honest,
    Nothing,
    Twice,
    AnotherKey,
    AnotherTenantsKey,
    ThenFail,
    Panic,
    ThenPanic,
    /// Only what was prepared, while its lease lives.
    Prepared,
}

type Lend<'a> = &'a mut dyn FnMut(&DataKey);

impl Lender {
    pub(crate) fn new(ring: Keyring) -> Self {
        Self {
            ring,
            mode: Mutex::new(Lending::Honest),
            calls: AtomicUsize::new(0),
            prepared: Mutex::default(),
            loaded: Mutex::default(),
        }
    }

    fn lend_as_told(
        &self,
        honest: &mut dyn FnMut(Lend<'_>) -> Result<(), KeyError>,
        lend: Lend<'_>,
    ) -> Result<(), KeyError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mode = *self.mode.lock().unwrap();
        match mode {
            Lending::Honest => honest(lend),
            Lending::Nothing => Ok(()),
            Lending::Twice => honest(lend).and_then(|()| honest(lend)),
            Lending::AnotherKey => {
                lend(&DataKey::generate(KeyScope::default())?);
                Ok(())
            }
            Lending::AnotherTenantsKey => {
                let tenant = phi_seal::TenantId::new("elsewhere").unwrap();
                // The right key bytes, so that the fingerprint fits and only the scope does not.
                honest(&mut |key| {
                    let bytes = phi_seal::danger::export_data_key(key);
                    let scope = KeyScope::tenant(tenant.clone(), phi_seal::key::KeyUse::Seal);
                    lend(&phi_seal::danger::import_data_key(bytes, scope));
                })
            }
            Lending::ThenFail => honest(lend).and(Err(NOT_LOADED)),
            Lending::Panic => panic!("provider"),
            Lending::ThenPanic => {
                honest(lend)?;
                panic!("provider")
            }
            Lending::Prepared => match self.loaded.lock().unwrap().upgrade() {
                Some(_) => honest(lend),
                None => Err(NOT_LOADED),
            },
        }
    }
}

impl KeyProvider for Lender {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.lend_as_told(&mut |lend| self.ring.with_active(scope, lend), lend)
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.lend_as_told(&mut |lend| self.ring.with_key(scope, id, lend), lend)
    }

    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        self.lend_as_told(&mut |lend| self.ring.with_each(scope, lend), lend)
    }

    fn prepare<'a>(
        &'a self,
        needs: &'a [KeyNeed<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, KeyError>> {
        self.prepared
            .lock()
            .unwrap()
            .extend(needs.iter().map(|need| need.id));
        let pin = Arc::new(());
        *self.loaded.lock().unwrap() = Arc::downgrade(&pin);
        Box::pin(std::future::ready(Ok(KeyLease::pinning(pin))))
    }
}

const NOT_LOADED: KeyError = KeyError::new(KeyErrorKind::Unavailable, "not loaded; prepare it");

/// Keeps events, fails or panics, and counts the attempts.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) mode: Mutex<Recording>,
    pub(crate) attempts: AtomicUsize,
    pub(crate) events: Mutex<Vec<EventRecord>>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Recording {
    #[default]
    Keep,
    Fail,
    /// Takes the parts before this one.
    FailAtPart(u32),
    Panic,
}

impl AuditSink for Trail {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        let mode = *self.mode.lock().unwrap();
        match mode {
            Recording::Panic => panic!("sink"),
            Recording::Fail => return Err(SINK_DOWN),
            Recording::FailAtPart(part) if event.part().0 >= part => return Err(SINK_DOWN),
            Recording::Keep | Recording::FailAtPart(_) => {}
        }
        self.events.lock().unwrap().push(event.to_record());
        Ok(())
    }
}

pub(crate) const SINK_DOWN: AuditError = AuditError::new("the trail is cut; mend it");

/// Text whose content says what becomes of it when encoded or decoded.
#[derive(Clone)]
pub(crate) struct Odd(pub(crate) String);

pub(crate) const UNENCODABLE: &str = "unencodable";
pub(crate) const UNDECODABLE: &str = "undecodable";
pub(crate) const PANICS_ENCODING: &str = "panics encoding";
pub(crate) const PANICS_DECODING: &str = "panics decoding";

impl Value for Odd {
    const CONTENT: Content = Content::Text;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(self.0.as_bytes());
        match self.0.as_str() {
            UNENCODABLE => Err(CodecError::new("this value must not be stored")),
            PANICS_ENCODING => panic!("encode"),
            _ => Ok(()),
        }
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        let text = String::decode(content)?;
        match text.as_str() {
            UNDECODABLE => Err(CodecError::new("this value must not be read")),
            PANICS_DECODING => panic!("decode"),
            _ => Ok(Self(text)),
        }
    }

    fn wipe(&mut self) {
        self.0.wipe();
    }
}
