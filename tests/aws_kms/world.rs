//! Clients, contexts and payloads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_kms::config::retry::RetryPartition;
use aws_sdk_kms::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_sdk_kms::{Client, Config};
use phi_seal::integration::aws_kms::AwsKms;
use phi_seal::key::{KeyError, KeyErrorKind, KeyScope, WrapContext, WrappedKey};
use phi_seal::{KeyId, SecretBytes, SubjectId, TenantId};

/// A key that no server here has, in its Region.
pub(crate) const KEY: &str =
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(crate) fn client(url: &str, region: &'static str, keys: (&str, &str)) -> Client {
    // The SDK's quota of retries is of the process; one test must not use up another's.
    static CLIENTS: AtomicU32 = AtomicU32::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    let credentials = Credentials::new(keys.0, keys.1, None, None, "test");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_partition(RetryPartition::new(format!("test-{number}")))
        // Without it the SDK prints request bodies at TRACE.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// An adapter that waits next to nothing before it tries again.
pub(crate) fn hasty(client: Client, key: &str) -> AwsKms {
    let moment = Duration::from_millis(1);
    AwsKms::new(client, key).unwrap().backoff(moment, moment)
}

pub(crate) fn context() -> WrapContext {
    context_of("mercy-hospital", "patient-17", 7, 1)
}

pub(crate) fn context_of(
    tenant: &'static str,
    subject: &'static str,
    id: u8,
    version: u32,
) -> WrapContext {
    let tenant = TenantId::new(tenant).unwrap();
    let scope = KeyScope::subject(tenant, SubjectId::new(subject).unwrap());
    WrapContext::new(&scope, &KeyId::from_bytes([id; 32]), version)
}

/// 64 bytes unlike any others.
pub(crate) fn payload() -> SecretBytes {
    let bytes = (0..64_u8).map(|n| n.wrapping_mul(73) ^ 0xb5).collect();
    SecretBytes::from_vec(bytes)
}

/// Something that the key made, as far as anybody can tell.
pub(crate) fn wrapped_under(reference: &str) -> WrappedKey {
    WrappedKey::new(reference, vec![7; 128]).unwrap()
}

pub(crate) fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}
