//! Keys in a wrapped file, so that another process can have them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use phi_seal::key::{DataKey, KeyScope, KeyUse, KeysetFile, LocalKms};
use phi_seal::{KeyId, Session};
use pollster::block_on;

use crate::patient;

pub struct Keys {
    pub folder: tempfile::TempDir,
    kms: LocalKms,
    file: KeysetFile,
}

impl Keys {
    pub fn create() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kms = LocalKms::create_file(root_key(folder.path())).unwrap();
        let mut file = block_on(KeysetFile::create(keyset(folder.path()), &kms)).unwrap();
        let key = DataKey::generate(index_scope()).unwrap();
        block_on(file.add(&key, &kms)).unwrap();
        Self { folder, kms, file }
    }

    /// Under the keys that there are now; later ones it does not get to know.
    pub fn session(&self) -> Session {
        patient::session(&Arc::new(block_on(self.file.unlock(&self.kms)).unwrap()))
    }

    /// Fresh keys for sealing and for index values. Gives the ids of the old ones.
    pub fn rotate(&mut self) -> [KeyId; 2] {
        let old = self.file.keyset().keys();
        block_on(self.file.rotate(&self.kms)).unwrap();
        block_on(self.file.rotate_scope(&index_scope(), &self.kms)).unwrap();
        [*old[0].id(), *old[1].id()]
    }
}

/// In a process that was given nothing but the folder.
pub fn session_from(folder: &Path) -> Session {
    let kms = LocalKms::from_file(root_key(folder)).unwrap();
    let file = KeysetFile::load(keyset(folder)).unwrap();
    patient::session(&Arc::new(block_on(file.unlock(&kms)).unwrap()))
}

const fn index_scope() -> KeyScope {
    KeyScope::shared(KeyUse::Index)
}

fn root_key(folder: &Path) -> PathBuf {
    folder.join("root.key")
}

fn keyset(folder: &Path) -> PathBuf {
    folder.join("keys.json")
}
