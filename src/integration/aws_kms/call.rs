//! How every call is made: bounded, bound to its context, and in no log.

use alloc::string::String;
use core::time::Duration;
use std::collections::HashMap;

use aws_sdk_kms::Config;
use aws_sdk_kms::config::Builder;
use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::failure::key_error;
use crate::key::{KeyError, WrapContext};

#[derive(Clone)]
pub(super) struct Limits {
    pub(super) attempts: u32,
    pub(super) attempt: Duration,
    pub(super) total: Duration,
    pub(super) first_backoff: Duration,
    pub(super) longest_backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempts: 3,
            attempt: Duration::from_secs(2),
            total: Duration::from_secs(7),
            first_backoff: Duration::from_millis(50),
            longest_backoff: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// What differs in one call from the application's client.
    pub(super) fn config(&self) -> Builder {
        let retries = RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(self.first_backoff)
            .with_max_backoff(self.longest_backoff);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(self.attempt)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.total)
            .build();
        Config::builder()
            .retry_config(retries)
            .timeout_config(timeouts)
    }
}

/// The encryption context. Never empty.
pub(super) fn pairs(context: &WrapContext) -> HashMap<String, String> {
    context
        .opaque_pairs()
        .into_iter()
        .map(|(name, value)| (String::from(name), value))
        .collect()
}

/// Makes the call where no log sees it: at TRACE the SDK can print a request's body.
pub(super) async fn unseen<T, E: ProvideErrorMetadata>(
    call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<T, KeyError> {
    call.with_subscriber(NoSubscriber::new())
        .await
        .map_err(|error| key_error(&error))
}
