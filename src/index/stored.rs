//! What a row stores of an index.

use alloc::vec::Vec;

use super::{IndexSet, IndexValue};

/// The column of an index `I`: `Option<IndexValue<I>>`, or `IndexSet<I>` where a value has several
/// terms. Nothing else.
pub trait StoredIndex<I>: Clone + private::Closed + 'static {
    /// The values in the column: none where the field is absent or has no normal form.
    fn values(&self) -> &[IndexValue<I>];

    #[doc(hidden)]
    fn of(values: Vec<IndexValue<I>>) -> Self;
}

impl<I: 'static> StoredIndex<I> for Option<IndexValue<I>> {
    fn values(&self) -> &[IndexValue<I>] {
        self.as_slice()
    }

    fn of(values: Vec<IndexValue<I>>) -> Self {
        values.into_iter().next()
    }
}

impl<I: 'static> StoredIndex<I> for IndexSet<I> {
    fn values(&self) -> &[IndexValue<I>] {
        self.as_slice()
    }

    fn of(values: Vec<IndexValue<I>>) -> Self {
        Self::new(values)
    }
}

mod private {
    pub trait Closed {}
    impl<I> Closed for Option<super::IndexValue<I>> {}
    impl<I> Closed for super::IndexSet<I> {}
}
