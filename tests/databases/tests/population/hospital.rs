//! What the tests ask of a database.

use phi_seal::index::IndexValue;
use phi_seal::record::RecordIndex;

use crate::patient::{Patient, PatientRow};

/// An own database with the table `patient`, and an index on each column of index values.
pub trait Hospital: Sized {
    async fn open() -> Self;

    /// All of them or none.
    async fn insert(&mut self, rows: &[PatientRow]);

    /// A statement without parameters.
    async fn execute(&mut self, statement: &str);

    /// The rows with one of these values.
    async fn candidates<I: RecordIndex<Record = Patient>>(
        &mut self,
        values: &[IndexValue<I>],
    ) -> Vec<PatientRow>;

    /// How the database goes about finding them.
    async fn explain<I: RecordIndex<Record = Patient>>(
        &mut self,
        values: &[IndexValue<I>],
    ) -> String;

    /// The next rows in the order of their ids.
    async fn page(&mut self, after: i64, limit: i64) -> Vec<PatientRow>;
}

pub const INDEXED: [&str; 3] = ["family_prefix", "family_sound", "born_family"];
