//! Erasing one patient: destroying the keys that everything about that patient was sealed under
//! (crypto-shredding; NIST SP 800-88 calls it cryptographic erase).
//!
//! What was sealed under a patient's own key is unreadable once the key is gone, also where nobody
//! can delete it: in backups, exports and queues. [`Session::shred`](crate::Session::shred) does it
//! as a protocol, and [`Erasures`] keeps a restored backup of the key store from undoing it.
//!
//! # What it does not do
//!
//! It deletes no row. What is not ciphertext under the patient's key stays and is the application's to
//! remove: index values, plain columns, values under a tenant's key (a [`Census`] counts them), ids in
//! audit events, and every copy of the key store made before. A [`ShredReceipt`] says what is left.

mod detail;
mod hold;
mod reconcile;
mod shred;

pub use detail::{DetailAges, DetailErasure, DetailReceipt};
pub use hold::{LegalHold, LegalHolds};
pub use reconcile::{Erasures, Patient, Reconciliation};
pub use shred::{Remainder, ShredReceipt, ShredState, Shredding};

#[cfg(doc)]
use crate::rotate::Census;
