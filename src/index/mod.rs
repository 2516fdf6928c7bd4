//! Blind indexes: searching sealed fields without opening every row.
//!
//! Beside a sealed field a row keeps an [`IndexValue`]: a keyed, truncated hash of the field's
//! normal form. Equal normal forms have equal values, so a database finds candidates; a
//! [`search`](crate::Session::search) opens those, drops what only looked alike, and records what
//! it returned.

mod compute;
mod info;
mod key;
mod normal;
#[cfg(feature = "serde")]
mod serde;
mod stored;
mod value;

pub use info::{Index, IndexInfo, IndexPart};
pub use normal::Normal;
pub use stored::StoredIndex;
pub use value::{IndexSet, IndexValue, IndexVersion};

pub(crate) use compute::{ActiveKeys, Encoded, readable_keys, stored};
pub(crate) use key::{IndexKey, compound};
pub(crate) use normal::Question;
