//! Keysets, and what the tests ask of them.

use std::fs;
use std::path::Path;

use phi_seal::key::{
    DataKey, KeyError, KeyErrorKind, KeyProvider, KeyScope, Keyring, Keyset, Kms, LocalKms, Scope,
};
use phi_seal::{SubjectId, TenantId, danger};
use pollster::block_on;

/// Made by `tests/interop/keyset.py`, a second implementation of `docs/keys.md`.
pub(crate) const VECTOR: &[u8] = include_bytes!("../vectors/keyset-1.json");
const VECTOR_ROOT: &str = "phi-root1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

pub(crate) fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

pub(crate) fn local() -> LocalKms {
    LocalKms::generate().unwrap()
}

pub(crate) fn vector_kms() -> LocalKms {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    fs::write(&path, VECTOR_ROOT).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    LocalKms::from_file(path).unwrap()
}

pub(crate) fn patient() -> KeyScope {
    let tenant = TenantId::new("Klinik \"Süd\"").unwrap();
    KeyScope::subject(tenant, SubjectId::new("p-1").unwrap())
}

/// Versions 1 destroyed, 2 disabled, 3 decrypt-only, 4 active, 5 a patient's; minimum 2.
pub(crate) fn keyset(kms: &dyn Kms) -> Keyset {
    block_on(async {
        let mut keyset = Keyset::generate(kms).await?;
        keyset.rotate(kms).await?;
        keyset.rotate(kms).await?;
        keyset.rotate(kms).await?;
        keyset.add(&DataKey::generate(patient())?, kms).await?;
        keyset.destroy(1, kms).await?;
        keyset.disable(2, kms).await?;
        keyset.set_minimum_version(2, kms).await?;
        Ok::<_, KeyError>(keyset)
    })
    .unwrap()
}

pub(crate) fn exported(keyring: &Keyring) -> Vec<[u8; 32]> {
    let mut keys = Vec::new();
    for key in keyring.keys() {
        let _ = with_scope(key.scope(), |scope| {
            keyring.with_key(scope, key.id(), &mut |key| {
                keys.push(danger::export_data_key(key))
            })
        });
    }
    keys
}

/// A request that a key of this scope may serve.
pub(crate) fn with_scope<R>(scope: &KeyScope, f: impl FnOnce(Scope<'_>) -> R) -> R {
    let any = TenantId::new("any").unwrap();
    let mut request = Scope::sealing(scope.tenant_id().unwrap_or(&any), scope.subject_id());
    request.key_use = scope.key_use();
    f(request)
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
