//! Who may: access, purpose of use, policy, and when a session expires.

mod actor;
mod credentials;
mod expiry;
pub(crate) mod policy;
mod purpose;
mod request;
mod role_policy;

pub use crate::clock::{Clock, ManualClock, SystemClock};
pub use actor::Actor;
pub use credentials::{Access, AuthStrength};
pub use expiry::Expiry;
pub use policy::{Decision, Policy, PolicyUnavailable};
pub use purpose::Purpose;
pub use request::{ActionKind, Request};
pub use role_policy::{RolePolicy, Rule};

pub(crate) use expiry::Activity;
