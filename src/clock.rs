//! Time, injectable.

use alloc::sync::Arc;
use core::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Tells the time twice: the wall clock for what is recorded and stated, the monotonic one for
/// what has elapsed even when somebody turns the wall clock back.
pub trait Clock: Debug + Send + Sync {
    /// The wall clock.
    fn wall(&self) -> SystemTime;

    /// Time elapsed since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn wall(&self) -> SystemTime {
        (**self).wall()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }
}

/// The operating system's clocks.
///
/// The monotonic one is the coarse one where there is such a thing: it moves every few milliseconds,
/// and reading it takes a quarter of the time (9 for 38 ns, once an action and once a look-up of a
/// key; `docs/performance.md`).
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: coarsetime::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            origin: coarsetime::Instant::now_without_cache_update(),
        }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        // Its `elapsed` would write to memory that all threads share.
        coarsetime::Instant::now_without_cache_update()
            .duration_since(self.origin)
            .into()
    }
}

/// A clock that stands still until it is moved: for testing expiry without waiting.
///
/// # Example
///
/// ```
/// use phi_seal::access::{Clock, ManualClock};
/// use std::time::{Duration, SystemTime};
///
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.wall(), SystemTime::UNIX_EPOCH + Duration::from_secs(60));
/// clock.set_wall(SystemTime::UNIX_EPOCH);
/// assert_eq!(clock.monotonic(), Duration::from_secs(60));
/// ```
#[derive(Debug)]
pub struct ManualClock(Mutex<(SystemTime, Duration)>);

impl ManualClock {
    /// A clock that shows `wall`.
    pub const fn new(wall: SystemTime) -> Self {
        Self(Mutex::new((wall, Duration::ZERO)))
    }

    /// Moves both clocks on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now();
        now.0 += by;
        now.1 += by;
    }

    /// Sets the wall clock, back or forth, as an operator could.
    pub fn set_wall(&self, wall: SystemTime) {
        self.now().0 = wall;
    }

    fn now(&self) -> std::sync::MutexGuard<'_, (SystemTime, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> SystemTime {
        self.now().0
    }

    fn monotonic(&self) -> Duration {
        self.now().1
    }
}
