//! How long exports take, as far as earlier ones tell.

use std::time::{Duration, Instant};

/// About how long the next export will take. It is asked about when that is over: sooner would be in vain, and later a
/// loss of time. Each one that was done by then lets the next be asked about a little sooner, and each that was not,
/// later: so that about one in five is asked about twice.
#[derive(Debug, Default)]
pub struct Expectation(Option<Duration>);

const SOONER: f64 = 0.95;
const LATER: f64 = 1.2;

impl Expectation {
    pub fn get(&self) -> Option<Duration> {
        self.0
    }

    /// An export was done, or not, when it was first asked about, with this expected then; it was created at that
    /// moment, and is done now.
    pub fn learn(&mut self, expected: Option<Duration>, was_done: bool, created: Instant) {
        self.0 = Some(match (expected, self.0) {
            // The first to be done: asking more than once has told how long it takes.
            (None, None) => created.elapsed(),
            // What began before that tells no more.
            (None, Some(known)) => known,
            (Some(expected), known) => {
                let known = known.unwrap_or(expected);
                known.mul_f64(if was_done { SOONER } else { LATER })
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_to_what_exports_take() {
        let (mut expectation, takes) = (
            Expectation(Some(Duration::from_secs(30))),
            Duration::from_secs(4),
        );
        let mut twice = 0;
        for _ in 0..500 {
            let expected = expectation.get();
            let was_done = expected.is_some_and(|expected| expected >= takes);
            twice += u32::from(!was_done);
            expectation.learn(expected, was_done, Instant::now());
        }
        let expected = expectation.get().unwrap().as_secs_f64();
        assert!((3.2..=5.0).contains(&expected), "{expected}");
        assert!((80..=130).contains(&twice), "{twice}");
    }
}
