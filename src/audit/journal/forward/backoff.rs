//! How long to wait after a failure.

use core::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Backoff {
    /// After so many failures in a row, at least one: anything up to the doubled time, so that many who
    /// failed at once do not come back at once.
    pub(super) fn after(self, failures: u32) -> Duration {
        let mut random = [0; 4];
        // Without randomness, everybody waits the whole time.
        let share = match getrandom::fill(&mut random) {
            Ok(()) => u32::from_le_bytes(random),
            Err(_) => u32::MAX,
        };
        self.at_most(failures)
            .mul_f64(f64::from(share) / f64::from(u32::MAX))
    }

    fn at_most(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_the_longest() {
        let backoff = Backoff {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(60),
        };
        for (failures, millis) in [
            (1, 100),
            (2, 200),
            (5, 1600),
            (10, 51_200),
            (11, 60_000),
            (u32::MAX, 60_000),
        ] {
            assert_eq!(backoff.at_most(failures), Duration::from_millis(millis));
            assert!(backoff.after(failures) <= backoff.at_most(failures));
        }
        let waits: Vec<_> = (0..8).map(|_| backoff.after(11)).collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
