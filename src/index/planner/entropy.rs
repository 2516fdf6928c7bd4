//! How many values a field has, and how evenly they are spread.

use super::PlanError;

/// How hard the normal forms of a field are to guess: two bounds, in bits.
///
/// Skewed fields have no single number that is careful for every question. So there are two: the
/// logarithm of the *number* of values, of which nothing larger is possible and which leads to
/// the fewest coincidences, judges safety; the *min-entropy*, which is that of the most common
/// value, judges whether there are enough values at all and how many rows a search finds at worst.
/// Shannon's entropy lies between them and is careful for neither.
///
/// There are no ready-made figures for names or dates of birth here: they differ between
/// populations. Count your own with [`from_counts`](Entropy::from_counts), in their normal forms:
/// years if the index is of years.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entropy {
    /// The logarithm of the number of values.
    number: f64,
    /// The min-entropy; at most `number`.
    least: f64,
}

impl Entropy {
    /// So many values, equally common.
    ///
    /// # Errors
    ///
    /// [`PlanError::Entropy`] for 0.
    pub fn equally_likely(values: u64) -> Result<Self, PlanError> {
        Self::bits((values as f64).log2())
    }

    /// A field with so many bits of entropy, evenly spread.
    ///
    /// # Errors
    ///
    /// [`PlanError::Entropy`] unless it is a number from 0 to 65536.
    pub fn bits(bits: f64) -> Result<Self, PlanError> {
        // Not true of NaN either.
        if !(0.0..=65_536.0).contains(&bits) {
            return Err(PlanError::Entropy);
        }
        Ok(Self {
            number: bits,
            least: bits,
        })
    }

    /// How often each value occurs in a table that is like the one to be indexed. Values that
    /// never occur are left out.
    ///
    /// # Errors
    ///
    /// [`PlanError::Entropy`] if nothing occurs.
    ///
    /// # Example
    ///
    /// ```
    /// use phi_seal::index::Entropy;
    ///
    /// let skewed = Entropy::from_counts([500, 250, 125, 125])?;
    /// assert_eq!((skewed.of_number(), skewed.of_most_common()), (2.0, 1.0));
    /// # Ok::<(), phi_seal::index::PlanError>(())
    /// ```
    pub fn from_counts(counts: impl IntoIterator<Item = u64>) -> Result<Self, PlanError> {
        let (mut values, mut total, mut largest) = (0_u64, 0_u128, 0);
        for count in counts.into_iter().filter(|count| *count > 0) {
            values += 1;
            total += u128::from(count);
            largest = largest.max(count);
        }
        if values == 0 {
            return Err(PlanError::Entropy);
        }
        let number = (values as f64).log2();
        let least = (total as f64).log2() - (largest as f64).log2();
        Ok(Self {
            number,
            // Rounding must not turn the order round.
            least: least.clamp(0.0, number),
        })
    }

    /// The logarithm, to base 2, of the number of values.
    pub const fn of_number(&self) -> f64 {
        self.number
    }

    /// The min-entropy: minus the logarithm of the most common value's share.
    pub const fn of_most_common(&self) -> f64 {
        self.least
    }

    /// Of two fields together, if neither tells anything of the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            number: self.number + other.number,
            least: self.least + other.least,
        }
    }

    /// Fewer than 16, or one so common as if there were fewer.
    pub(super) fn has_few_values(&self) -> bool {
        // 16 equal counts may come out a rounding error below 4 bits.
        self.least < 4.0 - 1e-9
    }

    /// The widest index whose values stand for two values of the field each, on average.
    pub(super) fn widest_safe(&self) -> u16 {
        // Saturates; 16 values are 4 bits.
        ((self.number + 1e-9).floor() as u16).saturating_sub(1)
    }
}
