//! The key of one index.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::term::pae;
use super::{Index, IndexInfo, IndexValue, IndexVersion};
use crate::envelope::KeyId;
use crate::error::{Error, ErrorKind};
use crate::key::DataKey;
use crate::label::TenantId;
use crate::secret::{SecretBytes, SecretKey, wipe};

/// What hashes the terms of one index of one tenant. Derived once and kept: deriving costs about
/// as much as eight hashes.
pub(crate) struct IndexKey {
    version: IndexVersion,
    hasher: Hasher,
}

/// Both are wiped on drop.
enum Hasher {
    /// Keyed already.
    Hmac(Hmac<Sha256>),
    Argon2id {
        secret: SecretKey,
        salt: [u8; 16],
    },
}

impl IndexKey {
    /// The key of this index, from a data key whose scope has
    /// [`KeyUse::Index`](crate::key::KeyUse::Index) and admits the tenant.
    pub(crate) fn derive(key: &DataKey, tenant: &TenantId<'_>, info: &IndexInfo) -> Self {
        let description = description(info);
        let description = description.as_slice();
        let mut derived = [0; 48];
        key.derive_index(
            pae(&[tenant.as_str().as_bytes(), description]).as_slice(),
            &mut derived,
        );
        let (secret, salt) = derived.split_at(32);
        let hasher = if info.is_slow() {
            let mut own = (SecretKey([0; 32]), [0; 16]);
            own.0.0.copy_from_slice(secret);
            own.1.copy_from_slice(salt);
            Hasher::Argon2id {
                secret: own.0,
                salt: own.1,
            }
        } else {
            Hasher::Hmac(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
        };
        wipe(&mut derived);
        Self {
            version: version(key.id(), description),
            hasher,
        }
    }

    /// Which key, form and parameters its values are of.
    pub(crate) const fn version(&self) -> IndexVersion {
        self.version
    }

    /// The whole hash of a term.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] if a slow index gets no memory.
    pub(crate) fn hash(&self, term: &SecretBytes) -> Result<[u8; 32], Error> {
        match &self.hasher {
            Hasher::Hmac(keyed) => {
                let mut mac = keyed.clone();
                mac.update(term.as_slice());
                Ok(mac.finalize().into_bytes().into())
            }
            Hasher::Argon2id { secret, salt } => argon2id(term.as_slice(), salt, &secret.0),
        }
    }

    /// What a row stores for a term.
    ///
    /// # Errors
    ///
    /// As [`hash`](IndexKey::hash).
    pub(crate) fn value<I: Index>(&self, term: &SecretBytes) -> Result<IndexValue<I>, Error> {
        Ok(IndexValue::truncated(self.version(), &self.hash(term)?))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexKey")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// All that determines an index's values, but key and tenant.
fn description(info: &IndexInfo) -> SecretBytes {
    let width = info.width().to_be_bytes();
    let codes: Vec<String> = info
        .parts()
        .iter()
        .map(|part| part.normal().code())
        .collect();
    let mut pieces: Vec<&[u8]> = Vec::with_capacity(4 + 2 * codes.len());
    pieces.extend([
        info.record_type().name().as_bytes(),
        info.name().as_bytes(),
        if info.is_slow() { SLOW } else { FAST },
        &width,
    ]);
    for (part, code) in info.parts().iter().zip(&codes) {
        pieces.extend([part.field().name().as_bytes(), code.as_bytes()]);
    }
    pae(&pieces)
}

impl IndexVersion {
    /// The version of an index's values under a key. Public data, told without the key itself: for
    /// a census of index values when no session has the key.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::key::{DataKey, KeyScope, KeyUse};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// use phi_seal::index::{Index, IndexVersion};
    ///
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient")]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: String,
    /// #     #[phi(category = Ssn, index(digits))]
    /// #     ssn: Phi<String>,
    /// # }
    /// let keyring = Keyring::generate()?;
    /// let key = DataKey::generate(KeyScope::shared(KeyUse::Index))?;
    /// let version = IndexVersion::under(key.id(), &PatientSsnIndex::INFO);
    /// keyring.add(key)?;
    /// # let vault = Vault::builder(keyring, PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
    /// # let patient = Patient { id: "p-1".into(), ssn: Phi::new("900-01-2345".into()) };
    /// let row = session.seal(&patient)?;
    /// assert_eq!(row.ssn_index.map(|value| value.version()), Some(version));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn under(key: &KeyId, info: &IndexInfo) -> Self {
        Self::under_description(key, description(info).as_slice())
    }

    /// The same of an index that is known by its [description](description_of) only.
    pub(crate) fn under_description(key: &KeyId, description: &[u8]) -> Self {
        version(key, description)
    }
}

/// All that determines an index's versions but the key: for a census that outlives the program.
pub(crate) fn description_of(info: &IndexInfo) -> Vec<u8> {
    description(info).as_slice().to_vec()
}

fn version(key: &KeyId, description: &[u8]) -> IndexVersion {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(b"phi-seal/v1 index-version")
        .chain_update(pae(&[key.as_bytes(), description]).as_slice())
        .finalize()
        .into();
    let [a, b, c, d, ..] = hash;
    IndexVersion([a, b, c, d])
}

/// Profile `argon2id-1`: RFC 9106 with 19 MiB, two passes and one lane, the term as password and
/// the index's own key as secret.
fn argon2id(term: &[u8], salt: &[u8; 16], secret: &[u8; 32]) -> Result<[u8; 32], Error> {
    let parameters =
        Params::new(19 * 1024, 2, 1, Some(32)).expect("these are within RFC 9106's limits");
    let blocks = parameters.block_count();
    let argon2 = Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, parameters)
        .expect("Argon2 takes a secret of 32 bytes");
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks).map_err(|_| NO_MEMORY)?;
    memory.resize(blocks, Block::new());
    let mut hash = [0; 32];
    let hashed = argon2.hash_password_into_with_memory(term, salt, &mut hash, &mut memory);
    memory.fill(Block::new());
    zeroize::optimization_barrier(&memory);
    hashed.map(|()| hash).map_err(|_| {
        Error::new(
            ErrorKind::Unencodable,
            "the value is too long for a slow index",
        )
    })
}

const FAST: &[u8] = b"hmac-sha-256";
const SLOW: &[u8] = b"argon2id-1";

const NO_MEMORY: Error = Error::new(
    ErrorKind::Unavailable,
    "a slow index value needs 19 MiB of memory; try again",
);
