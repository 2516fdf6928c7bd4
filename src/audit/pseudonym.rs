//! Ids as they may stand where nobody guards them.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::sink::AuditError;
use crate::context::AssociatedData;
use crate::key::{DataKey, KeyError, KeyErrorKind, KeyUse};
use crate::secret::SecretBytes;

/// Names patients, records and actors by pseudonyms, for lines that leave the audit log.
///
/// A pseudonym is HMAC-SHA-256 under a key of its own, cut to 128 bits, over PAE(`phi-seal/v1
/// pseudonym`, kind, tenant, record type, id); the record type is empty but for records. The same
/// patient of the same tenant has the same pseudonym wherever the key is the same, and another one
/// at another tenant, as an actor and as a record.
///
/// # Security
///
/// - Whoever holds the key can try ids, and social security or medical record numbers are few
///   enough for that: keep it from those who read the lines. 45 CFR 164.514(c) asks the same.
/// - Lines of one patient can be linked with each other. What they say (times, purposes, names of
///   fields) can tell who it is to somebody who knows enough from elsewhere: this is
///   pseudonymisation and no de-identification under 45 CFR 164.514(b).
/// - Another key makes all pseudonyms new ones: there is no way from old to new.
///
/// # Example
///
/// ```
/// use phi_seal::SecretBytes;
/// use phi_seal::audit::Pseudonyms;
///
/// // 32 random bytes of a secret store.
/// let pseudonyms = Pseudonyms::new(&SecretBytes::from_vec(vec![7; 32]))?;
/// let patient = pseudonyms.subject("mercy", "p-1");
/// assert_eq!(patient.to_string().len(), 32);
/// assert_eq!(patient, pseudonyms.subject("mercy", "p-1"));
/// assert_ne!(patient, pseudonyms.subject("st-olaf", "p-1"));
/// assert_ne!(patient, pseudonyms.actor("mercy", "p-1"));
/// # Ok::<(), phi_seal::AuditError>(())
/// ```
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// Under this key: at least 32 bytes, uniformly random, for nothing else.
    ///
    /// # Errors
    ///
    /// If it is shorter.
    pub fn new(key: &SecretBytes) -> Result<Self, AuditError> {
        if key.len() < 32 {
            return Err(AuditError::new(
                "a key of pseudonyms has at least 32 random bytes; give a longer one",
            ));
        }
        Ok(Self::of_bytes(key.as_slice()))
    }

    /// Under a key derived from this data key (HKDF-Expand-SHA-256, info `phi-seal/v1 pseudonyms`).
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] if its use is not [`KeyUse::Audit`].
    pub fn of_data_key(key: &DataKey) -> Result<Self, KeyError> {
        if key.scope().key_use() != KeyUse::Audit {
            return Err(KeyError::new(
                KeyErrorKind::InvalidState,
                "pseudonyms are made under a data key of the use audit; pass such a key",
            ));
        }
        Ok(Self::of_bytes(&key.derive_pseudonyms().0))
    }

    /// The patient of this id.
    pub fn subject(&self, tenant: &str, id: &str) -> Pseudonym {
        self.of("subject", tenant, "", id)
    }

    /// The record of this type and id.
    pub fn record(&self, tenant: &str, record_type: &str, id: &str) -> Pseudonym {
        self.of("record", tenant, record_type, id)
    }

    /// The actor of this id.
    pub fn actor(&self, tenant: &str, id: &str) -> Pseudonym {
        self.of("actor", tenant, "", id)
    }

    fn of_bytes(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    fn of(&self, kind: &str, tenant: &str, record_type: &str, id: &str) -> Pseudonym {
        let pieces = ["phi-seal/v1 pseudonym", kind, tenant, record_type, id];
        let message = AssociatedData::pae(pieces.map(str::as_bytes));
        let mac = self.0.clone().chain_update(message.as_slice()).finalize();
        let mac: [u8; 32] = mac.into_bytes().into();
        let mut half = [0; 16];
        half.copy_from_slice(&mac[..16]);
        Pseudonym(half)
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").finish_non_exhaustive()
    }
}

/// The 128 bits that stand for an id.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::key::KeyScope;

    #[test]
    fn a_pseudonym_is_hmac_over_its_place() {
        // Python: hmac.new(bytes([7]) * 32, pae, "sha256").hexdigest()[:32], where pae has the five
        // pieces below, each behind its length, as 64-bit little-endian integers.
        let pseudonyms = Pseudonyms::new(&SecretBytes::from_vec(vec![7; 32])).unwrap();
        for (pseudonym, expected) in [
            (pseudonyms.subject("mercy", "p-1"), SUBJECT),
            (pseudonyms.record("mercy", "note", "p-1"), RECORD),
            (pseudonyms.actor("mercy", "p-1"), ACTOR),
        ] {
            assert_eq!(pseudonym.to_string(), expected);
        }
    }

    const SUBJECT: &str = "7b792930aed4d348a719ab6fea24eceb";
    const RECORD: &str = "dd6122c831af9cc28e53cc384367af5d";
    const ACTOR: &str = "6f6824ff6b4bf9f8022ea649d30aae12";

    #[test]
    fn every_part_of_the_place_counts_and_no_two_run_together() {
        let pseudonyms = Pseudonyms::new(&SecretBytes::from_vec(vec![7; 32])).unwrap();
        let all = [
            pseudonyms.subject("a", "bc"),
            pseudonyms.subject("ab", "c"),
            pseudonyms.actor("a", "bc"),
            pseudonyms.record("a", "", "bc"),
            pseudonyms.record("a", "b", "c"),
            pseudonyms.record("ab", "", "c"),
            Pseudonyms::new(&SecretBytes::from_vec(vec![8; 32]))
                .unwrap()
                .subject("a", "bc"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }

    #[test]
    fn a_key_is_long_and_of_the_right_use() {
        assert!(Pseudonyms::new(&SecretBytes::from_vec(vec![7; 31])).is_err());
        let key = |key_use| DataKey::generate(KeyScope::shared(key_use)).unwrap();
        let refused = Pseudonyms::of_data_key(&key(KeyUse::Seal)).unwrap_err();
        assert_eq!(refused.kind(), KeyErrorKind::InvalidState);

        let audit = key(KeyUse::Audit);
        let subject = |key: &DataKey| {
            let pseudonyms = Pseudonyms::of_data_key(key).unwrap();
            pseudonyms.subject("mercy", "p-1")
        };
        assert_eq!(subject(&audit), subject(&audit));
        assert_ne!(subject(&audit), subject(&key(KeyUse::Audit)));
        // Not the data key itself.
        let bytes = crate::danger::export_data_key(&audit).to_vec();
        let direct = Pseudonyms::new(&SecretBytes::from_vec(bytes)).unwrap();
        assert_ne!(subject(&audit), direct.subject("mercy", "p-1"));
    }
}
