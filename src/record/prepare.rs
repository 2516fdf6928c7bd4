//! What actions on whole records will need.

use super::{Place, Record, SealedRecord};
use crate::access::ActionKind;
use crate::envelope::Envelope;
use crate::vault::Needs;

impl<'a> Needs<'a> {
    /// All fields of a row will be opened. `place` is the row's own:
    /// [`SealedRecord::place`].
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// use phi_seal::{Needs, SealedRecord};
    ///
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient")]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: String,
    /// #     #[phi(category = Name)]
    /// #     name: Phi<String>,
    /// # }
    /// # pollster::block_on(async {
    /// # let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Treatment))?;
    /// # let row = session.seal(&Patient { id: "p-1".into(), name: Phi::new("Ada".into()) })?;
    /// let place = row.place()?;
    /// let lease = session.prepare(&Needs::new().open_row(&place, &row)).await?;
    /// let patient = session.open(&row)?; // waits for no network
    /// # drop((lease, patient));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).map_err(|error| error.to_string())?;
    /// # Ok::<(), String>(())
    /// ```
    #[must_use]
    pub fn open_row<W: SealedRecord>(self, place: &'a Place<'a>, row: &W) -> Self {
        self.add_row(ActionKind::Open, place, row)
    }

    /// All fields of a row will be disclosed; as [`open_row`](Needs::open_row).
    #[must_use]
    pub fn disclose_row<W: SealedRecord>(self, place: &'a Place<'a>, row: &W) -> Self {
        self.add_row(ActionKind::Disclose, place, row)
    }

    /// A record will be sealed, its index values included.
    #[must_use]
    pub fn seal_record<R: Record>(mut self, place: &'a Place<'a>) -> Self {
        for field in R::FIELDS {
            self.push(ActionKind::Seal, place.record_ref(), *field, None);
        }
        self.add_indexes::<R>()
    }

    /// What is stale of a row will be sealed anew.
    #[must_use]
    pub fn reseal_row<W: SealedRecord>(self, place: &'a Place<'a>, row: &W) -> Self {
        let mut needs = self.add_row(ActionKind::Reseal, place, row);
        for field in W::Record::FIELDS {
            needs.push(ActionKind::Reseal, place.record_ref(), *field, None);
        }
        needs.add_indexes::<W::Record>()
    }

    /// Records will be searched by an index.
    #[cfg(feature = "index")]
    #[must_use]
    pub fn search<I: crate::index::Index>(self, index: I) -> Self {
        let _ = index;
        self.searching_by(I::INFO.parts().iter().map(|part| *part.field()).collect())
    }

    /// A row that a search by this index found will be opened: as [`open_row`](Needs::open_row),
    /// and the policy loads what it decides on whether the row may be found.
    #[cfg(feature = "index")]
    #[must_use]
    pub fn open_found<I: super::RecordIndex>(
        mut self,
        index: I,
        place: &'a Place<'a>,
        row: &<I::Record as Record>::Row,
    ) -> Self {
        let _ = index;
        for part in I::INFO.parts() {
            self.push(ActionKind::Search, place.record_ref(), *part.field(), None);
        }
        self.open_row(place, row)
    }

    fn add_row<W: SealedRecord>(
        mut self,
        action: ActionKind,
        place: &'a Place<'a>,
        row: &W,
    ) -> Self {
        for (at, field) in W::Record::FIELDS.iter().enumerate() {
            if let Some(Ok(envelope)) = row.envelope_at(at).map(Envelope::parse) {
                let key = Some(envelope.key_id());
                self.push(action, place.record_ref(), *field, key);
            }
        }
        self
    }

    #[cfg(feature = "index")]
    fn add_indexes<R: Record>(self) -> Self {
        if R::INDEXES.is_empty() {
            return self;
        }
        self.making_index_values()
    }

    #[cfg(not(feature = "index"))]
    #[expect(
        clippy::extra_unused_type_parameters,
        reason = "there are no indexes to ask it for"
    )]
    fn add_indexes<R: Record>(self) -> Self {
        self
    }
}
