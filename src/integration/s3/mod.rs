//! Amazon S3, and what speaks its language: checkpoints under object lock, [`S3Anchor`].

mod call;
mod failure;
mod listing;

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;
use std::time::SystemTime;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectLockEnabled, ObjectLockMode};
use tokio::runtime::Handle;

use self::call::{Caller, Failure};
use self::failure::{
    DIFFERS, HIDDEN_LOCK, NO_LOCK, NOT_KEPT, OTHER_MODE, RAN_OUT, WEAKER, anchor_error, exists,
};
use crate::audit::journal::{
    Anchor, AnchorError, Filed, Origin, SignedCheckpoint, checkpoint_name, origin_name,
};

/// Keeps checkpoints as objects that nobody can change or delete before their retention ends.
///
/// Each is the object `<prefix><origin>/<size, 20 digits>` (the [origin
/// escaped](crate::audit::journal::origin_name)), written only where there is none
/// (`If-None-Match: *`), with a SHA-256 checksum and an object lock: COMPLIANCE, which nobody
/// lifts, not even the account's root user; for six years unless stated, as 45 CFR 164.316(b)(2)(i)
/// asks for documentation.
///
/// Whoever may write to the bucket can put another version on top of an object, or a delete marker; the
/// locked version remains. So **of several versions the oldest counts**, and publishing succeeds only
/// once the oldest version is the checkpoint, and is locked. Another one there is
/// [`Refused`](crate::audit::journal::AnchorErrorKind::Refused).
///
/// The application makes the client, with its credentials and TLS, and names the Tokio runtime that
/// its connections live on. Calls of the anchor block their thread until that runtime has the answer: do
/// not make them on one of the runtime's own threads.
///
/// The caller needs `s3:PutObject`, `s3:PutObjectRetention`, `s3:GetObjectVersion`,
/// `s3:GetObjectRetention`, `s3:ListBucketVersions` and `s3:GetBucketObjectLockConfiguration`, and
/// nothing else: `docs/anchoring.md` has the policy of the bucket. Call [`check`](Self::check) once
/// at the start.
///
/// # Limits
///
/// A request is tried 3 times, each at most 5 seconds, with exponential back-off and full jitter from
/// 50 ms up to 1 second between them, and ends after 20 seconds whatever happens. `publish` makes
/// three requests, `latest` three to some dozens: among many objects it looks for the last one by
/// halves.
///
/// # Security
///
/// - **COMPLIANCE cannot be undone**: what was published stays until its date, and is paid for. Try
///   with a short [`retention`](Self::retention), or [`governance`](Self::governance), which those
///   with `s3:BypassGovernanceRetention` can lift.
/// - The date is this machine's clock plus the retention; S3 judges it by its own.
/// - A checkpoint names the journal's origin and how many entries it has, and no patient.
/// - Requests are made where no `tracing` subscriber sees them: at TRACE the SDK prints headers, and with
///   them a session's token. (`tracing`'s feature `log-always` would print them anyway.)
/// - No message of the service is kept in an error: they quote names.
///
/// # Example
///
/// ```
/// use aws_sdk_s3::{Client, Config, config::BehaviorVersion, config::Region};
/// use phi_seal::audit::journal::{Anchor, AnchorErrorKind};
/// use phi_seal::integration::s3::S3Anchor;
///
/// let config = Config::builder()
///     .behavior_version(BehaviorVersion::v2026_01_12())
///     .region(Region::new("eu-central-1"));
/// let client = Client::from_conf(config.build()); // or Client::new(&aws_config::…)
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?; // or Handle::current()
/// let anchor = S3Anchor::new(client, "mercy-audit-anchor", runtime.handle().clone())
///     .prefix("ehr/")
///     .named("s3-eu");
/// assert_eq!(anchor.name(), "s3-eu");
/// // At the start of the application, off the runtime:
/// // anchor.check()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct S3Anchor {
    caller: Caller,
    bucket: String,
    prefix: String,
    name: String,
    retention: Duration,
    mode: ObjectLockMode,
}

impl S3Anchor {
    /// Six years, two leap days included.
    pub const RETENTION: Duration = Duration::from_secs((6 * 365 + 2) * 24 * 60 * 60);

    /// In this bucket, which has object lock enabled; under the name `s3`.
    pub fn new(client: Client, bucket: impl Into<String>, runtime: Handle) -> Self {
        Self {
            caller: Caller::new(client, runtime),
            bucket: bucket.into(),
            prefix: String::new(),
            name: "s3".to_string(),
            retention: Self::RETENTION,
            mode: ObjectLockMode::Compliance,
        }
    }

    /// What all keys begin with, as it is: end it with `/` to make it a folder.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Goes by another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// For how long what is published is locked, from then on. [`RETENTION`](Self::RETENTION)
    /// unless stated. What state law or a contract asks for can be longer.
    #[must_use]
    pub const fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Locks in GOVERNANCE mode: those with `s3:BypassGovernanceRetention` can delete. For trials; an
    /// insider with that permission can make the anchor forget.
    #[must_use]
    pub fn governance(mut self) -> Self {
        self.mode = ObjectLockMode::Governance;
        self
    }

