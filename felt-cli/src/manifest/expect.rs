//! How long exports take, as far as earlier ones tell.

use std::time::Duration;

/// About how long the next export will take. It is asked about when that is over: sooner would be in vain, and later a
/// loss of time. Each one that was done by then lets the next be asked about a little sooner, and each that was not,
/// later: so that about one in five is asked about twice. Those that were expected to take as long, and end together,
/// count as one.
#[derive(Debug, Default)]
pub struct Expectation {
    now: Option<Duration>,
    /// What the one took that took the longest. More is never expected than a little above that.
    longest: Duration,
}

const SOONER: f64 = 0.95;
const LATER: f64 = 1.2;

impl Expectation {
    pub fn get(&self) -> Option<Duration> {
        self.now
    }

    /// An export was done, or not, when it was first asked about, with this expected then; it has taken so long by
    /// now, and is done.
    pub fn learn(&mut self, expected: Option<Duration>, was_done: bool, took: Duration) {
        if !was_done || expected.is_none() {
            self.longest = self.longest.max(took);
        }
        let next = match (expected, self.now) {
            // The first to be done: asking more than once has told how long it takes.
            (None, None) => took,
            // Of those that began together the one that was asked about first tells best.
            (None, Some(known)) => known.min(took),
            (Some(expected), known) => {
                let known = known.unwrap_or(expected);
                match was_done {
                    true if known == expected => expected.mul_f64(SOONER),
                    true => known,
                    false => known.max(expected.mul_f64(LATER)),
                }
            }
        };
        self.now = Some(next.min(self.longest.mul_f64(LATER)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is expected in the end, and the share of exports that were asked about twice, when so many at a time take
    /// what `takes` says.
    fn settled(together: usize, takes: impl Fn(usize) -> f64) -> (f64, f64) {
        let mut expectation = Expectation::default();
        let (mut twice, rounds) = (0, 500);
        for round in 0..rounds {
            let expected = expectation.get();
            for number in 0..together {
                let takes = Duration::from_secs_f64(takes(round * together + number));
                let was_done = expected.is_some_and(|expected| expected >= takes);
                twice += usize::from(!was_done);
                let took = expected.map_or(takes, |expected| expected.max(takes));
                expectation.learn(expected, was_done, took);
            }
        }
        let all = (rounds * together) as f64;
        (expectation.get().unwrap().as_secs_f64(), twice as f64 / all)
    }

    #[test]
    fn it_comes_to_what_exports_take() {
        for together in [1, 16, 64] {
            let (expected, twice) = settled(together, |_| 4.0);
            assert!((3.6..=4.9).contains(&expected), "{together}: {expected}");
            assert!(twice < 0.3, "{together}: {twice}");
        }
    }

    #[test]
    fn it_never_goes_far_beyond_the_longest() {
        let (expected, _) = settled(16, |number| if number % 4 == 0 { 3.0 } else { 0.5 });
        assert!(expected <= 3.0 * LATER * LATER, "{expected}");
    }
}
