//! What a plan says, in numbers and in words.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Entropy;

/// Indexes of one record type with their widths, and what they give away together.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    population: u64,
    indexes: Vec<PlannedIndex>,
}

/// One index of a [`Plan`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedIndex {
    population: u64,
    bits: u16,
    entropy: Entropy,
}

impl Plan {
    pub(super) fn new(population: u64, indexes: impl Iterator<Item = (u16, Entropy)>) -> Self {
        let indexes = indexes.map(|(bits, entropy)| PlannedIndex {
            population,
            bits,
            entropy,
        });
        Self {
            population,
            indexes: indexes.collect(),
        }
    }

    /// The indexes, in the order given.
    pub fn indexes(&self) -> &[PlannedIndex] {
        &self.indexes
    }

    /// How many rows are expected to share all index values of a row, itself among them:
    /// `R / 2^Σ min(L, K)`.
    pub fn coincidences(&self) -> f64 {
        let bits: f64 = self.indexes.iter().map(PlannedIndex::telling_bits).sum();
        self.population as f64 * (-bits).exp2()
    }

    /// Whether rows are expected to share all their index values with rows of other values: at
    /// least 2 coincidences, and for each index at least two values behind each index value.
    pub fn is_safe(&self) -> bool {
        // Whole powers of two may come out a rounding error below.
        self.coincidences() >= 2.0 - 1e-6 && self.indexes.iter().all(PlannedIndex::hides_values)
    }

    /// What whoever sees the columns learns, in sentences for a security review.
    pub fn leakage(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for (number, index) in (1..).zip(&self.indexes) {
            index.describe(number, &mut sentences);
        }
        sentences.push(self.joint());
        sentences.extend(ALWAYS.map(String::from));
        sentences
    }

    fn joint(&self) -> String {
        let rows = quantity(self.coincidences());
        if self.is_safe() {
            format!(
                "All indexes together: a row shares all its index values with about {rows} rows, \
                 itself among them, so that equal index values do not prove equal values."
            )
        } else {
            format!(
                "All indexes together: UNSAFE. A row shares all its index values with about \
                 {rows} rows, itself among them; rows with equal index values most likely have \
                 equal values, and a person whose values are known is found among the rows."
            )
        }
    }
}

impl PlannedIndex {
    /// Its width in bits, for [`IndexInfo::bits`](crate::index::IndexInfo::bits).
    pub const fn bits(&self) -> u16 {
        self.bits
    }

    /// How many rows with other values a search is expected to find, open and drop.
    pub fn false_positives(&self) -> f64 {
        let others = 1.0 - (-self.entropy.of_number()).exp2();
        self.population as f64 * others * (-f64::from(self.bits)).exp2()
    }

    /// How many rows are expected to have the most common value.
    pub fn most_common(&self) -> f64 {
        self.population as f64 * (-self.entropy.of_most_common()).exp2()
    }

    fn telling_bits(&self) -> f64 {
        f64::from(self.bits).min(self.entropy.of_number())
    }

    fn hides_values(&self) -> bool {
        self.bits <= self.entropy.widest_safe()
    }

    fn describe(&self, number: u16, sentences: &mut Vec<String>) {
        let Self {
            population, bits, ..
        } = self;
        let wrong = quantity(self.false_positives());
        sentences.push(format!(
            "Index {number}, {bits} bits: rows with the same index value stand out as alike. Of \
             {population} rows, about {wrong} share a given one without having the same value."
        ));
        if !self.hides_values() {
            sentences.push(format!(
                "Index {number} tells nearly every value from every other: equal index values \
                 mean equal values, and the number of rows with each value shows exactly."
            ));
        }
        sentences.push(format!(
            "Index {number}, frequency: the most common value has about {} rows, so its index \
             value stands in at least as many. Whoever knows how common values are guesses it \
             from that.",
            quantity(self.most_common())
        ));
        sentences.push(format!(
            "Index {number}, guessing: whoever has the index key, or may have values searched or \
             stored and sees the column, tests guesses one by one; there are about 2^{} values. \
             A slow index makes a guess dearer for who has the key, not for who may search.",
            quantity(self.entropy.of_number())
        ));
    }
}

/// What holds of every blind index.
const ALWAYS: [&str; 3] = [
    "A row without an index value has no value, or one without that normal form.",
    "Whoever sees the column twice sees which rows changed their value, and which changed back.",
    "These numbers hold for index values alone: columns in clear, other tables and knowledge of \
     patients narrow a row down further.",
];

/// To one digit behind the point where that matters.
fn quantity(number: f64) -> String {
    if number < 10.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}
