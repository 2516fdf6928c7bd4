//! Who signs a journal's checkpoints: names, secret keys and public keys, in the text forms of
//! C2SP `signed-note`.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::tree::Hash;
use crate::error::{Error, ErrorKind};
use crate::key::{KeyError, KeyErrorKind};
use crate::secret::{SecretBytes, SecretKey, wipe};

/// The name of a journal: the origin of its checkpoints and the name of the key that signs them.
///
/// 1 to 128 bytes of visible ASCII without `+`. C2SP recommends a URL without its scheme, such as
/// `hospital.example/audit/ward-7`: it need not lead anywhere, only be nobody else's. A journal's
/// name is public; keep patients out of it.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::Origin;
///
/// let origin = Origin::new("hospital.example/audit")?;
/// assert_eq!(origin.as_str(), "hospital.example/audit");
/// assert!(Origin::new("hospital audit").is_err());
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(Box<str>);

impl Origin {
    /// Takes the name as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when it is empty, longer than 128 bytes, or holds a `+` or
    /// something else than visible ASCII.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let is_valid = (1..=128).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        match is_valid {
            true => Ok(Self(name.into_boxed_str())),
            false => Err(Error::new(
                ErrorKind::InvalidInput,
                "a journal's origin must have 1 to 128 characters, visible ASCII without +",
            )),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret key of a journal: Ed25519, under the journal's name.
///
/// Who holds it can sign any history, so an anchor out of its holder's reach is what makes a
/// history final. Wiped on drop; `Debug` shows the name only.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{JournalKey, Origin};
///
/// let key = JournalKey::generate(Origin::new("hospital.example/audit")?)?;
/// let kept = key.to_secret_text();
/// let again = JournalKey::from_text(std::str::from_utf8(kept.as_slice())?)?;
/// assert_eq!(again.verifier(), key.verifier());
/// assert!(kept.as_slice().starts_with(b"PRIVATE+KEY+hospital.example/audit+"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JournalKey {
    verifier: VerifierKey,
    /// Wiped by its own drop. Boxed, so that moving the key leaves no copy behind.
    signing: Box<SigningKey>,
}

