//! Where rows are kept that are to be sealed anew.

use alloc::vec::Vec;

use crate::record::SealedRecord;

/// A table of rows, as [`Reseal`](super::Reseal) reads and changes it.
///
/// `docs/rotation.md` has the SQL of both methods for PostgreSQL and SQLite.
///
/// # Example
///
/// A table in memory, in the order of the ids:
///
/// ```
/// # use phi_seal::danger::{DiscardAudit, PermitAll};
/// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
/// use phi_seal::rotate::{Change, Page, RowStore, StoredRow};
///
/// # #[derive(PhiRecord)]
/// # #[phi(record = "patient", row_derive(Clone, PartialEq))]
/// # struct Patient {
/// #     #[phi(id, subject)]
/// #     id: String,
/// #     #[phi(category = Name)]
/// #     name: Phi<String>,
/// # }
/// struct Table(Vec<PatientRow>);
///
/// impl RowStore for Table {
///     type Row = PatientRow;
///     type Cursor = String;
///     type Error = std::convert::Infallible;
///
///     async fn page(
///         &mut self,
///         after: Option<&String>,
///         limit: usize,
///     ) -> Result<Page<String, PatientRow>, Self::Error> {
///         let rest = self.0.iter().filter(|row| after.is_none_or(|after| row.id > *after));
///         let page = rest.take(limit).map(|row| StoredRow {
///             cursor: row.id.clone(),
///             row: row.clone(),
///         });
///         Ok(page.collect())
///     }
///
///     async fn replace(&mut self, changes: &[Change<PatientRow>]) -> Result<Vec<bool>, Self::Error> {
///         let swap = |Change { old, new }: &Change<PatientRow>| {
///             let place = self.0.iter_mut().find(|row| *row == old);
///             place.map(|row| *row = new.clone()).is_some()
///         };
///         Ok(changes.iter().map(swap).collect())
///     }
/// }
/// # let keyring = std::sync::Arc::new(Keyring::generate()?);
/// # let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
/// # let session = vault.session(Access::new(
/// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
/// # let patient = |id: &str| Patient { id: id.into(), name: Phi::new("Ada".into()) };
/// let mut table = Table(vec![session.seal(&patient("p-1"))?, session.seal(&patient("p-2"))?]);
/// let key = keyring.rotate()?;
///
/// # pollster::block_on(async {
/// let job = session.reseal_all(&mut table).page(1);
/// let summary = job.run().await.map_err(|error| error.to_string())?;
/// assert_eq!((summary.seen, summary.resealed), (2, 2));
/// assert!(table.0.iter().all(|row| row.name.key_id() == key));
/// # Ok::<(), String>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait RowStore {
    /// A row.
    type Row: SealedRecord;

    /// Where a row stands in the order of the table: its id, or whatever the order is by.
    type Cursor: Clone;

    /// What can go wrong.
    type Error;

    /// The next rows of the session's tenant after this place, at most `limit`, in an order that
    /// does not change while the work goes on, each with its place. An empty page is the end.
    fn page(
        &mut self,
        after: Option<&Self::Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Self::Cursor, Self::Row>, Self::Error>>;

    /// Puts the sealed and the index columns of the new rows into the places of the old ones,
    /// **each row only if these columns are still exactly the old ones, and no other column**, and
    /// says for each whether it did: a compare-and-swap, so that no writer's change is lost.
    ///
    /// All of it may be one transaction or a statement for each row: either way a process that is
    /// killed leaves old rows and new rows, and no mixture of both in one row.
    fn replace(
        &mut self,
        changes: &[Change<Self::Row>],
    ) -> impl Future<Output = Result<Vec<bool>, Self::Error>>;
}

/// Rows in the order of the table.
pub type Page<C, W> = Vec<StoredRow<C, W>>;

/// One row and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRow<C, W> {
    /// Its place in the order of the table.
    pub cursor: C,
    /// The row as the table holds it.
    pub row: W,
}

/// One row, as it was read and as it is sealed anew.
#[derive(Clone, Debug)]
pub struct Change<W> {
    /// As it was read: what the table must still hold.
    pub old: W,
    /// The same record under the active key, with current index values.
    pub new: W,
}
