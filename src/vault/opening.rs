//! The opening action.

use alloc::vec::Vec;
use core::fmt;

use super::action::Action;
use super::cipher;
use super::sealing::release_each;
use super::session::Session;
use super::shared::Derived;
use crate::access::ActionKind;
use crate::audit::Outcome;
use crate::context::{Field, FieldInfo, RecordRef};
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind};
use crate::key::lend_by_id;
use crate::phi::Phi;
use crate::release::{Brand, Pending, Permit, Receipt, Release, decrypt};
use crate::secret::SecretBytes;
use crate::shape::{Protected, ProtectedSealed};

impl Session {
    /// Opens one value: authorised, recorded, then released. One action, one event.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`] but [`Unencodable`](ErrorKind::Unencodable) and
    /// [`Malformed`](ErrorKind::Malformed). No plaintext was released then. Who is denied learns
    /// nothing else, not even whether the key exists.
    pub fn open_value<S: ProtectedSealed>(
        &self,
        field: &Field<S::Value>,
        record: RecordRef<'_>,
        sealed: &S,
    ) -> Result<S::Plain, Error> {
        let fields = [field.info()];
        self.open_with(|mut opening| {
            let permit = opening.authorize(record, &fields)?;
            let value = opening.open(&permit, field, sealed);
            opening.record()?.release(value)
        })
    }

    /// Opens values of one field of many records: one action, one event, one result each.
    ///
    /// # Errors
    ///
    /// As a whole only when the event could not be recorded or the session has expired. The
    /// errors of single values name their [`index`](Error::index) and lose no other value.
    pub fn open_values<'a, S: ProtectedSealed>(
        &'a self,
        field: &Field<S::Value>,
        sealed: &[(RecordRef<'a>, &S)],
    ) -> Result<Vec<Result<S::Plain, Error>>, Error> {
        let fields = [field.info()];
        self.open_with(|mut opening| {
            let values: Vec<_> = sealed
                .iter()
                .map(|(record, sealed)| {
                    let permit = opening.authorize(*record, &fields)?;
                    Ok(opening.open(&permit, field, *sealed))
                })
                .collect();
            let release = opening.record()?;
            Ok(release_each(&release, values))
        })
    }

    /// Runs one opening action over any fields of any records.
    ///
    /// The closure announces fields with [`authorize`](Opening::authorize), opens them, calls
    /// [`record`](Opening::record), and takes the values out with the [`Release`] it gets: there
    /// is no other way to them, and none from one action to another. If the closure returns
    /// before, the action is recorded as aborted.
    ///
    /// # Errors
    ///
    /// Those of the closure, and [`ErrorKind::Audit`].
    pub fn open_with<'a, R>(
        &'a self,
        f: impl for<'o> FnOnce(Opening<'o, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut action = Action::begin(self, ActionKind::Open);
        let result = f(Opening::of(&mut action));
        action.close()?;
        result
    }
}

/// An opening action in progress.
pub struct Opening<'o, 'a> {
    action: &'o mut Action<'a>,
    brand: Brand<'o>,
}

impl<'o, 'a> Opening<'o, 'a> {
    /// The only place where an opening gets its brand: an action is lent to one.
    pub(super) const fn of(action: &'o mut Action<'a>) -> Self {
        Self {
            action,
            brand: Brand::new(),
        }
    }

    /// Asks the policy whether these fields of this record may be opened.
    ///
    /// # Errors
    ///
    /// [`Denied`](ErrorKind::Denied) unless it permits at least one,
    /// [`Expired`](ErrorKind::Expired), [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn authorize(
        &mut self,
        record: RecordRef<'a>,
        fields: &'a [FieldInfo],
    ) -> Result<Permit<'o, 'a>, Error> {
        self.action.authorize(self.brand, record, fields)
    }

    /// Opens the value of one permitted field. It waits for the action to be recorded, and so
    /// does the news that it could not be opened.
    ///
    /// Once released, an error is [`Denied`](ErrorKind::Denied) if the permit does not cover the
    /// field, [`Integrity`](ErrorKind::Integrity), [`Undecodable`](ErrorKind::Undecodable), or
    /// one of the key provider's.
    pub fn open<S: ProtectedSealed>(
        &mut self,
        permit: &Permit<'o, 'a>,
        field: &Field<S::Value>,
        sealed: &S,
    ) -> Pending<'o, S::Plain> {
        let info = field.info();
        let item = match self.action.claim(permit, &info) {
            Ok(item) => item,
            Err(error) => return Pending::new(Err(error)),
        };
        let Some(sealed) = sealed.present() else {
            if info.seals_null() {
                let tampered = Pending::new(Err(super::NULL_IS_TAMPERING));
                return self.action.settle_pending(item, tampered);
            }
            self.action.items[item].outcome = Outcome::Absent;
            return Pending::new(Protected::of(None).ok_or(super::ABSENT));
        };
        let envelope = sealed.envelope();
        let value = self
            .action
            .decrypt(permit, &info, &envelope, item)
            .and_then(|content| {
                cipher::decode(content, envelope.content, envelope.padded)
                    .and_then(|value| {
                        Protected::of(value.map(Phi::new)).ok_or(cipher::NULL_IN_PLAIN_FIELD)
                    })
                    .map_err(|error| Error::new(ErrorKind::Undecodable, error.reason()))
            });
        self.action.settle_pending(item, value)
    }

    #[cfg(feature = "index")]
    pub(crate) const fn action(&mut self) -> &mut Action<'a> {
        self.action
    }

    /// Makes room in the event for so many fields, where their number is known: a page grew to it
    /// by copying half a megabyte.
    pub(crate) fn make_room(&mut self, fields: usize) {
        self.action.items.reserve_exact(fields);
    }

    /// Records the action. What was opened may leave with the release this returns.
    ///
    /// # Errors
    ///
    /// [`Audit`](ErrorKind::Audit), and [`Expired`](ErrorKind::Expired) in an expired session;
    /// then nothing leaves.
    pub fn record(self) -> Result<Release<'o>, Error> {
        let receipt = Receipt::sign(self.brand, self.action.record())?;
        self.action.check_live()?;
        Ok(receipt.release())
    }
}

impl fmt::Debug for Opening<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

impl<'a> Action<'a> {
    /// Decrypts with exactly one key: the one that the envelope names.
    pub(super) fn decrypt<'o>(
        &mut self,
        permit: &Permit<'o, 'a>,
        field: &FieldInfo,
        envelope: &Envelope<'_>,
        item: usize,
    ) -> Pending<'o, SecretBytes> {
        self.items[item].key_id = Some(envelope.key_id());
        Pending::new(self.plaintext(permit, field, envelope))
    }

    /// What an envelope holds at the permit's record, padding included. The crate's own: it leaves
    /// only as something that waits.
    pub(super) fn plaintext(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
        envelope: &Envelope<'_>,
    ) -> Result<SecretBytes, Error> {
        let key_id = envelope.key_id();
        let session = self.session;
        let scope = self.scope(permit.record(), field);
        let (context, keys) = self.shared.at(session.access().tenant(), permit, field);
        let lent = keys.lent(permit, envelope.nonce);
        match lent.filter(|last| last.key_id == key_id) {
            Some(Derived { key, .. }) => decrypt(context, field, key, envelope),
            None => lend_by_id(session.keys(), scope, &key_id, |key| {
                let Derived { key, .. } = keys.derive(permit, key, envelope.nonce);
                decrypt(context, field, key, envelope)
            })?,
        }
    }
}
