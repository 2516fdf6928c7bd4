//! Where rows are kept that are to be sealed anew.

use crate::record::SealedRecord;

/// A table of rows, as [`Reseal`](super::Reseal) reads and changes it.
///
/// `docs/rotation.md` has the SQL of both methods for PostgreSQL and SQLite.
pub trait RowStore {
    /// A row.
    type Row: SealedRecord;

    /// Where a row stands in the order of the table: its id, or whatever the order is by.
    type Cursor: Clone;

    /// What can go wrong.
    type Error;

    /// The next rows of the session's tenant after this place, at most `limit`, in an order that does not change while
    /// the work goes on, each with its place. An empty page is the end.
    #[expect(clippy::type_complexity, reason = "a place and a row each")]
    fn page(
        &mut self,
        after: Option<&Self::Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Self::Cursor, Self::Row)>, Self::Error>>;

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

/// One row, as it was read and as it is sealed anew.
#[derive(Clone, Debug)]
pub struct Change<W> {
    /// As it was read: what the table must still hold.
    pub old: W,
    /// The same record under the active key, with current index values.
    pub new: W,
}
