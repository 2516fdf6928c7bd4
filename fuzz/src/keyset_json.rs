//! Arbitrary bytes as a keyset file, which anybody with an editor may have changed.

use std::sync::LazyLock;

use phi_seal::SecretBytes;
use phi_seal::key::{BoxFuture, KeyError, KeyErrorKind, Keyset, Kms, LocalKms};
use phi_seal::key::{WrapContext, WrappedKey};
use pollster::block_on;

pub fn run(data: &[u8]) {
    let keyset = match Keyset::from_json(data) {
        Ok(keyset) => keyset,
        Err(error) => {
            let kind = error.kind();
            assert!(matches!(
                kind,
                KeyErrorKind::Malformed | KeyErrorKind::Unsupported
            ));
            return;
        }
    };
    let json = keyset.to_json();
    let again = Keyset::from_json(json.as_bytes()).expect("what was written is read");
    assert!(again == keyset, "another keyset after a round trip");
    assert_eq!(again.to_json(), json);
    assert_eq!(again.keys(), keyset.keys());
    // A wrong MAC is found before any key is unwrapped, whatever the KMS would say.
    for kms in [&*ROOT as &dyn Kms, &Echo] {
        let verified = block_on(keyset.verify(kms));
        let unlocked = block_on(keyset.unlock(kms));
        match &verified {
            Ok(()) => assert!(GENUINE.contains(&keyset), "an edited keyset was verified"),
            Err(error) => assert_eq!(Some(error.kind()), kind(&unlocked)),
        }
        if let Ok(keyring) = unlocked {
            assert!(verified.is_ok());
            assert_eq!(keyring.keys(), keyset.keys());
            assert_eq!(keyring.minimum_version(), keyset.minimum_version());
        }
    }
}

fn kind<T>(result: &Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.as_ref().err().map(KeyError::kind)
}

/// What was made under each KMS. It takes the KMS to make another.
static GENUINE: LazyLock<[Keyset; 2]> = LazyLock::new(|| {
    let files: [&[u8]; 2] = [
        include_bytes!("../../tests/vectors/keyset-1.json"),
        include_bytes!("echo-keyset.json"),
    ];
    files.map(|json| Keyset::from_json(json).expect("made by this crate"))
});

/// The root key of the vector.
static ROOT: LazyLock<LocalKms> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("root.key");
    // Made first, for its mode of 0600.
    drop(LocalKms::create_file(&path).expect("a file can be made"));
    std::fs::write(
        &path,
        "phi-root1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    )
    .expect("the file can be written");
    LocalKms::from_file(&path).expect("the vector's root key")
});

/// A broken KMS, which takes whatever stands in the file for the payload.
#[derive(Debug)]
pub struct Echo;

impl Kms for Echo {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        _: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        Box::pin(async { WrappedKey::new("echo", payload.as_slice().to_vec()) })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        _: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async { Ok(SecretBytes::from_vec(wrapped.as_bytes().to_vec())) })
    }
}
