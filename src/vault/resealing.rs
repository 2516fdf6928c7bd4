//! The resealing action: the same values under the active key, shown to nobody.

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use super::action::Action;
use super::cipher::Plaintext;
use super::session::Session;
use crate::access::{ActionKind, Request};
use crate::audit::Outcome;
use crate::context::{Field, FieldInfo, RecordRef};
use crate::envelope::Envelope;
use crate::error::Error;
use crate::key::{Scope, lend_active};
use crate::release::{Brand, Pending, Permit, Receipt, Release};
use crate::shape::ProtectedSealed;

impl Session {
    /// Seals a value anew if it is under another key than the active one, as one recorded action
    /// that releases no plaintext. `None` if it is current: it is then neither decrypted nor
    /// recorded.
    ///
    /// The policy is asked for [`ActionKind::Reseal`], before any key is looked at; who is denied
    /// is not told whether the value is current, and the denial is recorded. Of a stale value it is
    /// asked a second time, by the action that seals it. The value, its encoding and its padding
    /// stay as they are.
    ///
    /// # Errors
    ///
    /// Those of [`open_value`](Session::open_value) and [`seal_value`](Session::seal_value).
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Category, Field, Keyring, Phi, Purpose, RecordId};
    /// # use phi_seal::{RecordRef, RecordType, SubjectId, TenantId, Vault};
    /// # const PATIENT: RecordType = RecordType::new("patient");
    /// # const NAME: Field<String> = PATIENT.field("name", Category::Name);
    /// # let keyring = std::sync::Arc::new(Keyring::generate()?);
    /// # let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
    /// # let (id, patient) = (RecordId::new("p-1")?, SubjectId::new("p-1")?);
    /// # let row = RecordRef::new(&id, &patient);
    /// let first = session.seal_value(&NAME, row, &Phi::new(String::from("Ada")))?;
    /// assert!(session.reseal_value(&NAME, row, &first)?.is_none());
    ///
    /// let key = keyring.rotate()?;
    /// let second = session.reseal_value(&NAME, row, &first)?.expect("it is under the old key");
    /// assert_eq!(second.key_id(), key);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reseal_value<S: ProtectedSealed + Clone>(
        &self,
        field: &Field<S::Value>,
        record: RecordRef<'_>,
        sealed: &S,
    ) -> Result<Option<S>, Error> {
        let fields = [field.info()];
        let envelope = sealed.present().map(|sealed| sealed.envelope());
        let look = self.look();
        let is_current = look.permits(record, &fields) && self.is_current(record, envelope);
        look.end();
        if is_current {
            return Ok(None);
        }
        self.reseal_with(|mut resealing| {
            let permit = resealing.authorize(record, &fields)?;
            let renewed = resealing.renew(&permit, field, sealed);
            resealing.record()?.release(renewed).map(Some)
        })
    }

    /// Runs one resealing action over any fields of any records, as
    /// [`seal_with`](Session::seal_with) does for sealing.
    ///
    /// # Errors
    ///
    /// Those of the closure, and [`ErrorKind::Audit`](crate::ErrorKind::Audit).
    pub fn reseal_with<'a, R>(
        &'a self,
        f: impl for<'o> FnOnce(Resealing<'o, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut action = Action::begin(self, ActionKind::Reseal);
        let result = f(Resealing {
            action: &mut action,
            brand: Brand::new(),
        });
        action.close()?;
        result
    }

    /// Begins to look for what is stale. Counts as activity: a long walk over current rows is no
    /// idleness.
    pub(crate) fn look(&self) -> Look<'_> {
        let (now, is_live) = self.touch();
        Look {
            session: self,
            now: is_live.then_some(now),
            has_ended: false,
        }
    }

    /// Whether a value of this record is under the key that would seal it now. An absent one is.
    ///
    /// If there is no such key, nothing is: the action to come asks the policy first and says so
    /// then.
    pub(crate) fn is_current(&self, record: RecordRef<'_>, envelope: Option<Envelope<'_>>) -> bool {
        let scope = Scope::sealing(self.access().tenant(), record.subject());
        envelope.is_none_or(|envelope| {
            lend_active(self.keys(), scope, |key| *key.id() == envelope.key_id()).unwrap_or(false)
        })
    }
}

