//! Whether bytes arrive fast enough.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// How fast bytes arrive: measured while they are waited for, so that a slow disk is not the server's fault.
pub(crate) struct Rate {
    least: u64,
    window: Duration,
    bytes: u64,
    waited: Duration,
}

impl Rate {
    pub(crate) fn new((least, window): (u64, Duration)) -> Self {
        Self {
            least,
            window,
            bytes: 0,
            waited: Duration::ZERO,
        }
    }

    /// So many bytes have come after so long. Fails at the end of a window in which there were too few.
    pub(crate) fn arrived(&mut self, bytes: u64, waited: Duration) -> Result<(), Error> {
        self.bytes += bytes;
        self.waited += waited;
        if self.waited < self.window {
            return Ok(());
        }
        if (self.bytes as f64) < self.least as f64 * self.waited.as_secs_f64() {
            let message = format!(
                "the storage host sent {} bytes in {:.0} s, fewer than {} bytes/s",
                self.bytes,
                self.waited.as_secs_f64(),
                self.least
            );
            return Err(Error::new(ErrorKind::Interrupted, message));
        }
        *self = Self::new((self.least, self.window));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_window_with_too_few_bytes_fails() {
        let mut rate = Rate::new((100, 10 * SECOND));
        // Slow at first, but not over the whole of it.
        assert!(rate.arrived(1, 9 * SECOND).is_ok());
        assert!(rate.arrived(999, SECOND).is_ok());
        // The next window counts for itself.
        assert!(rate.arrived(900, 9 * SECOND).is_ok());
        let error = rate.arrived(99, SECOND).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the storage host sent 999 bytes in 10 s, fewer than 100 bytes/s"
        );
    }

    #[test]
    fn nothing_is_too_slow_for_no_rate() {
        let mut rate = Rate::new((0, SECOND));
        for _ in 0..10 {
            assert!(rate.arrived(0, 100 * SECOND).is_ok());
        }
        let mut rate = Rate::new((1, Duration::ZERO));
        assert!(rate.arrived(1, Duration::ZERO).is_ok());
    }
}
