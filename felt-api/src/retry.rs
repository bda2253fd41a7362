//! When to try again, and when to stop.

use std::future::Future;
use std::time::Duration;

use felt_download::trace;
use tokio::time::{Instant, sleep};

use crate::turns::Turns;
use crate::{Error, ErrorKind};

/// A server that asks for 0 seconds for ever uses up the budget all the same.
const SHORTEST_SLOW_DOWN: Duration = Duration::from_millis(100);

/// How hard one call is tried. It is the only layer of retries: nothing below repeats a request.
///
/// A failed attempt is followed by a random delay between nothing and [`first_delay`] doubled for each
/// failure (full jitter), at most [`longest_delay`], and no less than `Retry-After`. With 429 and 503
/// what the server asks for comes on top of the budget, and is no failure: being slowed down is not an
/// error to count. If the next attempt would come too late, the call fails at once.
///
/// A call may also have to wait for its turn, where the server has slowed down this client
/// ([its pace](crate::Client#pace)). That is neither a failure nor part of either budget.
///
/// [`first_delay`]: Self::first_delay
/// [`longest_delay`]: Self::longest_delay
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Retry {
    /// Attempts after the first. Default: 4.
    pub retries: u32,
    /// The time within which the last attempt has to begin. Default: 15 s.
    pub budget: Duration,
    /// The bound of the first delay. Default: 0.5 s.
    pub first_delay: Duration,
    /// The bound of every delay. Default: 8 s.
    pub longest_delay: Duration,
    /// What `Retry-After` may ask for, all in all, each time counted as the usual delay at least. Default:
    /// 60 s.
    pub slow_down_budget: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            retries: 4,
            budget: Duration::from_secs(15),
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(8),
            slow_down_budget: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// No second attempt, whatever happens.
    pub fn never() -> Self {
        Self {
            retries: 0,
            slow_down_budget: Duration::ZERO,
            ..Self::default()
        }
    }

    /// Full jitter: anything from nothing to the bound, which doubles with each failure.
    pub(crate) fn delay(&self, failures: u32) -> Duration {
        self.first_delay
            .saturating_mul(1 << failures.saturating_sub(1).min(16))
            .min(self.longest_delay)
            .mul_f64(fastrand::f64())
    }

    /// Calls until it succeeds, until `worth_it` says no, or until the budget is spent; each time when its
    /// turn has come.
    pub(crate) async fn run<T, F>(
        &self,
        turns: &Turns,
        mut worth_it: impl FnMut(&Error) -> bool,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let started = Instant::now();
        let (mut attempts, mut failures) = (0, 0);
        // What servers have asked for, and how long they, and turns, were waited for.
        let (mut slowed, mut slept) = (Duration::ZERO, Duration::ZERO);
        loop {
            slept = slept.saturating_add(turns.wait().await);
            let result = call().await;
            attempts += 1;
            let error = match result {
                Ok(value) => {
                    tell(attempts, None, None);
                    return Ok(value);
                }
                Err(error) => error,
            };
            let delay = worth_it(&error)
                .then(|| match slow_down(&error) {
                    Some(asked) => {
                        let counted = asked.max(self.delay(attempts)).max(SHORTEST_SLOW_DOWN);
                        // Jitter on top, or everybody who was told the same comes back at once.
                        let delay = counted.saturating_add(self.delay(1));
                        slowed = slowed.saturating_add(counted);
                        slept = slept.saturating_add(delay);
                        (slowed <= self.slow_down_budget).then_some(delay)
                    }
                    None => {
                        failures += 1;
                        let asked = error.retry_after().unwrap_or_default();
                        let delay = self.delay(failures).max(asked);
                        let spent = started.elapsed().saturating_sub(slept);
                        let in_time = spent.saturating_add(delay) <= self.budget;
                        (failures <= self.retries && in_time).then_some(delay)
                    }
                })
                .flatten();
            tell(attempts, Some(&error), delay);
            match delay {
                Some(delay) => sleep(delay).await,
                None => return Err(error.tried(attempts, started.elapsed())),
            }
        }
    }
}

/// Tells of an attempt that is over, and of the time until the next.
pub(crate) fn tell(attempt: u32, error: Option<&Error>, delay: Option<Duration>) {
    let status = error.map_or(Some(200), Error::status);
    trace::attempt(attempt, status, error.map(|error| error as _), delay);
}

/// What the server asks to wait, where that is the whole problem.
pub(crate) fn slow_down(error: &Error) -> Option<Duration> {
    match error.status() {
        Some(429 | 503) => error.retry_after(),
        _ => None,
    }
}

/// Whether the request was one too many, by all that the server says. (503 with `Retry-After` is about the server's
/// own trouble: it says nothing about how many are too many.)
pub(crate) fn too_many(error: &Error) -> bool {
    error.kind() == ErrorKind::RateLimited
}

/// Whether a question is worth asking again: passing trouble between us and an answer.
pub(crate) fn passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::RateLimited | ErrorKind::Unreachable => true,
        ErrorKind::Server => may_pass(error.status()),
        _ => false,
    }
}

