//! Small journals in memory, and a writer of signed notes of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use phi_seal::audit::journal::{
    Checkpoint, ConsistencyProof, ConsistencyProver, Frontier, Hash, InclusionProof,
    InclusionProver, JournalKey, Origin, SignedCheckpoint, TileExport, TilesError, TilesWritten,
    leaf_hash,
};
use sha2::{Digest as _, Sha256};

pub const NAME: &str = "hospital.example/audit";

/// A key that is the same in every run.
pub fn key() -> JournalKey {
    JournalKey::from_text(&Signer::new(NAME, 7).secret_text()).unwrap()
}

/// Signs any text, as the journal's own key never does. Shares no code with the crate.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl Signer {
    pub fn new(name: &str, seed: u8) -> Self {
        Self {
            name: name.into(),
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    pub fn secret_text(&self) -> String {
        let material = STANDARD.encode([&[1], self.key.as_bytes().as_slice()].concat());
        let id = self.id().map(|byte| format!("{byte:02x}")).concat();
        format!("PRIVATE+KEY+{}+{id}+{material}", self.name)
    }

    pub fn public_text(&self) -> String {
        self.public_text_of(1, &self.key.verifying_key().to_bytes())
    }

    /// With the id that fits the material.
    pub fn public_text_of(&self, algorithm: u8, public: &[u8]) -> String {
        let material = [&[algorithm], public].concat();
        let id = Self::id_of(&self.name, &material);
        let id = id.map(|byte| format!("{byte:02x}")).concat();
        format!("{}+{id}+{}", self.name, STANDARD.encode(material))
    }

    pub fn line(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        self.line_of(&signature)
    }

    pub fn line_of(&self, signature: &[u8]) -> String {
        let signature = STANDARD.encode([&self.id(), signature].concat());
        format!("— {} {signature}\n", self.name)
    }

    pub fn note(&self, text: &str) -> String {
        format!("{text}\n{}", self.line(text))
    }

    fn id(&self) -> [u8; 4] {
        let public = self.key.verifying_key().to_bytes();
        Self::id_of(&self.name, &[&[1], public.as_slice()].concat())
    }

    fn id_of(name: &str, material: &[u8]) -> [u8; 4] {
        let hashed = [name.as_bytes(), b"\n", material].concat();
        Sha256::digest(hashed)[..4].try_into().unwrap()
    }
}

pub struct Log {
    pub entries: Vec<Vec<u8>>,
}

impl Log {
    /// Entries of 0 to 12 bytes.
    pub fn of(size: u64) -> Self {
        let entry = |index: u64| {
            format!("entry {index}").into_bytes()[..(index % 13) as usize % 7].to_vec()
        };
        Self {
            entries: (0..size)
                .map(|index| [entry(index), index.to_be_bytes().to_vec()].concat())
                .collect(),
        }
    }

    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn leaves(&self) -> impl Iterator<Item = Hash> {
        self.entries.iter().map(|entry| leaf_hash(entry))
    }

    pub fn root(&self, size: u64) -> Hash {
        let mut tree = Frontier::new();
        self.leaves()
            .take(size as usize)
            .for_each(|leaf| tree.push(leaf));
        tree.root()
    }

    pub fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint::new(Origin::new(NAME).unwrap(), size, self.root(size))
    }

    pub fn signed(&self, size: u64) -> SignedCheckpoint {
        key().sign(&self.checkpoint(size))
    }

    pub fn include(&self, index: u64, size: u64) -> InclusionProof {
        let mut prover = InclusionProver::new(index, size).unwrap();
        self.leaves().for_each(|leaf| prover.push(leaf));
        prover.finish().unwrap()
    }

    pub fn extend(&self, old: u64, new: u64) -> ConsistencyProof {
        let mut prover = ConsistencyProver::new(old, new).unwrap();
        self.leaves().for_each(|leaf| prover.push(leaf));
        prover.finish().unwrap()
    }

    pub fn export(&self, folder: &Path, size: u64) -> Result<TilesWritten, TilesError> {
        let mut export = TileExport::begin(folder, &self.signed(size), &key().verifier())?;
        let from = export.next_index() as usize;
        export.extend(
            self.entries[from..size as usize]
                .iter()
                .cloned()
                .map(Ok::<_, TilesError>),
        )?;
        export.finish()
    }
}

/// The files below a folder by their names.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                files.insert(name.into(), fs::read(&path).unwrap());
            }
        }
    }
    files.remove(".lock");
    files
}

pub fn hash(hex: &str) -> Hash {
    let bytes: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    bytes.try_into().unwrap()
}

impl Signer {
    pub fn public_bytes(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }
}
