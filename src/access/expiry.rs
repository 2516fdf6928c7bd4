//! When a session ends by itself.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::credentials::Access;
use crate::clock::Clock;

/// How long a session may be idle, and how old it may get (45 CFR 164.312(a)(2)(iii), automatic
/// logoff).
///
/// Once a session is admitted, both are judged by the wall clock *and* by the monotonic one,
/// whichever has moved further: turning the wall clock back lengthens no session, and neither
/// does suspending the machine. At admission, what the [`Access`] states is judged by the wall
/// clock alone; a start or activity that lies more than a minute ahead of it is refused as
/// expired, because the clock was turned back or the statement is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The longest pause between two actions. 15 minutes by default.
    pub idle: Duration,
    /// The longest time from the session's start. 12 hours by default.
    pub max_age: Duration,
}

impl Default for Expiry {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(15 * 60),
            max_age: Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// What a session has lived through, as its clock saw it. Times are nanoseconds since admission.
#[derive(Debug)]
pub(crate) struct Activity {
    admitted_wall: SystemTime,
    admitted_monotonic: Duration,
    age_at_admission: Duration,
    last_wall: AtomicU64,
    last_monotonic: AtomicU64,
    has_expired: AtomicBool,
}

impl Activity {
    /// A session admitted now, or `None` if it has expired by what the access states.
    pub(crate) fn admit(access: &Access, expiry: Expiry, clock: &dyn Clock) -> Option<Self> {
        let now = clock.wall();
        let since = |stated: SystemTime| match now.duration_since(stated) {
            Ok(elapsed) => Some(elapsed),
            Err(ahead) => (ahead.duration() <= CLOCK_SKEW).then_some(Duration::ZERO),
        };
        let age = access.session_start().map_or(Some(Duration::ZERO), since)?;
        let idle = access.previous_activity().map_or(Some(age), since)?;
        (age <= expiry.max_age && idle <= expiry.idle).then(|| Self {
            admitted_wall: now,
            admitted_monotonic: clock.monotonic(),
            age_at_admission: age,
            last_wall: AtomicU64::new(0),
            last_monotonic: AtomicU64::new(0),
            has_expired: AtomicBool::new(false),
        })
    }

    /// Counts an action at this moment as activity, unless the session has expired. Returns the
    /// wall clock's time, and whether the session goes on.
    pub(crate) fn touch(&self, expiry: Expiry, clock: &dyn Clock) -> (SystemTime, bool) {
        let (now, noted) = self.judge(expiry, clock);
        if let Some((wall, monotonic)) = noted.filter(|noted| self.idle(*noted) >= RESOLUTION) {
            self.last_wall.store(wall, Ordering::Relaxed);
            self.last_monotonic.store(monotonic, Ordering::Relaxed);
        }
        (now, noted.is_some())
    }

    /// As [`touch`](Activity::touch), without counting as activity.
    pub(crate) fn look(&self, expiry: Expiry, clock: &dyn Clock) -> (SystemTime, bool) {
        let (now, noted) = self.judge(expiry, clock);
        (now, noted.is_some())
    }

    /// The wall clock's time, and how far both clocks have moved, unless that was too far.
    fn judge(&self, expiry: Expiry, clock: &dyn Clock) -> (SystemTime, Option<(u64, u64)>) {
        let now = clock.wall();
        let wall = nanos(now.duration_since(self.admitted_wall).unwrap_or_default());
        let monotonic = nanos(clock.monotonic().saturating_sub(self.admitted_monotonic));
        let age = nanos(self.age_at_admission).saturating_add(wall.max(monotonic));
        if self.idle((wall, monotonic)) > nanos(expiry.idle) || age > nanos(expiry.max_age) {
            // For good: the wall clock may be turned back before the next action.
            self.has_expired.store(true, Ordering::Relaxed);
        }
        let goes_on = !self.has_expired.load(Ordering::Relaxed);
        (now, goes_on.then_some((wall, monotonic)))
    }

    fn idle(&self, (wall, monotonic): (u64, u64)) -> u64 {
        wall.saturating_sub(self.last_wall.load(Ordering::Relaxed))
            .max(monotonic.saturating_sub(self.last_monotonic.load(Ordering::Relaxed)))
    }
}

/// How far the clocks of two servers may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Activity is noted to a tenth of a second, so that threads do not fight over it.
const RESOLUTION: u64 = 100_000_000;

/// Nanoseconds, which a `u64` holds for 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
