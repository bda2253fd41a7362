//! How many requests the API takes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many requests in each second, counted from its beginning; the others are told when the next one begins.
#[derive(Debug)]
pub(crate) struct Limit {
    per_second: u32,
    /// Since when is counted, and how many there were.
    window: Mutex<(Instant, u32)>,
}

const SECOND: Duration = Duration::from_secs(1);

impl Limit {
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            per_second,
            window: Mutex::new((Instant::now(), 0)),
        }
    }

    /// Takes a request, unless it is one too many.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, taken) = &mut *window;
        if now.saturating_duration_since(*since) >= SECOND {
            (*since, *taken) = (now, 0);
        }
        *taken += u32::from(*taken < u32::MAX);
        *taken <= self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_share() {
        let limit = Limit::new(2);
        let now = Instant::now() + SECOND;
        let taken = |after: u64| limit.take(now + Duration::from_millis(after));
        assert_eq!([0, 10, 999].map(taken), [true, true, false]);
        assert_eq!(
            [1000, 1500, 1999, 2000].map(taken),
            [true, true, false, true]
        );
    }
}
