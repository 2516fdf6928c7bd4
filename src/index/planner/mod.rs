//! How wide an index may be for what it gives away.

mod entropy;
mod error;
mod plan;

use alloc::vec::Vec;

pub use entropy::Entropy;
pub use error::PlanError;
pub use plan::{Plan, PlannedIndex};

/// Plans the widths of all blind indexes of one record type together.
///
/// A narrow index finds rows that do not match, which a search opens and drops; a wide one shows
/// which rows are alike. The measure is the number of *coincidences*: how many rows are expected
/// to share all index values of a row. With `R` rows, `L` bits and `K` bits of entropy for each
/// index it is `C = R / 2^Σ min(L, K)`, and `2 <= C < √R` is wanted. Both are CipherSweet's
/// (its security page, "Blind Index Information Leaks"). Two things are stricter here: a planned
/// index also has at least one bit less than its values have, so that rows do not merely coincide
/// because they are equal; and fields are refused by how common their most common value is.
///
/// Index values that stand in several rows for one record, as those of
/// [`Tokens`](super::Normal::Tokens) do, count as that many rows: give the number of words as the
/// population.
///
/// # What it does not know
///
/// Whether fields depend on each other: entropies of fields and indexes are added up. For safety
/// that is the careful direction, for the number of rows found it is not. Other columns in clear,
/// other tables, and what an attacker knows of patients are not counted.
///
/// # Example
///
/// ```
/// use phi_seal::index::{Entropy, PlanError, Planner};
///
/// let planner = Planner::new(1_000_000)?;
/// let last_name = Entropy::bits(12.5)?;
/// let plan = planner.plan(&[&[last_name]])?;
/// assert_eq!(plan.indexes()[0].bits(), 11);
/// assert!(plan.is_safe() && plan.indexes()[0].false_positives() < 489.0);
///
/// let sex = Entropy::equally_likely(2)?;
/// assert_eq!(planner.plan(&[&[sex]]).unwrap_err(), PlanError::FewValues);
/// let year_of_birth = Entropy::equally_likely(90)?;
/// assert!(planner.plan(&[&[last_name, sex, year_of_birth]]).is_ok());
/// # Ok::<(), PlanError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planner {
    population: u64,
}

impl Planner {
    /// The fewest rows that a plan is made for.
    pub const MIN_POPULATION: u64 = 16;

    /// For a table in which one tenant has so many rows. Tenants have keys of their own, so plan
    /// for the smallest that shall be safe.
    ///
    /// # Errors
    ///
    /// [`PlanError::SmallPopulation`] below 16.
    pub const fn new(population: u64) -> Result<Self, PlanError> {
        if population < Self::MIN_POPULATION {
            return Err(PlanError::SmallPopulation);
        }
        Ok(Self { population })
    }

    /// The widest indexes that are safe together: for each the entropies of its fields, in their
    /// normal forms.
    ///
    /// # Errors
    ///
    /// [`PlanError::FewValues`] for an index of fewer than 16 values, all fields taken together;
    /// [`PlanError::NotSelective`] if safe indexes would find too many rows;
    /// [`PlanError::TooMany`] if the bits do not suffice for so many indexes;
    /// [`PlanError::Empty`] without an index, or for one without a field.
    pub fn plan(&self, indexes: &[&[Entropy]]) -> Result<Plan, PlanError> {
        let entropies = self.check(indexes.iter().copied())?;
        let widths = widths(self.budget(), &entropies).ok_or(PlanError::TooMany)?;
        let plan = Plan::new(self.population, widths.into_iter().zip(entropies));
        if plan.coincidences() >= self.rows().sqrt() {
            return Err(PlanError::NotSelective);
        }
        Ok(plan)
    }

    /// What indexes of these widths give away, safe or not: such as one of 128 bits for a
    /// uniqueness constraint.
    ///
    /// # Errors
    ///
    /// [`PlanError::FewValues`] and [`PlanError::Empty`] as [`plan`](Planner::plan);
    /// [`PlanError::Width`] for another width than 1 to 256 bits.
    pub fn judge(&self, indexes: &[(u16, &[Entropy])]) -> Result<Plan, PlanError> {
        let entropies = self.check(indexes.iter().map(|(_, fields)| *fields))?;
        let widths = indexes.iter().map(|(bits, _)| *bits);
        if widths.clone().any(|bits| !matches!(bits, 1..=256)) {
            return Err(PlanError::Width);
        }
        Ok(Plan::new(self.population, widths.zip(entropies)))
    }

    fn check<'a>(
        &self,
        indexes: impl Iterator<Item = &'a [Entropy]>,
    ) -> Result<Vec<Entropy>, PlanError> {
        let entropies = indexes
            .map(|fields| match fields {
                [] => Err(PlanError::Empty),
                [first, rest @ ..] => {
                    let all = rest.iter().fold(*first, |all, field| all.and(*field));
                    if all.has_few_values() {
                        return Err(PlanError::FewValues);
                    }
                    Ok(all)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        if entropies.is_empty() {
            return Err(PlanError::Empty);
        }
        Ok(entropies)
    }

    /// The bits of all indexes together that leave at least 2 coincidences.
    const fn budget(&self) -> u16 {
        // At most 62, of at least 16 rows.
        self.population.ilog2() as u16 - 1
    }

    fn rows(&self) -> f64 {
        self.population as f64
    }
}

/// Spends the budget bit by bit on the narrowest index that may still grow; nothing if one gets
/// none.
fn widths(budget: u16, entropies: &[Entropy]) -> Option<Vec<u16>> {
    let mut widths: Vec<u16> = entropies.iter().map(|_| 0).collect();
    for _ in 0..budget {
        let growable = widths
            .iter_mut()
            .zip(entropies)
            .filter(|(bits, entropy)| **bits < entropy.widest_safe())
            .map(|(bits, _)| bits)
            .min();
        match growable {
            Some(bits) => *bits += 1,
            None => break,
        }
    }
    widths.iter().all(|bits| *bits > 0).then_some(widths)
}
