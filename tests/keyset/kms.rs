//! Other KMSs: another root key, one that lies, one that is shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use phi_seal::key::{
    BoxFuture, KeyError, KeyErrorKind, KeyScope, Keyset, KeysetFile, Kms, LocalKms, WrapContext,
    WrappedKey,
};
use phi_seal::{KeyId, SecretBytes};
use pollster::block_on;

use crate::fixtures::{exported, keyset, kind, local, vector_kms};

#[test]
fn another_root_key_is_refused() {
    let (kms, other) = (local(), local());
    let mut keyset = keyset(&kms);
    let wrong = Some(KeyErrorKind::WrongKey);
    assert_eq!(kind(block_on(keyset.unlock(&other))), wrong);
    assert_eq!(kind(block_on(keyset.rotate(&other))), wrong);
    assert_eq!(kind(block_on(keyset.rewrap(&other, &kms))), wrong);

    let keys = exported(&block_on(keyset.unlock(&kms)).unwrap());
    block_on(keyset.rewrap(&kms, &other)).unwrap();
    assert_eq!(kind(block_on(keyset.unlock(&kms))), wrong);
    assert_eq!(exported(&block_on(keyset.unlock(&other)).unwrap()), keys);
    assert!(!keyset.to_json().contains(kms.reference()));
}

#[test]
fn a_lying_kms_is_found_out() {
    let mut lies = vec![
        (Lie::OtherContext, KeyErrorKind::WrongKey),
        (Lie::Longer, KeyErrorKind::WrongKey),
        (Lie::OtherKey, KeyErrorKind::WrongKey),
        (Lie::FirstPayload, KeyErrorKind::WrongKey),
    ];
    lies.extend([0, 1, 31, 32, 33, 63].map(|len| (Lie::Bytes(len), KeyErrorKind::WrongKey)));
    lies.extend(
        [
            KeyErrorKind::Unavailable,
            KeyErrorKind::Throttled,
            KeyErrorKind::Denied,
            KeyErrorKind::WrongKey,
            KeyErrorKind::Missing,
            KeyErrorKind::Disabled,
            KeyErrorKind::Destroyed,
            KeyErrorKind::Malformed,
            KeyErrorKind::Unsupported,
            KeyErrorKind::Tampered,
            KeyErrorKind::AlreadyExists,
            KeyErrorKind::NotFound,
            KeyErrorKind::Permissions,
            KeyErrorKind::Io,
            KeyErrorKind::Conflict,
            KeyErrorKind::InvalidState,
            KeyErrorKind::Contract,
        ]
        .map(|kind| (Lie::Error(kind), kind)),
    );
    let honest = keyset(&vector_kms());
    for (lie, expected) in lies {
        for from in 0..4 {
            let liar = || Liar::new(vector_kms(), lie, from);
            let is_truth = from == 0 && matches!(lie, Lie::FirstPayload);
            let what = format!("{lie:?} from call {from}");
            // Call 0 is for the MAC key, the others for data keys.
            let forged_mac_key = from == 0 && matches!(lie, Lie::OtherKey);
            let expected_unlock = if forged_mac_key {
                KeyErrorKind::Tampered
            } else {
                expected
            };
            let unlocked = kind(block_on(honest.unlock(&liar())));
            assert_eq!(unlocked, Some(expected_unlock), "{what}");

            // A key that does not come back is found before it is used.
            if from < 2 && !is_truth {
                let made = kind(block_on(Keyset::generate(&liar())));
                let lost = matches!(lie, Lie::OtherKey);
                let expected = if lost {
                    KeyErrorKind::Contract
                } else {
                    expected
                };
                assert_eq!(made, Some(expected), "{what}");
                let mut keyset = honest.clone();
                let rotated = kind(block_on(keyset.rotate(&liar())));
                let expected = if forged_mac_key {
                    KeyErrorKind::Tampered
                } else {
                    expected
                };
                assert_eq!(rotated, Some(expected), "{what}");
                assert!(keyset == honest);
            }
        }
    }
}

#[test]
fn futures_can_be_spawned_and_a_kms_be_shared() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let folder = tempfile::tempdir().unwrap();
    let kms: Arc<dyn Kms> = Arc::new(local());
    let mut keyset = block_on(is_send(Keyset::generate(&kms))).unwrap();
    block_on(is_send(keyset.rotate(&kms))).unwrap();
    block_on(is_send(keyset.rewrap(&kms, &kms))).unwrap();
    block_on(is_send(keyset.unlock(&kms))).unwrap();
    let path = folder.path().join("keys.json");
    let mut file = block_on(is_send(KeysetFile::load_or_create(path, &kms))).unwrap();
    block_on(is_send(file.rotate(&kms))).unwrap();
    let keyring = block_on(is_send(file.unlock(&kms))).unwrap();
    block_on(is_send(file.rotate_into(&keyring, &kms))).unwrap();
    block_on(is_send(file.destroy(1, &kms))).unwrap();
}

/// What a [`Liar`] does from its `from`th unwrapping on, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    /// Another key, with the digest of this context.
    OtherKey,
    /// The right key, with the digest of another context.
    OtherContext,
    /// The payload of the first call.
    FirstPayload,
    Bytes(usize),
    Longer,
    Error(KeyErrorKind),
}

#[derive(Debug)]
pub(crate) struct Liar {
    kms: LocalKms,
    lie: Lie,
    from: u32,
    calls: AtomicU32,
    first: std::sync::Mutex<Vec<u8>>,
}

impl Liar {
    pub(crate) fn new(kms: LocalKms, lie: Lie, from: u32) -> Self {
        Self {
            kms,
            lie,
            from,
            calls: AtomicU32::new(0),
            first: std::sync::Mutex::default(),
        }
    }

    fn tell(&self, truth: SecretBytes, context: &WrapContext) -> Result<SecretBytes, KeyError> {
        let mut first = self.first.lock().unwrap();
        if first.is_empty() {
            *first = truth.as_slice().to_vec();
        }
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.from {
            return Ok(truth);
        }
        let mut bytes = truth.into_vec();
        match self.lie {
            Lie::OtherKey => {
                bytes[..32].fill(7);
                bytes[32..].copy_from_slice(&context.digest());
            }
            Lie::OtherContext => {
                let id = KeyId::from_bytes([7; 32]);
                let other = WrapContext::new(&KeyScope::default(), &id, 1);
                bytes[32..].copy_from_slice(&other.digest());
            }
            Lie::FirstPayload => bytes.clone_from(&first),
            Lie::Bytes(len) => bytes.truncate(len),
            Lie::Longer => bytes.push(0),
            Lie::Error(kind) => return Err(KeyError::new(kind, "the test wants it so")),
        }
        Ok(SecretBytes::from_vec(bytes))
    }
}

impl Kms for Liar {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        self.kms.wrap(payload, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            let truth = self.kms.unwrap(wrapped, context).await?;
            self.tell(truth, context)
        })
    }
}
