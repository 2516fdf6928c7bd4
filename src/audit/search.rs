//! What an event says of a search.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use crate::context::{FieldInfo, RecordType};

/// What a search was by: an index and its fields, never the terms.
#[derive(Clone)]
pub struct SearchedIndex {
    pub(crate) record_type: RecordType,
    pub(crate) index: &'static str,
    pub(crate) fields: Vec<FieldInfo>,
    pub(crate) reason: Cow<'static, str>,
}

impl SearchedIndex {
    /// The most fields that an index is of.
    pub(crate) const MAX_FIELDS: usize = 8;

    /// The record type.
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The index's name.
    pub const fn index(&self) -> &'static str {
        self.index
    }

    /// The fields it is of, 1 to 8.
    pub fn fields(&self) -> &[FieldInfo] {
        &self.fields
    }

    /// The policy's reason code for the search; empty if it was not asked.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Debug for SearchedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchedIndex")
            .field("record_type", &self.record_type.name())
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
