//! Keysets at rest under AWS KMS, and on their way there.

use std::sync::atomic::{AtomicU32, Ordering};

use phi_seal::SecretBytes;
use phi_seal::integration::aws_kms::AwsKms;
use phi_seal::key::{
    BoxFuture, KeyError, KeyErrorKind, Keyring, Keyset, KeysetFile, Kms, KmsChain, LocalKms,
    WrapContext, WrappedKey,
};

use crate::moto::{Moto, new_key};
use crate::world::kind;

#[tokio::test]
async fn a_keyset_file_rests_under_aws_kms() {
    let client = Moto::shared().client("us-east-1");
    let (one, two) = (new_key(&client).await, new_key(&client).await);
    let kms = AwsKms::new(client.clone(), &one).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");

    let mut file = KeysetFile::create(&path, &kms).await.unwrap();
    let keyring = file.unlock(&kms).await.unwrap();
    file.rotate_into(&keyring, &kms).await.unwrap();
    let stored = std::fs::read_to_string(&path).unwrap();
    assert_eq!(stored.matches(&one).count(), 3); // the MAC key and two data keys

    let again = KeysetFile::load(&path).unwrap();
    let reopened = again.unlock(&kms).await.unwrap();
    assert_eq!(exported(&reopened), exported(&keyring));
    assert_eq!(reopened.keys().len(), 2);

    // Another adapter of the same account does not own these references.
    let other = AwsKms::new(client, &two).unwrap();
    let refused = kind(again.unlock(&other).await);
    assert_eq!(refused, Some(KeyErrorKind::WrongKey));
}

#[tokio::test]
async fn a_keyset_moves_from_a_local_root_key() {
    let client = Moto::shared().client("us-east-1");
    let key = new_key(&client).await;
    let aws = AwsKms::new(client, &key).unwrap();
    let local = std::sync::Arc::new(LocalKms::generate().unwrap());
    let mut keyset = Keyset::generate(&local).await.unwrap();
    keyset.rotate(&local).await.unwrap();
    let before = exported(&keyset.unlock(&local).await.unwrap());

    // While it moves, both are read.
    let chain = KmsChain::new(aws.clone()).unwrap();
    let chain = chain.also_unwraps(local.clone()).unwrap();
    keyset.rotate(&chain).await.unwrap();
    let mixed = exported(&keyset.unlock(&chain).await.unwrap());
    assert_eq!(mixed[..2], before);
    assert_eq!(
        kind(keyset.unlock(&aws).await),
        Some(KeyErrorKind::WrongKey)
    );

    keyset.rewrap(&chain, &chain).await.unwrap();
    assert_eq!(exported(&keyset.unlock(&aws).await.unwrap()), mixed);
    assert_eq!(
        kind(keyset.unlock(&local).await),
        Some(KeyErrorKind::WrongKey)
    );
    assert!(!keyset.to_json().contains("local:"));
}

#[tokio::test]
async fn a_keyset_moves_from_key_to_key_inside_the_service() {
    let client = Moto::shared().client("us-east-1");
    let (one, two) = (new_key(&client).await, new_key(&client).await);
    let old = Counting::new(AwsKms::new(client.clone(), &one).unwrap());
    let mut keyset = Keyset::generate(&old).await.unwrap();
    keyset.rotate(&old).await.unwrap();
    let keys = exported(&keyset.unlock(&old).await.unwrap());
    let apart = keyset.clone();

    // Owning both, the new adapter has them wrapped anew: the old one reads the MAC key only.
    let new = AwsKms::new(client.clone(), &two).unwrap();
    let both = Counting::new(new.clone().also_unwraps(&one).unwrap());
    old.reset();
    keyset.rewrap(&old, &both).await.unwrap();
    assert_eq!(
        old.counts(),
        Counts {
            wraps: 0,
            unwraps: 1,
            rewraps: 0
        }
    );
    // Each is read back; a fresh MAC key is wrapped, and read back too.
    assert_eq!(
        both.counts(),
        Counts {
            wraps: 1,
            unwraps: 3,
            rewraps: 2
        }
    );
    assert_eq!(exported(&keyset.unlock(&new).await.unwrap()), keys);
    assert_eq!(
        kind(keyset.unlock(&old).await),
        Some(KeyErrorKind::WrongKey)
    );

    // Apart, they go by way of this process.
    let mut keyset = apart;
    let new = Counting::new(new);
    old.reset();
    keyset.rewrap(&old, &new).await.unwrap();
    assert_eq!(
        old.counts(),
        Counts {
            wraps: 0,
            unwraps: 3,
            rewraps: 0
        }
    );
    assert_eq!(
        new.counts(),
        Counts {
            wraps: 3,
            unwraps: 3,
            rewraps: 0
        }
    );
    assert_eq!(exported(&keyset.unlock(&new).await.unwrap()), keys);
}

fn exported(keyring: &Keyring) -> Vec<[u8; 32]> {
    use phi_seal::key::{KeyProvider, Scope};
    let tenant = phi_seal::TenantId::new("any").unwrap();
    let mut keys = Vec::new();
    for key in keyring.keys() {
        let scope = Scope::sealing(&tenant, None);
        let export = &mut |key: &_| keys.push(phi_seal::danger::export_data_key(key));
        keyring.with_key(scope, key.id(), export).unwrap();
    }
    keys
}

#[derive(Debug, PartialEq)]
struct Counts {
    wraps: u32,
    unwraps: u32,
    rewraps: u32,
}

/// Counts what it passes on.
#[derive(Debug)]
struct Counting {
    kms: AwsKms,
    wraps: AtomicU32,
    unwraps: AtomicU32,
    rewraps: AtomicU32,
}

impl Counting {
    fn new(kms: AwsKms) -> Self {
        Self {
            kms,
            wraps: AtomicU32::new(0),
            unwraps: AtomicU32::new(0),
            rewraps: AtomicU32::new(0),
        }
    }

    fn counts(&self) -> Counts {
        Counts {
            wraps: self.wraps.load(Ordering::Relaxed),
            unwraps: self.unwraps.load(Ordering::Relaxed),
            rewraps: self.rewraps.load(Ordering::Relaxed),
        }
    }

    fn reset(&self) {
        for count in [&self.wraps, &self.unwraps, &self.rewraps] {
            count.store(0, Ordering::Relaxed);
        }
    }
}

impl Kms for Counting {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        self.wraps.fetch_add(1, Ordering::Relaxed);
        self.kms.wrap(payload, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        self.unwraps.fetch_add(1, Ordering::Relaxed);
        self.kms.unwrap(wrapped, context)
    }

    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        self.rewraps.fetch_add(1, Ordering::Relaxed);
        self.kms.rewrap(wrapped, context)
    }

    fn owns(&self, reference: &str) -> bool {
        self.kms.owns(reference)
    }
}