/// Whether the next answer may be another than this status, or than none.
pub(crate) fn may_pass(status: Option<u16>) -> bool {
    matches!(status, None | Some(408 | 429 | 500 | 502 | 503 | 504))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<u64>) -> Error {
        let kind = if status == 429 {
            ErrorKind::RateLimited
        } else {
            ErrorKind::Server
        };
        Error::new(kind, "x")
            .with_status(status)
            .with(|error| error.retry_after = retry_after.map(Duration::from_secs))
    }

    /// Runs against answers that come in order, the last one for ever; returns calls and seconds.
    async fn tried(retry: Retry, answers: &[(u16, Option<u64>)]) -> (Result<(), u16>, u32, f64) {
        let started = Instant::now();
        let mut calls = 0;
        let result = retry
            .run(&Turns::new(None), passing, || {
                let next = answers[(calls as usize).min(answers.len() - 1)];
                calls += 1;
                async move {
                    match next {
                        (200, _) => Ok(()),
                        (status, wait) => Err(answer(status, wait)),
                    }
                }
            })
            .await;
        let result = result.map_err(|error| error.status().unwrap());
        (result, calls, started.elapsed().as_secs_f64())
    }

    #[tokio::test(start_paused = true)]
    async fn four_retries_within_the_budget() {
        for _ in 0..50 {
            let (result, calls, seconds) = tried(Retry::default(), &[(500, None)]).await;
            assert_eq!((result, calls), (Err(500), 5));
            assert!(seconds <= 7.6, "{seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn being_slowed_down_is_no_failure() {
        let slow = (429, Some(5));
        let answers = [slow, slow, slow, slow, slow, slow, slow, (200, None)];
        let retry = Retry {
            longest_delay: Duration::from_millis(500),
            ..Retry::default()
        };
        let (result, calls, seconds) = tried(retry, &answers).await;
        assert_eq!((result, calls), (Ok(()), 8));
        // With jitter on top of each.
        assert!((35.01..40.0).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_slows_down_for_ever_is_left() {
        for asked in [0, 1, 7] {
            let (result, calls, seconds) = tried(Retry::default(), &[(503, Some(asked))]).await;
            assert_eq!(result, Err(503));
            assert!(
                (2..60).contains(&calls) && seconds <= 69.0,
                "{asked}: {calls} calls, {seconds} s"
            );
        }
        // More than there is patience for: not even one wait.
        let (_, calls, seconds) = tried(Retry::default(), &[(429, Some(3600))]).await;
        assert_eq!((calls, seconds), (1, 0.0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_is_given_to_the_last_second_and_never_more() {
        let halves = [(429, Some(30)), (503, Some(30)), (200, None)];
        assert_eq!(tried(Retry::default(), &halves).await.0, Ok(()));
        let (result, _, seconds) = tried(Retry::default(), &[(429, Some(60)), (200, None)]).await;
        assert_eq!(result, Ok(()));
        assert!((60.0..61.0).contains(&seconds), "{seconds}");
        // However much it is, and whatever came before.
        for huge in [61, 86_400, u64::MAX] {
            let answers = [
                (429, Some(0)),
                (429, Some(0)),
                (503, Some(huge)),
                (200, None),
            ];
            let (result, calls, seconds) = tried(Retry::default(), &answers).await;
            assert!(result.is_err() && calls == 3 && seconds < 3.0, "{huge}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_with_retry_after_is_given_that_time() {
        let answers = [(500, Some(3)), (502, Some(3)), (200, None)];
        let (result, _, seconds) = tried(Retry::default(), &answers).await;
        assert_eq!(result, Ok(()));
        assert!((6.0..7.0).contains(&seconds), "{seconds}");
        // It is a failure all the same, and the budget holds.
        assert_eq!(tried(Retry::default(), &[(500, Some(16))]).await.1, 1);
        assert_eq!(tried(Retry::default(), &[(500, Some(0))]).await.1, 5);
    }

    /// At one request each twenty seconds five attempts take longer than the budget, and are made.
    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_turn_uses_up_nothing() {
        let (turns, mut calls) = (Turns::new(Some(0.05)), 0);
        let retry = Retry::default();
        let attempts = retry.run(&turns, passing, || {
            calls += 1;
            async { Err::<(), _>(answer(500, None)) }
        });
        let error = attempts.await.unwrap_err();
        assert_eq!((calls, error.attempts()), (5, 5));
        assert!(error.elapsed() > Duration::from_secs(79), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_is_not_repeated() {
        for status in [501, 505] {
            assert_eq!(tried(Retry::default(), &[(status, None)]).await.1, 1);
        }
        assert_eq!(tried(Retry::never(), &[(500, None)]).await.1, 1);
        assert_eq!(tried(Retry::never(), &[(429, Some(0))]).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_attempts_use_up_the_budget() {
        let retry = Retry::default();
        let mut calls = 0;
        let result: Result<(), Error> = retry
            .run(&Turns::new(None), passing, || {
                calls += 1;
                async {
                    sleep(Duration::from_secs(10)).await;
                    Err(Error::new(ErrorKind::Unreachable, "no answer"))
                }
            })
            .await;
        assert!(result.is_err());
        // 10 s, a delay, 10 s: the third would begin past the 15 s.
        assert_eq!(calls, 2);
    }
}
