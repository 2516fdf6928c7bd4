//! The disclosing action: an opening whose event names a recipient, or the statement of what left by
//! another way.

use alloc::vec::Vec;

use super::action::Action;
use super::opening::Opening;
use super::session::Session;
use crate::audit::{Disclosure, EventId, Outcome};
use crate::context::{FieldInfo, RecordRef};
use crate::error::{Error, ErrorKind};
use crate::release::{Brand, Receipt};

impl Session {
    /// Runs one disclosing action over any fields of any records: as
    /// [`open_with`](Session::open_with), but the policy is asked for
    /// [`ActionKind::Disclose`](crate::ActionKind::Disclose), and the event names the recipient.
    ///
    /// That the event is recorded says that the values were released for the recipient, not that
    /// they arrived.
    ///
    /// # Errors
    ///
    /// Those of the closure, and [`ErrorKind::Audit`].
    pub fn disclose_with<'a, R>(
        &'a self,
        disclosure: &'a Disclosure,
        f: impl for<'o> FnOnce(Opening<'o, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut action = Action::begin_disclosure(self, disclosure);
        let result = f(Opening::of(&mut action));
        action.close()?;
        result
    }

    /// States a disclosure that happened elsewhere: by fax, by phone, on paper. It is authorised and
    /// recorded, as one event, and nothing is opened. Returns the event's id, by which a later
    /// statement [`corrects`](Disclosure::corrects) it.
    ///
    /// `what` are the fields that left, by record. Where no record fits, declare a record type for
    /// what leaves, such as `paper-chart`, and use the patient's id.
    ///
    /// A statement that the policy refuses is recorded as refused, with all that was stated, and stands
    /// in no accounting: find such with a failed-access report.
    ///
    /// # Errors
    ///
    /// [`Denied`](ErrorKind::Denied) unless the policy permits every field of every record,
    /// [`Expired`](ErrorKind::Expired), [`Audit`](ErrorKind::Audit), and
    /// [`InvalidInput`](ErrorKind::InvalidInput) if there is no record, a record without fields, or
    /// fields of several record types. The disclosure is not accounted for then.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Category, Field, Keyring, Purpose, RecordId};
    /// # use phi_seal::{RecordRef, RecordType, SubjectId, TenantId, Vault};
    /// use phi_seal::audit::Disclosure;
    ///
    /// const PATIENT: RecordType = RecordType::new("patient");
    /// const NAME: Field<String> = PATIENT.field("name", Category::Name);
    ///
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::PublicHealth))?;
    /// let fax = Disclosure::to("County Health Department")?.address("fax +1 217 555 0100")?;
    /// let (id, patient) = (RecordId::new("p-1")?, SubjectId::new("p-1")?);
    /// let row = RecordRef::new(&id, &patient);
    /// let event = session.disclosed(&[(row, &[NAME.info()])], &fax)?;
    /// assert_eq!(event.session(), session.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn disclosed(
        &self,
        what: &[(RecordRef<'_>, &[FieldInfo])],
        disclosure: &Disclosure,
    ) -> Result<EventId, Error> {
        let mut action = Action::begin_disclosure(self, disclosure);
        let result = Self::state_in(&mut action, Brand::new(), what);
        action.close()?;
        result
    }

    fn state_in<'o, 'a>(
        action: &'o mut Action<'a>,
        brand: Brand<'o>,
        what: &[(RecordRef<'a>, &'a [FieldInfo])],
    ) -> Result<EventId, Error> {
        if what.is_empty() {
            return Err(NOTHING);
        }
        // All before the first is stated, or a refusal half-way would be an abortion.
        let permits = what.iter().map(|(record, fields)| {
            let permit = action.authorize(brand, *record, fields)?;
            permit.demand_all()?;
            Ok((permit, *fields))
        });
        for (permit, fields) in permits.collect::<Result<Vec<_>, Error>>()? {
            for field in fields {
                let item = action.claim(&permit, field)?;
                action.items[item].outcome = Outcome::Success;
            }
        }
        Receipt::sign(brand, action.record())?;
        action.check_live()?;
        Ok(action.event_id())
    }
}

const NOTHING: Error = Error::new(
    ErrorKind::InvalidInput,
    "a disclosure is of at least one field; name what left",
);
