//! So many bytes per second, in small slices.

use std::time::Duration;

use tokio::time::{self, Instant};

/// What is written at once without a rate: enough that the calls do not matter, and little enough that no other
/// connection waits for long.
const SLICE: usize = 256 * 1024;
/// With a rate, a slice is what belongs to so many parts of a second.
const SLICES_PER_SECOND: u64 = 100;
/// How much of a delay is made up for afterwards. Beyond it, a client that paused would get a burst.
const CATCH_UP: Duration = Duration::from_millis(50);

/// The speed of one connection.
pub(crate) struct Pace {
    rate: Option<u64>,
    due: Instant,
}

impl Pace {
    /// `rate` is in bytes per second; 0 counts as 1.
    pub(crate) fn new(rate: Option<u64>) -> Self {
        Self {
            rate: rate.map(|rate| rate.max(1)),
            due: Instant::now(),
        }
    }

    /// How many bytes to write at once at the most.
    pub(crate) fn slice(&self) -> usize {
        self.rate.map_or(SLICE, |rate| {
            let slice = (rate / SLICES_PER_SECOND).max(1);
            usize::try_from(slice).map_or(SLICE, |slice| slice.min(SLICE))
        })
    }

    /// Waits until the next slice may be written.
    pub(crate) async fn wait(&mut self) {
        if self.rate.is_none() {
            return;
        }
        let now = Instant::now();
        self.due = self.due.max(now.checked_sub(CATCH_UP).unwrap_or(now));
        // The timer is no finer than a millisecond; since what is due is reckoned from what was due, and not from
        // now, that adds up to nothing.
        time::sleep_until(self.due).await;
    }

    /// So many bytes were written.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        if let Some(rate) = self.rate {
            self.due += Duration::from_secs_f64(bytes as f64 / rate as f64);
        }
    }
}
