//! What the planner refuses.

use core::fmt;

/// Why there is no plan.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// Fewer than 16 rows: any index singles them out.
    SmallPopulation,
    /// Fewer than 16 values, or one value in more than a sixteenth of the rows: the index would
    /// show who has it.
    FewValues,
    /// A safe index would find as many rows as the square root of the population, or more: it
    /// gives away something for next to nothing.
    NotSelective,
    /// More indexes than the bits that are safe together.
    TooMany,
    /// An entropy that is no number from 0 to 65536, or of no values.
    Entropy,
    /// A width that is not 1 to 256 bits.
    Width,
    /// No index, or one without a field.
    Empty,
}

impl core::error::Error for PlanError {}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SmallPopulation => "an index needs at least 16 rows: open them all instead",
            Self::FewValues => {
                "an index needs at least 16 values, none in more than a sixteenth of the rows: make it compound"
            }
            Self::NotSelective => {
                "a safe index would find too many rows to be of use: make it compound, or leave it out"
            }
            Self::TooMany => "there are too few rows for so many indexes: leave some out",
            Self::Entropy => "an entropy is 0 to 65536 bits, of at least one value",
            Self::Width => "an index is 1 to 256 bits wide",
            Self::Empty => "plan at least one index, each of at least one field",
        })
    }
}
