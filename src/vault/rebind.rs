//! Moving a value to another place, without showing it.

use super::action::Action;
use super::cipher::Plaintext;
use super::session::Session;
use crate::access::ActionKind;
use crate::audit::Outcome;
use crate::context::{Field, FieldInfo, RecordRef};
use crate::error::Error;
use crate::release::{Brand, Pending, Receipt};
use crate::shape::ProtectedSealed;

impl Session {
    /// Opens a value at one place and seals it at another, as one recorded action that releases
    /// no plaintext: for merged patients, changed ids and new row revisions.
    ///
    /// The policy is asked for [`ActionKind::Rebind`] at both places. The value, its encoding and
    /// its padding stay as they are; the active key of the new place seals it.
    ///
    /// # Errors
    ///
    /// Those of opening at `from` and of sealing at `to`.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Category, Field, Keyring, Phi, Purpose, RecordId};
    /// # use phi_seal::{RecordRef, RecordType, SubjectId, TenantId, Vault};
    /// # const PATIENT: RecordType = RecordType::new("patient");
    /// # const NAME: Field<String> = PATIENT.field("name", Category::Name);
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Treatment))?;
    /// # let (id, patient) = (RecordId::new("p-1")?, SubjectId::new("p-1")?);
    /// let row = RecordRef::new(&id, &patient);
    /// let first = session.seal_value(&NAME, row.binding(b"1"), &Phi::new(String::from("Ada")))?;
    /// let second = session.rebind(&NAME, row.binding(b"1"), row.binding(b"2"), &first)?;
    /// assert!(session.open_value(&NAME, row.binding(b"2"), &second).is_ok());
    /// assert!(session.open_value(&NAME, row.binding(b"2"), &first).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rebind<S: ProtectedSealed>(
        &self,
        field: &Field<S::Value>,
        from: RecordRef<'_>,
        to: RecordRef<'_>,
        sealed: &S,
    ) -> Result<S, Error> {
        let fields = [field.info()];
        let mut action = Action::begin(self, ActionKind::Rebind);
        let result = Self::rebind_in(&mut action, Brand::new(), &fields, from, to, sealed);
        action.close()?;
        result
    }

    fn rebind_in<'o, 'a, S: ProtectedSealed>(
        action: &'o mut Action<'a>,
        brand: Brand<'o>,
        fields: &'a [FieldInfo; 1],
        from: RecordRef<'a>,
        to: RecordRef<'a>,
        sealed: &S,
    ) -> Result<S, Error> {
        let [field] = fields;
        let open_permit = action.authorize(brand, from, fields)?;
        let seal_permit = action.authorize(brand, to, fields)?;
        let opened = action.claim(&open_permit, field)?;
        let resealed = action.claim(&seal_permit, field)?;
        let moved = match sealed.present() {
            None if !field.seals_null() => {
                action.items[opened].outcome = Outcome::Absent;
                action.items[resealed].outcome = Outcome::Absent;
                Pending::new(S::of(None).ok_or(super::ABSENT))
            }
            None => {
                let tampered = Pending::new(Err(super::NULL_IS_TAMPERING));
                let tampered = action.settle_pending(opened, tampered);
                action.settle_pending(resealed, tampered)
            }
            Some(sealed) => {
                let envelope = sealed.envelope();
                let plaintext = action.decrypt(&open_permit, field, &envelope, opened);
                let moved = action
                    .settle_pending(opened, plaintext)
                    .and_then(|plaintext| {
                        let reused =
                            Plaintext::reuse(&plaintext, envelope.content, envelope.padded);
                        let sealed = action.encrypt(&seal_permit, field, reused, resealed)?;
                        S::of(Some(sealed)).ok_or(super::ABSENT)
                    });
                action.settle_pending(resealed, moved)
            }
        };
        let receipt = Receipt::sign(brand, action.record())?;
        receipt.release().release(moved)
    }
}
