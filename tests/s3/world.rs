//! Clients, buckets and checkpoints.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryPartition;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_sdk_s3::{Client, Config};
use phi_seal::audit::journal::{
    AnchorError, AnchorErrorKind, Checkpoint, Frontier, JournalKey, Origin, SignedCheckpoint,
    checkpoint_name, leaf_hash, origin_name,
};
use phi_seal::integration::s3::S3Anchor;
use tokio::runtime::Handle;

use crate::moto::Moto;

/// The application's runtime, which turns on a thread of its own.
pub(crate) fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        handle
    })
}

pub(crate) fn client(url: &str, keys: (&str, &str)) -> Client {
    // The SDK's quota of retries is of the process; one test must not use up another's.
    static CLIENTS: AtomicU32 = AtomicU32::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    let credentials = Credentials::new(keys.0, keys.1, None, None, "test");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_partition(RetryPartition::new(format!("test-{number}")))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// A fresh bucket of a server, and an anchor in it.
pub(crate) struct Bucket {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Bucket {
    pub(crate) fn new(moto: &Moto) -> Self {
        Self::of(moto, true)
    }

    pub(crate) fn unlocked(moto: &Moto) -> Self {
        Self::of(moto, false)
    }

    fn of(moto: &Moto, is_locked: bool) -> Self {
        static BUCKETS: AtomicU32 = AtomicU32::new(0);
        let name = format!("anchor-{}", BUCKETS.fetch_add(1, Ordering::Relaxed));
        let client = client(moto.url(), ("test", "test"));
        let create = client
            .create_bucket()
            .bucket(&name)
            .object_lock_enabled_for_bucket(is_locked);
        runtime().block_on(create.send()).unwrap();
        Self { client, name }
    }

    pub(crate) fn anchor(&self) -> S3Anchor {
        hasty(self.client.clone(), &self.name)
    }

    /// Writes as anybody may who has the permission to.
    pub(crate) fn put(&self, key: &str, text: &str) {
        let put = self.client.put_object().bucket(&self.name).key(key);
        let put = put.body(text.as_bytes().to_vec().into());
        runtime().block_on(put.send()).unwrap();
    }

    /// Puts a delete marker on top.
    pub(crate) fn delete(&self, key: &str) {
        let delete = self.client.delete_object().bucket(&self.name).key(key);
        runtime().block_on(delete.send()).unwrap();
    }

    /// The versions of a key, the newest first.
    pub(crate) fn versions(&self, key: &str) -> Vec<String> {
        let list = self.client.list_object_versions().bucket(&self.name);
        let list = runtime().block_on(list.prefix(key).send()).unwrap();
        let versions = list.versions().iter();
        versions
            .map(|it| it.version_id().unwrap().to_owned())
            .collect()
    }
}

/// An anchor that waits next to nothing before it tries again.
pub(crate) fn hasty(client: Client, bucket: &str) -> S3Anchor {
    let moment = Duration::from_millis(1);
    S3Anchor::new(client, bucket, runtime().clone()).backoff(moment, moment)
}

pub(crate) fn journal_key() -> JournalKey {
    key_of("ehr.mercy.example/audit")
}

pub(crate) fn key_of(origin: &str) -> JournalKey {
    JournalKey::generate(Origin::new(origin).unwrap()).unwrap()
}

/// Of a journal of so many entries, all of them `entry`.
pub(crate) fn signed(key: &JournalKey, size: u64, entry: &str) -> SignedCheckpoint {
    let mut tree = Frontier::new();
    (0..size.min(100)).for_each(|_| tree.push(leaf_hash(entry.as_bytes())));
    key.sign(&Checkpoint::new(key.origin().clone(), size, tree.root()))
}

pub(crate) fn object(key: &JournalKey, size: u64) -> String {
    format!("{}/{}", origin_name(key.origin()), checkpoint_name(size))
}

pub(crate) fn kind<T>(result: Result<T, AnchorError>) -> Option<AnchorErrorKind> {
    result.err().map(|error| error.kind())
}
