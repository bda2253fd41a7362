//! Waiting for one's turn at the API.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::pace::Pace;

/// The turns of all calls of a client, first come, first served.
#[derive(Debug)]
pub(crate) struct Turns {
    pace: Mutex<Pace>,
    /// Whoever has it is next. Tokio's is fair, and one who goes away while waiting leaves no gap.
    queue: tokio::sync::Mutex<()>,
}

impl Turns {
    pub(crate) fn new(max_rate: Option<f64>) -> Self {
        Self {
            pace: Mutex::new(Pace::new(max_rate)),
            queue: tokio::sync::Mutex::new(()),
        }
    }

    /// Waits until a request may be sent, and says how long that took.
    pub(crate) async fn wait(&self) -> Duration {
        let came = Instant::now();
        if self.pace().is_free(came) {
            return Duration::ZERO;
        }
        let _next = self.queue.lock().await;
        loop {
            // Asked again after each sleep: somebody may have been refused meanwhile.
            let turn = self.pace().take(Instant::now());
            match turn {
                Ok(()) => return came.elapsed(),
                Err(later) => sleep_until(later).await,
            }
        }
    }

    /// See [`Pace::passed`].
    pub(crate) fn passed(&self, sent: Instant) {
        self.pace().passed(sent);
    }

    /// See [`Pace::refused`].
    pub(crate) fn refused(&self, sent: Instant, asked: Option<Duration>) {
        self.pace().refused(sent, Instant::now(), asked);
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        // What a panic elsewhere has left is no worse than none.
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