/// A look at what may be stale, before there is an action: of what is current there is nothing to
/// record. If policy or provider panic over it, that is recorded as an aborted resealing.
pub(crate) struct Look<'s> {
    session: &'s Session,
    /// `None` in an expired session.
    now: Option<SystemTime>,
    has_ended: bool,
}

impl Look<'_> {
    pub(crate) const fn is_live(&self) -> bool {
        self.now.is_some()
    }

    /// Whether the session lives and the policy lets all these fields, of one record type, be
    /// sealed anew: only then may their keys be compared with the active one. If not, authorising
    /// them says why and records it.
    pub(crate) fn permits(&self, record: RecordRef<'_>, fields: &[FieldInfo]) -> bool {
        let (Some(now), Some(first)) = (self.now, fields.first()) else {
            return false;
        };
        let record_type = first.record_type();
        if record.check_subject(record_type).is_err() {
            return false;
        }
        let (access, action) = (self.session.access(), ActionKind::Reseal);
        let request = Request::new(access, action, record_type, record, fields, now);
        let decision = self.session.policy().authorize(&request);
        (0..fields.len()).all(|position| decision.permits(position))
    }

    /// Ends it: what follows is recorded by an action of its own, or nothing is.
    pub(crate) fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            // Reached by a panic only. A second one, from the sink, would abort the process.
            let abort = || drop(Action::begin(self.session, ActionKind::Reseal));
            let _ = catch_unwind(AssertUnwindSafe(abort));
        }
    }
}

/// A resealing action in progress.
pub struct Resealing<'o, 'a> {
    action: &'o mut Action<'a>,
    brand: Brand<'o>,
}

impl<'o, 'a> Resealing<'o, 'a> {
    /// Asks the policy whether these fields of this record may be sealed anew.
    ///
    /// # Errors
    ///
    /// [`Denied`](crate::ErrorKind::Denied) unless it permits at least one,
    /// [`Expired`](crate::ErrorKind::Expired), [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn authorize(
        &mut self,
        record: RecordRef<'a>,
        fields: &'a [FieldInfo],
    ) -> Result<Permit<'o, 'a>, Error> {
        self.action.authorize(self.brand, record, fields)
    }

    /// Seals one value anew under the active key. A value that is current, and one that was not
    /// announced, stays as it is.
    ///
    /// Once released, an error is one of opening or of sealing.
    pub fn renew<S: ProtectedSealed + Clone>(
        &mut self,
        permit: &Permit<'o, 'a>,
        field: &Field<S::Value>,
        sealed: &S,
    ) -> Pending<'o, S> {
        let info = field.info();
        if !permit.has_announced(&info) {
            return Pending::new(Ok(sealed.clone()));
        }
        let item = match self.action.claim(permit, &info) {
            Ok(item) => item,
            Err(error) => return Pending::new(Err(error)),
        };
        let Some(envelope) = sealed.present().map(|sealed| sealed.envelope()) else {
            if info.seals_null() {
                let tampered = Pending::new(Err(super::NULL_IS_TAMPERING));
                return self.action.settle_pending(item, tampered);
            }
            self.action.items[item].outcome = Outcome::Absent;
            return Pending::new(Ok(sealed.clone()));
        };
        let session = self.action.session;
        let renewed = if session.is_current(permit.record(), Some(envelope)) {
            self.action.items[item].key_id = Some(envelope.key_id());
            Pending::new(Ok(sealed.clone()))
        } else {
            self.action
                .decrypt(permit, &info, &envelope, item)
                .and_then(|plaintext| {
                    let reused = Plaintext::reuse(&plaintext, envelope.content, envelope.padded);
                    let sealed = self.action.encrypt(permit, &info, reused, item)?;
                    S::of(Some(sealed)).ok_or(super::ABSENT)
                })
        };
        self.action.settle_pending(item, renewed)
    }

    #[cfg(feature = "index")]
    pub(crate) const fn action(&mut self) -> &mut Action<'a> {
        self.action
    }

    /// Records the action. What was sealed may leave with the release this returns.
    ///
    /// # Errors
    ///
    /// [`Audit`](crate::ErrorKind::Audit), and [`Expired`](crate::ErrorKind::Expired) in an expired
    /// session; then nothing leaves.
    pub fn record(self) -> Result<Release<'o>, Error> {
        let receipt = Receipt::sign(self.brand, self.action.record())?;
        self.action.check_live()?;
        Ok(receipt.release())
    }
}

impl fmt::Debug for Resealing<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resealing").finish_non_exhaustive()
    }
}
