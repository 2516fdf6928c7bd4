//! Blind indexes: searching sealed fields without opening every row.
//!
//! Beside a sealed field a row keeps an [`IndexValue`]: a keyed, truncated hash of the field's
//! normal form. Equal normal forms have equal values, so a database finds candidates; a
//! [`search`](crate::Session::search) opens those, drops what only looked alike, and records what
//! it returned.
//!
//! [`Normal`] says which values count as equal, [`Planner`] how wide an index may be for what it
//! gives away. `docs/index.md` specifies every byte.

mod compute;
mod info;
mod key;
mod normal;
mod planner;
pub(crate) mod raw;
#[cfg(feature = "serde")]
mod serde;
mod stored;
mod term;
mod value;

pub use info::{Index, IndexInfo, IndexPart};
pub use normal::Normal;
pub use planner::{Entropy, Plan, PlanError, PlannedIndex, Planner};
pub use stored::StoredIndex;
pub use value::{IndexSet, IndexValue, IndexVersion};

pub(crate) use compute::{ActiveKeys, Encoded, lookup, readable_keys, stored};
pub(crate) use key::{IndexKey, description_of};
pub(crate) use normal::Question;

use term::{compound, terms};