    /// How often a request is tried, the first time included; 0 counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.caller.limits.attempts = attempts.max(1);
        self
    }

    /// How long one attempt may take, connecting included.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.caller.limits.attempt = timeout;
        self
    }

    /// How long a request may take in all: every attempt, the waiting between them and the answer's body.
    #[must_use]
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.caller.limits.total = timeout;
        self
    }

    /// The longest waiting before the second attempt, which doubles up to `longest`. The waiting
    /// itself is a random share of it.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.caller.limits.first_backoff = first;
        self.caller.limits.longest_backoff = longest;
        self
    }

    /// Whether the bucket is there, may be asked, and has object lock enabled.
    ///
    /// For the start of an application, so that it fails there and not at the first anchoring. What it
    /// does not tell: whether writing is permitted, and whether the account's other users may lift locks.
    ///
    /// # Errors
    ///
    /// [`Unprotected`](crate::audit::journal::AnchorErrorKind::Unprotected) without object lock; else
    /// as [`Anchor::publish`].
    pub fn check(&self) -> Result<(), AnchorError> {
        let asked = self
            .caller
            .client
            .get_object_lock_configuration()
            .bucket(&self.bucket)
            .customize()
            .config_override(self.caller.limits.config());
        let answer = match self.caller.wait(asked.send()) {
            Ok(answer) => answer,
            Err(failure) if failure.has_code("ObjectLockConfigurationNotFoundError") => {
                return Err(NO_LOCK);
            }
            Err(failure) => return Err(anchor_error(&failure)),
        };
        let lock = answer.object_lock_configuration();
        let enabled = lock.and_then(|lock| lock.object_lock_enabled());
        match enabled {
            Some(ObjectLockEnabled::Enabled) => Ok(()),
            _ => Err(NO_LOCK),
        }
    }

    fn folder(&self, origin: &Origin) -> String {
        format!("{}{}/", self.prefix, origin_name(origin))
    }

    fn key(&self, origin: &Origin, size: u64) -> String {
        format!("{}{}", self.folder(origin), checkpoint_name(size))
    }

    /// Writes it where there is nothing; whether there was nothing.
    fn put(&self, key: &str, text: &str) -> Result<bool, AnchorError> {
        let put = self
            .caller
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .if_none_match("*")
            .content_type("text/plain; charset=utf-8")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .object_lock_mode(self.mode.clone())
            .object_lock_retain_until_date(DateTime::from(SystemTime::now() + self.retention))
            .body(ByteStream::from(text.as_bytes().to_vec()))
            .customize()
            .config_override(self.caller.limits.config());
        match self.caller.wait(put.send()) {
            Ok(_) => Ok(true),
            Err(failure) if exists(&failure) => Ok(false),
            Err(failure) => Err(anchor_error(&failure)),
        }
    }

    /// The oldest version of this key.
    fn oldest(&self, key: &str) -> Result<Option<Held>, AnchorError> {
        match self.oldest_version(key)? {
            Some(version) => self.held(key, &version).map(Some),
            None => Ok(None),
        }
    }

    fn held(&self, key: &str, version: &listing::Version) -> Result<Held, AnchorError> {
        if version.len > LONGEST {
            return Ok(Held::default());
        }
        let get = self
            .caller
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .version_id(&version.id)
            .customize()
            .config_override(self.caller.limits.config());
        let read = async {
            let answer = get.send().await.map_err(Failure::of)?;
            let (mode, until) = (
                answer.object_lock_mode,
                answer.object_lock_retain_until_date,
            );
            let body = answer.body.collect().await.map_err(|_| Failure::Lost)?;
            let text = String::from_utf8(body.into_bytes().into()).unwrap_or_default();
            Ok(Held { text, mode, until })
        };
        let held = self.caller.wait_for(read);
        held.map_err(|failure| anchor_error(&failure))
    }

    /// Refuses a lock that is weaker than the one this anchor sets.
    fn check_lock(&self, held: &Held) -> Result<(), AnchorError> {
        match &held.mode {
            Some(ObjectLockMode::Compliance) => {}
            Some(mode) if *mode == self.mode => {}
            Some(ObjectLockMode::Governance) => return Err(WEAKER),
            Some(_) => return Err(OTHER_MODE),
            None => return Err(HIDDEN_LOCK),
        }
        match held.until {
            Some(until) if until > DateTime::from(SystemTime::now()) => Ok(()),
            _ => Err(RAN_OUT),
        }
    }
}

impl Anchor for S3Anchor {
    fn name(&self) -> &str {
        &self.name
    }

    /// Three requests: to write, to find the oldest version, and to read it and its lock back.
    fn publish(&self, checkpoint: &SignedCheckpoint) -> Result<(), AnchorError> {
        let (origin, size) = (
            checkpoint.checkpoint().origin(),
            checkpoint.checkpoint().size(),
        );
        let key = self.key(origin, size);
        self.put(&key, checkpoint.as_str())?;
        let held = self.oldest(&key)?.ok_or(NOT_KEPT)?;
        if held.text != checkpoint.as_str() {
            return Err(DIFFERS);
        }
        self.check_lock(&held)
    }

    fn latest(&self, origin: &Origin) -> Result<Option<String>, AnchorError> {
        let newest = self.latest_up_to(origin, u64::MAX)?;
        Ok(newest.map(|filed| filed.text))
    }

    fn latest_up_to(&self, origin: &Origin, size: u64) -> Result<Option<Filed>, AnchorError> {
        let Some(size) = self.largest(&self.folder(origin), size)? else {
            return Ok(None);
        };
        let held = self.oldest(&self.key(origin, size))?;
        let text = held.map(|held| held.text).unwrap_or_default();
        Ok(Some(Filed { size, text }))
    }
}

impl fmt::Debug for S3Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Anchor")
            .field("name", &self.name)
            .field("mode", &self.mode.as_str())
            .finish_non_exhaustive()
    }
}

/// A version of an object, and its lock; the text is empty if it is too long or none.
#[derive(Default)]
struct Held {
    text: String,
    mode: Option<ObjectLockMode>,
    until: Option<DateTime>,
}

/// The longest note there is.
const LONGEST: i64 = 262_144;
