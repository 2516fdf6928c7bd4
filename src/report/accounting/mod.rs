//! The accounting of disclosures of 45 CFR 164.528.

mod entry;
mod request;
mod result;
mod suspension;

pub use request::AccountingRequest;
pub use result::{AccountedDisclosure, Accounting, Excluded, PatientCopy, Withheld};
pub use suspension::Suspension;
