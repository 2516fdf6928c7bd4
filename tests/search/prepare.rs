//! Loading keys and care relations before a search, and before index values are made.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use phi_seal::access::PolicyUnavailable;
use phi_seal::audit::MemorySink;
use phi_seal::key::{
    BoxFuture, DataKey, KeyError, KeyLease, KeyNeed, KeyProvider, KeyUse, Keyring, Scope,
};
use phi_seal::{
    Access, ActionKind, Decision, KeyId, Needs, Policy, Record, Request, SealedRecord, Session,
    SubjectId, Vault,
};
use pollster::block_on;

use crate::ward::{Patient, access, ids, index_scope, patient, phi, ssn};

/// A keyring that notes which keys it was to load, by use.
#[derive(Debug)]
struct Loading {
    ring: Keyring,
    loaded: Mutex<Vec<KeyUse>>,
}

impl Loading {
    fn new() -> Arc<Self> {
        let ring = Keyring::generate().unwrap();
        ring.add(DataKey::generate(index_scope()).unwrap()).unwrap();
        let loaded = Mutex::default();
        Arc::new(Self { ring, loaded })
    }

    /// Since the last call.
    fn loaded(&self) -> Vec<KeyUse> {
        std::mem::take(&mut self.loaded.lock().unwrap())
    }
}

impl KeyProvider for Loading {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.ring.with_active(scope, lend)
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.ring.with_key(scope, id, lend)
    }

    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        self.ring.with_each(scope, lend)
    }

    fn prepare<'a>(
        &'a self,
        needs: &'a [KeyNeed<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, KeyError>> {
        let uses = needs.iter().map(|need| need.scope.key_use);
        self.loaded.lock().unwrap().extend(uses);
        Box::pin(std::future::ready(Ok(KeyLease::default())))
    }
}

/// Permits acting on patients whose care relation was loaded for that action, and beginning any
/// search.
#[derive(Debug, Default)]
struct Relations {
    refuses: Mutex<Option<ActionKind>>,
    known: Mutex<BTreeSet<(String, &'static str)>>,
}

impl Policy for Relations {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        if *self.refuses.lock().unwrap() == Some(request.action()) {
            return Decision::deny("refused");
        }
        let Some(patient) = request.subject() else {
            return Decision::permit("begin");
        };
        let relation = (patient.as_str().to_string(), request.action().code());
        match self.known.lock().unwrap().contains(&relation) {
            true => Decision::permit("treating"),
            false => Decision::deny("not-loaded"),
        }
    }

    fn prepare<'a>(
        &'a self,
        _: &'a Access,
        action: ActionKind,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<(), PolicyUnavailable>> {
        let loaded = subjects
            .iter()
            .map(|subject| (subject.as_str().to_string(), action.code()));
        self.known.lock().unwrap().extend(loaded);
        Box::pin(std::future::ready(Ok(())))
    }
}

struct Clinic {
    keys: Arc<Loading>,
    policy: Arc<Relations>,
    session: Session,
}

impl Clinic {
    fn new() -> Self {
        let (keys, policy) = (Loading::new(), Arc::new(Relations::default()));
        let vault = Vault::builder(keys.clone(), policy.clone(), MemorySink::new()).build();
        let session = vault.session(access("mercy")).unwrap();
        Self {
            keys,
            policy,
            session,
        }
    }

    fn refuse(&self, action: ActionKind) {
        *self.policy.refuses.lock().unwrap() = Some(action);
    }

    fn prepare(&self, needs: &Needs<'_>) -> Vec<KeyUse> {
        let _lease = block_on(self.session.prepare(needs)).unwrap();
        self.keys.loaded()
    }
}

#[test]
fn index_keys_are_loaded_only_for_whom_the_policy_lets_search() {
    let clinic = Clinic::new();
    let needs = Needs::new().search(Patient::SSN_INDEX);
    assert_eq!(clinic.prepare(&needs), [KeyUse::Index]);
    clinic.refuse(ActionKind::Search);
    assert_eq!(clinic.prepare(&needs), []);
}

#[test]
fn index_keys_are_loaded_only_for_whom_the_policy_lets_seal() {
    let clinic = Clinic::new();
    let record = patient(0);
    let place = record.place().unwrap();
    let needs = Needs::new().seal_record::<Patient>(&place);
    let loaded = clinic.prepare(&needs);
    assert_eq!(loaded.last(), Some(&KeyUse::Index));
    assert!(loaded.contains(&KeyUse::Seal));
    clinic.refuse(ActionKind::Seal);
    assert_eq!(clinic.prepare(&needs), []);
}

#[test]
fn what_decides_whether_a_row_may_be_found_is_loaded_with_it() {
    let clinic = Clinic::new();
    let record = patient(0);
    let place = record.place().unwrap();
    clinic.prepare(&Needs::new().seal_record::<Patient>(&place));
    let row = clinic.session.seal(&record).unwrap();
    let find = || {
        let search = clinic.session.search(Patient::SSN_INDEX, &phi(&ssn(0)));
        ids(search.unwrap().open([&row]).unwrap())
    };

    let place = row.place().unwrap();
    clinic.prepare(&Needs::new().open_row(&place, &row));
    assert!(find().is_empty(), "for opening only");
    let needs = Needs::new().open_found(Patient::SSN_INDEX, &place, &row);
    let loaded = clinic.prepare(&needs);
    assert!(!loaded.is_empty() && loaded.iter().all(|of| *of == KeyUse::Seal));
    assert_eq!(find(), ["p-0"]);
}
