//! How every request is made: bounded, off the caller's runtime, and in no log.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::time::Duration;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};

use aws_sdk_s3::Client;
use aws_sdk_s3::Config;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use tokio::runtime::Handle;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// Makes requests on a runtime, for callers that are on none.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) limits: Limits,
    runtime: Handle,
}

impl Caller {
    pub(super) fn new(client: Client, runtime: Handle) -> Self {
        Self {
            client,
            limits: Limits::default(),
            runtime,
        }
    }

    /// Waits for an answer.
    pub(super) fn wait<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: ProvideErrorMetadata,
    {
        self.wait_for(async { request.await.map_err(Failure::of) })
    }

    /// Waits for whatever the runtime makes of this; not for a runtime that does not turn, such as one
    /// that ended or one whose only thread is waiting here.
    ///
    /// `Handle::block_on` would panic on a thread of a runtime, and wait for ever where nobody
    /// drives the runtime's sockets and clocks.
    pub(super) fn wait_for<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, receiver) = sync_channel(1);
        let work = async move {
            // Nobody is left to hear it, if this fails.
            let _ = sender.send(work.await);
        };
        // At TRACE the SDK prints headers.
        let task = self
            .runtime
            .spawn(work.with_subscriber(NoSubscriber::new()));
        let answer = receiver.recv_timeout(self.limits.total.saturating_add(GRACE));
        match answer {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                task.abort();
                Err(Failure::Lost)
            }
        }
    }
}

/// For how long after its own end a request is waited for.
const GRACE: Duration = Duration::from_millis(500);

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
            attempt: Duration::from_secs(5),
            total: Duration::from_secs(20),
            first_backoff: Duration::from_millis(50),
            longest_backoff: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// What differs in one request from the application's client.
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

/// Why there is no answer, as far as it matters.
#[derive(Debug)]
pub(super) enum Failure {
    /// The service said so.
    Answered {
        code: Option<String>,
        status: Option<u16>,
    },
    /// The request could not be made: options that contradict each other.
    Unmade,
    /// There was no answer, or none that could be read, in time.
    Lost,
}

impl Failure {
    pub(super) fn of<E: ProvideErrorMetadata>(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::ConstructionFailure(_) => Self::Unmade,
            SdkError::DispatchFailure(failure) if failure.is_user() => Self::Unmade,
            SdkError::ServiceError(_) => Self::Answered {
                code: error.code().map(ToOwned::to_owned),
                status: error
                    .raw_response()
                    .map(|response| response.status().as_u16()),
            },
            _ => Self::Lost,
        }
    }

    pub(super) fn has_code(&self, expected: &str) -> bool {
        matches!(self, Self::Answered { code: Some(code), .. } if code == expected)
    }
}
