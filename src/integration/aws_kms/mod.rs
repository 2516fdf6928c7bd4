//! AWS KMS: [`AwsKms`].

mod arn;
mod call;
mod failure;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;

use self::arn::KeyArn;
use self::call::{Limits, pairs, unseen};
use crate::SecretBytes;
use crate::key::{BoxFuture, KeyError, KeyErrorKind, Kms, WrapContext, WrappedKey};

/// Data keys wrapped by AWS KMS, under a symmetric key that never leaves it.
///
/// `wrap` is the operation Encrypt, `unwrap` is Decrypt, [`generate`](Kms::generate) is
/// GenerateDataKey (one call) and [`rewrap`](Kms::rewrap) is ReEncrypt, which keeps the data key
/// inside the service. Each carries the encryption context of
/// [`opaque_pairs`](WrapContext::opaque_pairs), so that CloudTrail shows uses and digests, and no
/// tenant or patient.
///
/// The application makes the client, with its credentials and TLS; `aws-config` is the usual way.
/// The futures need its runtime (Tokio).
///
/// # Limits
///
/// A call is tried 3 times, each at most 2 seconds, with exponential back-off and full jitter from
/// 50 ms up to 1 second between them, and ends after 7 seconds whatever happens. Only time-outs,
/// lost connections, throttling and the service's own failures are tried again. When many calls
/// fail, the SDK's retry quota of the whole client can end the trying earlier. The client's other
/// settings stay.
///
/// # Security
///
/// - Wrapped keys are unwrapped only under the keys named here. A reference comes from where
///   somebody else may have written; one that names another key, such as a key of an attacker's
///   own account, is refused before a request is made.
/// - An answer under another key than the one asked for is refused.
/// - Calls run under a `tracing` subscriber that takes nothing, because at TRACE the SDK can print
///   the request, and with it the data key. Two consequences: an application without a subscriber
///   that relies on `tracing`'s feature `log` gets no lines from it after the first call; and
///   `log-always` would print what is withheld: do not set it.
/// - No message of the service is kept in an error: they quote key and user names.
///
/// Not promised: copies in the memory of the SDK and the TLS library. Encrypt leaves the payload
/// once in clear and in base64 in freed memory, Decrypt and GenerateDataKey leave base64; what is
/// handed out here is wiped. `docs/memory.md` says what an application can do. And whoever may
/// use the KMS key can unwrap every data key they get hold of: `docs/keys.md` has the smallest
/// set of permissions.
///
/// # Example
///
/// ```
/// use aws_sdk_kms::{Client, Config, config::BehaviorVersion, config::Region};
/// use phi_seal::integration::aws_kms::AwsKms;
/// use phi_seal::key::{KeyErrorKind, Kms};
///
/// let config = Config::builder()
///     .behavior_version(BehaviorVersion::v2026_01_12())
///     .region(Region::new("eu-central-1"));
/// let client = Client::from_conf(config.build()); // or Client::new(&aws_config::…)
///
/// let arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// let kms = AwsKms::new(client.clone(), arn)?;
/// assert!(kms.owns(arn));
/// assert!(!kms.owns("arn:aws:kms:eu-central-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab"));
///
/// let refused = AwsKms::new(client, "alias/phi").map_err(|error| error.kind());
/// assert_eq!(refused.err(), Some(KeyErrorKind::Malformed));
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
///
/// A keyset file under it:
///
/// ```no_run
/// # #[cfg(feature = "serde")]
/// # async fn start(kms: phi_seal::integration::aws_kms::AwsKms) -> Result<(), phi_seal::key::KeyError> {
/// use phi_seal::key::KeysetFile;
///
/// let keyset = KeysetFile::load_or_create("/var/lib/clinic/keys.json", &kms).await?;
/// let keyring = keyset.unlock(&kms).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AwsKms {
    client: Client,
    key: KeyArn,
    readable: Vec<Readable>,
    limits: Limits,
}

/// A reference that is unwrapped here, and the key that is asked to.
#[derive(Clone)]
struct Readable {
    reference: KeyArn,
    asked: KeyArn,
}

impl AwsKms {
    /// Wraps and unwraps under the key of this ARN, a symmetric one for encryption.
    ///
    /// An alias is refused, because it can be pointed elsewhere, and a bare key id, because it
    /// does not say whose. The key's Region must be the client's.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`].
    pub fn new(client: Client, key_arn: impl Into<String>) -> Result<Self, KeyError> {
        let key = KeyArn::parse(key_arn.into())?;
        let region = client.config().region().map(AsRef::as_ref);
        if region.is_some_and(|region: &str| region != key.region()) {
            return Err(OTHER_REGION);
        }
        Ok(Self {
            client,
            readable: [Readable {
                reference: key.clone(),
                asked: key.clone(),
            }]
            .into(),
            key,
            limits: Limits::default(),
        })
    }

