//! How long a download goes on: what is counted, and when it is enough. Pure.

use std::time::Duration;

/// What `Retry-After` may ask for, all in all, while nothing arrives.
const SLOW_DOWN_BUDGET: Duration = Duration::from_secs(60);

/// Longer than anybody waits, and short enough for every clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Limits that a user sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Failures in a row without progress.
    pub(crate) attempts: u32,
    pub(crate) first_delay: Duration,
    pub(crate) longest_delay: Duration,
}

/// What has gone wrong since the last progress.
///
/// Progress are bytes above the highest mark so far: a server that makes a download start over again and
/// again sends bytes, too.
#[derive(Debug)]
pub(crate) struct Patience {
    limits: Limits,
    /// The most bytes that there ever were.
    mark: u64,
    failures: u32,
    slowed: Duration,
    may_renew: bool,
}

impl Patience {
    /// For a download of which `mark` bytes are there already.
    pub(crate) fn new(limits: Limits, mark: u64) -> Self {
        Self {
            limits,
            mark,
            failures: 0,
            slowed: Duration::ZERO,
            may_renew: true,
        }
    }

    /// So many bytes are there now.
    pub(crate) fn have(&mut self, bytes: u64) {
        if bytes > self.mark {
            *self = Self::new(self.limits, bytes);
        }
    }

    /// How long to wait after a failure, which asked for at least so much; none if it was the last.
    ///
    /// Being asked to slow down is no failure, but has a budget of its own.
    pub(crate) fn failed(&mut self, asked: Duration) -> Option<Duration> {
        let slowed = self.slowed.saturating_add(asked);
        if slowed > SLOW_DOWN_BUDGET {
            return None;
        }
        self.slowed = slowed;
        if asked.is_zero() {
            self.failures += 1;
            if self.failures >= self.limits.attempts {
                return None;
            }
        }
        Some(self.delay().max(asked).min(LONGEST))
    }

    /// Whether a fresh link may be asked for: once, until there is progress.
    pub(crate) fn refused(&mut self) -> bool {
        std::mem::take(&mut self.may_renew)
    }

    /// Between the first delay and twice as much for each failure, anywhere in between.
    fn delay(&self) -> Duration {
        let Limits {
            first_delay,
            longest_delay,
            ..
        } = self.limits;
        let ceiling = first_delay
            .saturating_mul(1 << self.failures.min(16))
            .min(longest_delay);
        let span = ceiling.saturating_sub(first_delay);
        first_delay.min(ceiling) + span.mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn patience() -> Patience {
        let limits = Limits {
            attempts: 3,
            first_delay: SECOND,
            longest_delay: 10 * SECOND,
        };
        Patience::new(limits, 100)
    }

    #[test]
    fn failures_count_until_there_is_progress() {
        let mut patience = patience();
        for bytes in [101, 150, 151] {
            patience.have(bytes);
            assert!(patience.failed(Duration::ZERO).is_some());
            // Up to the mark is no progress, however often.
            patience.have(0);
            patience.have(bytes);
            assert!(patience.failed(Duration::ZERO).is_some());
        }
        assert_eq!(patience.failed(Duration::ZERO), None);
    }

    #[test]
    fn being_slowed_down_is_no_failure_but_has_an_end() {
        let mut patience = patience();
        for _ in 0..60 {
            let delay = patience.failed(SECOND).unwrap();
            assert!(delay >= SECOND);
        }
        assert_eq!(patience.failed(SECOND), None);
        patience.have(101);
        assert_eq!(patience.failed(61 * SECOND), None);
        assert_eq!(patience.failed(Duration::MAX), None);
        assert!(patience.failed(60 * SECOND).unwrap() >= 60 * SECOND);
    }

    #[test]
    fn delays_grow_within_their_bounds() {
        let mut patience = patience();
        for (failures, longest) in [(1, 2), (2, 4), (3, 8), (4, 10), (40, 10)] {
            patience.failures = failures;
            for _ in 0..100 {
                let delay = patience.delay();
                assert!(delay >= SECOND && delay <= longest * SECOND, "{delay:?}");
            }
        }
    }

    #[test]
    fn a_link_is_renewed_once_until_there_is_progress() {
        let mut patience = patience();
        assert!(patience.refused());
        assert!(!patience.refused());
        patience.have(100);
        assert!(!patience.refused());
        patience.have(101);
        assert!(patience.refused());
    }
}