impl JournalKey {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`] if the operating system has no randomness to give.
    pub fn generate(origin: Origin) -> Result<Self, KeyError> {
        let seed = SecretKey::generate().ok_or(KeyError::new(
            KeyErrorKind::Unavailable,
            "the operating system gave no randomness; try again",
        ))?;
        Ok(Self::from_seed(origin, &seed))
    }

    /// Reads the form that [`to_secret_text`](Self::to_secret_text) writes; nothing may follow it.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Self::parse(text).ok_or(KeyError::new(
            KeyErrorKind::Malformed,
            "not a journal's key: write PRIVATE+KEY+<name>+<key id>+<base64> on one line",
        ))
    }

    /// `PRIVATE+KEY+<name>+<key id>+<base64>`, as Go's `sumdb/note` writes it.
    pub fn to_secret_text(&self) -> SecretBytes {
        let VerifierKey { origin, id, .. } = &self.verifier;
        let mut material = [0; MATERIAL_LEN];
        material[0] = ED25519;
        material[1..].copy_from_slice(self.signing.as_bytes());
        let mut base64 = [0; MATERIAL_TEXT_LEN];
        STANDARD
            .encode_slice(material, &mut base64)
            .expect("33 bytes are 44 characters");
        wipe(&mut material);

        let mut text = SecretBytes::with_capacity(PRIVATE.len() + 128 + 10 + MATERIAL_TEXT_LEN);
        for piece in [PRIVATE, origin.as_str(), "+", &to_hex(*id), "+"] {
            text.append(piece.as_bytes());
        }
        text.append(&base64);
        wipe(&mut base64);
        text
    }

    /// The public key that checks what this one signs.
    pub fn verifier(&self) -> VerifierKey {
        self.verifier.clone()
    }

    /// The journal's name.
    pub const fn origin(&self) -> &Origin {
        &self.verifier.origin
    }

    /// Signs a checkpoint of this key's own origin.
    ///
    /// No key verifies what this makes of a checkpoint of another origin. Sign nothing but what is
    /// on disk for good: two checkpoints that contradict each other condemn the journal.
    pub fn sign(&self, checkpoint: &Checkpoint) -> SignedCheckpoint {
        SignedCheckpoint::signed(checkpoint, self)
    }

    /// The signature line under `text`, without its newline.
    pub(super) fn signature_line(&self, text: &str) -> String {
        let mut signature = self.verifier.id.to_vec();
        signature.extend(self.signing.sign(text.as_bytes()).to_bytes());
        let name = self.verifier.origin.as_str();
        alloc::format!("\u{2014} {name} {}", STANDARD.encode(signature))
    }

    fn parse(text: &str) -> Option<Self> {
        let (origin, id, material) = split_key(text.strip_prefix(PRIVATE)?)?;
        let mut decoded = decode_material(material)?;
        let seed = SecretKey(*decoded.last_chunk().expect("33 bytes end in 32"));
        let algorithm = decoded[0];
        wipe(&mut decoded);
        let key = Self::from_seed(origin, &seed);
        (algorithm == ED25519 && key.verifier.id == id).then_some(key)
    }

    fn from_seed(origin: Origin, seed: &SecretKey) -> Self {
        let signing = Box::new(SigningKey::from_bytes(&seed.0));
        Self {
            verifier: VerifierKey::new(origin, signing.verifying_key()),
            signing,
        }
    }
}

impl fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalKey")
            .field("origin", self.origin())
            .finish_non_exhaustive()
    }
}

/// The public key of a journal, which an auditor holds: `<name>+<key id>+<base64>`.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::VerifierKey;
///
/// let text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// let key = VerifierKey::parse(text)?;
/// assert_eq!(key.origin().as_str(), "example.com/foo");
/// assert_eq!(key.to_string(), text);
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    origin: Origin,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads the form that `Display` writes; nothing may follow it.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`]: also for a key id that is not the key's, for another
    /// algorithm than Ed25519, and for a weak key, under which almost everything verifies.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        Self::read(text).ok_or(KeyError::new(
            KeyErrorKind::Malformed,
            "not a journal's public key: write <name>+<key id>+<base64> on one line",
        ))
    }

    /// The journal's name.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What a signature line of this key begins with after the dash: name, and 4 bytes.
    pub(super) const fn name_and_id(&self) -> (&Origin, [u8; 4]) {
        (&self.origin, self.id)
    }

    pub(super) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }

    fn read(text: &str) -> Option<Self> {
        let (origin, id, material) = split_key(text)?;
        let [ED25519, key @ ..] = decode_material(material)? else {
            return None;
        };
        let key = VerifyingKey::from_bytes(&key).ok()?;
        let read = Self::new(origin, key);
        (!key.is_weak() && read.id == id).then_some(read)
    }

    fn new(origin: Origin, key: VerifyingKey) -> Self {
        let hash: Hash = Sha256::new()
            .chain_update(origin.as_str())
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize()
            .into();
        let [a, b, c, d, ..] = hash;
        Self {
            origin,
            id: [a, b, c, d],
            key,
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = [ED25519; MATERIAL_LEN];
        material[1..].copy_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.origin,
            to_hex(self.id),
            STANDARD.encode(material)
        )
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifierKey")
            .field(&format_args!("{self}"))
            .finish()
    }
}

/// The signature type of plain Ed25519 in C2SP `signed-note`.
const ED25519: u8 = 0x01;

/// The signature type and the key, or the seed.
const MATERIAL_LEN: usize = 33;
const MATERIAL_TEXT_LEN: usize = 44;

const PRIVATE: &str = "PRIVATE+KEY+";

/// The parts of `<name>+<key id>+<base64>`. The base64 may hold a `+` itself.
fn split_key(text: &str) -> Option<(Origin, [u8; 4], &str)> {
    let mut parts = text.splitn(3, '+');
    let (name, id, material) = (parts.next()?, parts.next()?, parts.next()?);
    let is_lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if id.len() != 8 || !id.bytes().all(is_lower_hex) {
        return None;
    }
    let id = u32::from_str_radix(id, 16).ok()?;
    Some((Origin::new(name).ok()?, id.to_be_bytes(), material))
}

/// Leaves no copy behind when it fails.
fn decode_material(text: &str) -> Option<[u8; MATERIAL_LEN]> {
    let mut decoded = [0; MATERIAL_LEN];
    let result = match text.len() {
        MATERIAL_TEXT_LEN => STANDARD.decode_slice(text, &mut decoded).ok(),
        _ => None,
    };
    if result != Some(MATERIAL_LEN) {
        wipe(&mut decoded);
        return None;
    }
    Some(decoded)
}

fn to_hex(id: [u8; 4]) -> String {
    alloc::format!("{:08x}", u32::from_be_bytes(id))
}