    /// Unwraps also what the key of this ARN wrapped.
    ///
    /// It is asked for itself if it is of the same Region. If it is the same multi-Region key
    /// (`mrk-…`) in another Region, this adapter's own replica unwraps what it wrapped. For a key
    /// of another Region otherwise, put an adapter with a client of that Region into a
    /// [`KmsChain`](crate::key::KmsChain).
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`].
    pub fn also_unwraps(mut self, key_arn: impl Into<String>) -> Result<Self, KeyError> {
        let reference = KeyArn::parse(key_arn.into())?;
        let asked = if reference.region() == self.key.region() {
            reference.clone()
        } else if reference.is_replica_of(&self.key) {
            self.key.clone()
        } else {
            return Err(OTHER_REGION);
        };
        self.readable.push(Readable { reference, asked });
        Ok(self)
    }

    /// How often a call is tried, the first time included; 0 counts as 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.limits.attempts = attempts.max(1);
        self
    }

    /// How long one attempt may take, connecting included.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.limits.attempt = timeout;
        self
    }

    /// How long a call may take in all: every attempt and the waiting between them.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.limits.total = timeout;
        self
    }

    /// The longest waiting before the second attempt, which doubles up to `longest`. The waiting
    /// itself is a random share of it.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.limits.first_backoff = first;
        self.limits.longest_backoff = longest;
        self
    }

    /// The ARN of the key that it wraps under.
    pub fn key_arn(&self) -> &str {
        self.key.as_str()
    }

    /// The key to ask for what this reference wrapped, if that may be unwrapped here.
    fn asked_for(&self, reference: &str) -> Option<&KeyArn> {
        self.readable
            .iter()
            .find(|readable| readable.reference.as_str() == reference)
            .map(|readable| &readable.asked)
    }

    /// What the service made under [`key_arn`](Self::key_arn), if it says that it did.
    fn wrapped(&self, key: Option<String>, bytes: Option<Blob>) -> Result<WrappedKey, KeyError> {
        self.key.answered(key.as_deref())?;
        let bytes = bytes.ok_or(EMPTY_ANSWER)?;
        WrappedKey::new(self.key.as_str(), bytes.into_inner())
    }
}

impl Kms for AwsKms {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        Box::pin(async move {
            let call = self
                .client
                .encrypt()
                .key_id(self.key.as_str())
                .plaintext(Blob::new(payload.as_slice()))
                .set_encryption_context(Some(pairs(context)))
                .customize()
                .config_override(self.limits.config());
            let answer = unseen(call.send()).await?;
            self.wrapped(answer.key_id, answer.ciphertext_blob)
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            let key = self.asked_for(wrapped.reference()).ok_or(FOREIGN_KEY)?;
            let call = self
                .client
                .decrypt()
                .key_id(key.as_str())
                .ciphertext_blob(Blob::new(wrapped.as_bytes()))
                .set_encryption_context(Some(pairs(context)))
                .customize()
                .config_override(self.limits.config());
            let answer = unseen(call.send()).await?;
            let payload = secret(answer.plaintext)?;
            key.answered(answer.key_id.as_deref())?;
            Ok(payload)
        })
    }

    /// By GenerateDataKey: the service draws the key. One call, and no read-back; that what it
    /// wrapped is what it gave is the service's word.
    fn generate<'a>(
        &'a self,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<(SecretBytes, WrappedKey), KeyError>> {
        Box::pin(async move {
            let call = self
                .client
                .generate_data_key()
                .key_id(self.key.as_str())
                .key_spec(DataKeySpec::Aes256)
                .set_encryption_context(Some(pairs(context)))
                .customize()
                .config_override(self.limits.config());
            let answer = unseen(call.send()).await?;
            let drawn = secret(answer.plaintext)?;
            if drawn.len() != 32 {
                return Err(OTHER_LENGTH);
            }
            let wrapped = self.wrapped(answer.key_id, answer.ciphertext_blob)?;
            Ok((drawn, wrapped))
        })
    }

    /// By ReEncrypt, from any key that this adapter unwraps.
    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        Box::pin(async move {
            let Some(source) = self.asked_for(wrapped.reference()) else {
                return Ok(None);
            };
            let call = self
                .client
                .re_encrypt()
                .source_key_id(source.as_str())
                .ciphertext_blob(Blob::new(wrapped.as_bytes()))
                .set_source_encryption_context(Some(pairs(context)))
                .destination_key_id(self.key.as_str())
                .set_destination_encryption_context(Some(pairs(context)))
                .customize()
                .config_override(self.limits.config());
            let answer = unseen(call.send()).await?;
            source.answered(answer.source_key_id.as_deref())?;
            self.wrapped(answer.key_id, answer.ciphertext_blob)
                .map(Some)
        })
    }

    /// The ARNs given to [`new`](AwsKms::new) and [`also_unwraps`](AwsKms::also_unwraps), byte by
    /// byte.
    fn owns(&self, reference: &str) -> bool {
        self.asked_for(reference).is_some()
    }
}

impl fmt::Debug for AwsKms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKms")
            .field("key_arn", &self.key.as_str())
            .finish_non_exhaustive()
    }
}

/// The SDK's own allocation, which is wiped from now on.
fn secret(plaintext: Option<Blob>) -> Result<SecretBytes, KeyError> {
    let plaintext = plaintext.ok_or(EMPTY_ANSWER)?;
    Ok(SecretBytes::from_vec(plaintext.into_inner()))
}

const OTHER_REGION: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "the key's region is not the client's; give each region an adapter, and chain them",
);

const FOREIGN_KEY: KeyError = KeyError::new(
    KeyErrorKind::WrongKey,
    "the wrapped key names a key that this adapter was not told to unwrap under",
);

const EMPTY_ANSWER: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "aws kms answered without what it was asked for",
);

const OTHER_LENGTH: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "aws kms drew a data key of another length than 32 bytes",
);
