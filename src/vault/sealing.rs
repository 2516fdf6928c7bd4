//! The sealing action.

use alloc::vec::Vec;
use core::fmt;

use super::action::Action;
use super::cipher::Plaintext;
use super::session::Session;
use super::shared::Derived;
use crate::access::ActionKind;
use crate::audit::Outcome;
use crate::context::{Field, FieldInfo, RecordRef};
use crate::error::Error;
use crate::key::lend_active;
use crate::phi::Phi;
use crate::release::{Brand, Pending, Permit, Receipt, Release};
use crate::sealed::Sealed;
use crate::shape::{Protected, ProtectedSealed};

impl Session {
    /// Seals one value: one action, one event.
    ///
    /// An absent value stays absent, unless the field seals its nulls. That the event is recorded
    /// says that the value was sealed, not that a database committed it.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) but those of opening. Nothing is sealed then.
    pub fn seal_value<P: Protected>(
        &self,
        field: &Field<P::Value>,
        record: RecordRef<'_>,
        value: &P,
    ) -> Result<P::Sealed, Error> {
        let fields = [field.info()];
        self.seal_with(|mut sealing| {
            let permit = sealing.authorize(record, &fields)?;
            let sealed = sealing.seal(&permit, field, value);
            sealing.record()?.release(sealed)
        })
    }

    /// Seals values of one field of many records: one action, one event, one result each.
    ///
    /// # Errors
    ///
    /// As a whole only when the event could not be recorded or the session has expired. The
    /// errors of single values name their [`index`](Error::index) and lose no other value.
    pub fn seal_values<'a, P: Protected>(
        &'a self,
        field: &Field<P::Value>,
        values: &[(RecordRef<'a>, &P)],
    ) -> Result<Vec<Result<P::Sealed, Error>>, Error> {
        let fields = [field.info()];
        self.seal_with(|mut sealing| {
            let sealed: Vec<_> = values
                .iter()
                .map(|(record, value)| {
                    let permit = sealing.authorize(*record, &fields)?;
                    Ok(sealing.seal(&permit, field, *value))
                })
                .collect();
            let release = sealing.record()?;
            Ok(release_each(&release, sealed))
        })
    }

    /// Runs one sealing action over any fields of any records.
    ///
    /// The closure announces fields with [`authorize`](Sealing::authorize), seals them, calls
    /// [`record`](Sealing::record), and takes the results out with the [`Release`] it gets. If it
    /// returns before, the action is recorded as aborted.
    ///
    /// # Errors
    ///
    /// Those of the closure, and [`ErrorKind::Audit`](crate::ErrorKind::Audit).
    pub fn seal_with<'a, R>(
        &'a self,
        f: impl for<'o> FnOnce(Sealing<'o, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut action = Action::begin(self, ActionKind::Seal);
        let result = f(Sealing {
            action: &mut action,
            brand: Brand::new(),
        });
        action.close()?;
        result
    }
}

/// A sealing action in progress.
pub struct Sealing<'o, 'a> {
    action: &'o mut Action<'a>,
    brand: Brand<'o>,
}

impl<'o, 'a> Sealing<'o, 'a> {
    /// Asks the policy whether these fields of this record may be sealed.
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

    /// Seals the value of one permitted field; it waits for the action to be recorded.
    ///
    /// Once released, an error is [`Denied`](crate::ErrorKind::Denied) if the permit does not
    /// cover the field, [`Unencodable`](crate::ErrorKind::Unencodable), or one of the key
    /// provider's.
    pub fn seal<P: Protected>(
        &mut self,
        permit: &Permit<'o, 'a>,
        field: &Field<P::Value>,
        value: &P,
    ) -> Pending<'o, P::Sealed> {
        let info = field.info();
        Pending::new(self.action.claim(permit, &info).and_then(|item| {
            let value = value.present().map(Phi::expose);
            if value.is_none() && !info.seals_null() {
                self.action.items[item].outcome = Outcome::Absent;
                return ProtectedSealed::of(None).ok_or(super::ABSENT);
            }
            let sealed = Plaintext::encode(value, &info)
                .and_then(|plaintext| self.action.encrypt(permit, &info, plaintext, item));
            let sealed = self.action.settle(item, sealed)?;
            ProtectedSealed::of(Some(sealed)).ok_or(super::ABSENT)
        }))
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

    /// Records the action. Whatever was sealed may leave with the release this returns.
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

impl fmt::Debug for Sealing<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").finish_non_exhaustive()
    }
}

/// Lets the items of a batch out, each error with its position.
pub(super) fn release_each<'o, P>(
    release: &Release<'o>,
    items: Vec<Result<Pending<'o, P>, Error>>,
) -> Vec<Result<P, Error>> {
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| {
            item.and_then(|pending| release.release(pending))
                .map_err(|error| error.at_index(index))
        })
        .collect()
}

impl<'a> Action<'a> {
    /// Encrypts under the active key for the permit's record, noting key id and tag.
    pub(super) fn encrypt<T>(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
        plaintext: Plaintext,
        item: usize,
    ) -> Result<Sealed<T>, Error> {
        let nonce = self.next_nonce()?;
        let session = self.session;
        let scope = self.scope(permit.record(), field);
        let (context, keys) = self.shared.at(session.access().tenant(), permit, field);
        let (key_id, sealed) = match keys.lent(permit, &nonce) {
            Some(Derived { key_id, key, .. }) => {
                (*key_id, plaintext.seal(context, field, key_id, key, &nonce))
            }
            None => lend_active(session.keys(), scope, |key| {
                let Derived { key_id, key, .. } = keys.derive(permit, key, &nonce);
                (*key_id, plaintext.seal(context, field, key_id, key, &nonce))
            })?,
        };
        let (envelope, tag) = sealed?;
        let item = &mut self.items[item];
        item.key_id = Some(key_id);
        item.tag = Some(tag);
        Ok(Sealed::from_envelope(envelope))
    }
}
