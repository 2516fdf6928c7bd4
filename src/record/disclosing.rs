//! Records released to a named third party: each function is one action and one event.

use super::fields::check_distinct;
use super::one::open_one;
use super::{Record, RecordFields, SealedRecord};
use crate::audit::Disclosure;
use crate::error::Error;
use crate::vault::Session;

impl Session {
    /// Opens all sealed fields of a row for a named recipient: as [`open`](Session::open), but the
    /// policy is asked for [`ActionKind::Disclose`](crate::ActionKind::Disclose), and the event says
    /// who receives it, and of what.
    ///
    /// The event says that the record was released for the recipient, not that it arrived. State with
    /// [`disclosed`](Session::disclosed) what left by another way.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Session::open). No plaintext was released then.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::audit::MemorySink;
    /// # use phi_seal::danger::PermitAll;
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// use phi_seal::audit::Disclosure;
    ///
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient")]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: String,
    /// #     #[phi(category = Name)]
    /// #     name: Phi<String>,
    /// # }
    /// # let sink = std::sync::Arc::new(MemorySink::new());
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, sink.clone()).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::PublicHealth))?;
    /// # let row = session.seal(&Patient { id: "p-1".into(), name: Phi::new("Ada".into()) })?;
    /// let county = Disclosure::to("County Health Department")?.description("case report")?;
    /// let patient = session.disclose(&row, &county)?;
    /// assert_eq!(patient.name.expose(), "Ada");
    ///
    /// let event = sink.events().pop().ok_or("an event")?;
    /// assert_eq!(event.action, "disclose");
    /// assert_eq!(event.recipient.ok_or("a recipient")?.name, "County Health Department");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn disclose<W: SealedRecord>(
        &self,
        row: &W,
        disclosure: &Disclosure,
    ) -> Result<W::Record, Error> {
        let place = row.place()?;
        self.disclose_with(disclosure, |mut opening| {
            let opened = open_one(row, place.record_ref(), &mut opening)?;
            opened.finish(&opening.record()?)
        })
    }

    /// Opens some fields of a row for a named recipient and leaves the others alone: to
    /// [`disclose`](Session::disclose) what [`open_fields`](Session::open_fields) is to
    /// [`open`](Session::open).
    ///
    /// # Errors
    ///
    /// Those of [`open_fields`](Session::open_fields).
    pub fn disclose_fields<F: RecordFields>(
        &self,
        row: &<F::Record as Record>::Row,
        fields: F,
        disclosure: &Disclosure,
    ) -> Result<F::Plain, Error> {
        let place = SealedRecord::place(row)?;
        let infos = fields.infos();
        let infos = infos.as_ref();
        check_distinct(infos)?;
        self.disclose_with(disclosure, |mut opening| {
            let permit = opening.authorize(place.record_ref(), infos)?;
            permit.demand_all()?;
            let waiting = fields.open_in(row, &mut opening, &permit);
            F::release(waiting, &opening.record()?)
        })
    }
}
