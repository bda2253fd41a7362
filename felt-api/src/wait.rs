//! Waiting for an export.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::retry::{passing, slow_down};
use crate::{Error, ErrorKind, Export, ExportState, ExportStatus, FinishedExport, Retry};

/// A poll follows the last one after this share of the time already waited ...
const SHARE: f64 = 0.18;
/// ... but not sooner and not later than this, ...
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(45);
/// ... give or take this share of it, so that many clients do not ask in step.
const JITTER: f64 = 0.1;

/// The most that one `Retry-After` is followed.
const LONGEST_SLOW_DOWN: Duration = Duration::from_secs(60);
/// How long a new export may be unknown to the server that is asked: replicas lag.
const GRACE: Duration = Duration::from_secs(10);
/// How long `completed` may come without a link.
const LINK_PATIENCE: Duration = Duration::from_secs(60);

type OnStatus<'a> = Box<dyn FnMut(&ExportStatus) + Send + 'a>;

/// The wait for an [`Export`]: awaiting it gives the [`FinishedExport`].
///
/// The server is asked at once, and then after 0.18 of the time already waited, at least half a second
/// and at most 45 seconds, give or take a tenth: an export that takes an hour is asked about some
/// dozens of times, and one that takes seconds is not kept waiting. `Retry-After` is honoured.
///
/// A question that gets no answer, or 408, 429, 500, 502, 503 or 504, does not by itself end the wait, unless
/// that goes on for longer than [`tolerate`](Self::tolerate); nor does a 404 within ten seconds of the
/// creation. An unknown status keeps it waiting. `completed` without a link is asked about for another
/// minute.
///
/// Dropping the future stops nothing on the server.
///
/// # Errors
///
/// - [`ExportFailed`](ErrorKind::ExportFailed): Felt says so.
/// - [`WaitTimeout`](ErrorKind::WaitTimeout): it is not finished within [`timeout`](Self::timeout).
/// - Any other kind: asking failed, for good or for too long.
///
/// [`Error::export`] is the export's handle in each of them.
#[must_use = "a wait does nothing before it is awaited"]
pub struct Wait<'a> {
    export: &'a Export,
    timeout: Duration,
    tolerate: Duration,
    shortest: Duration,
    longest: Duration,
    on_status: OnStatus<'a>,
}

impl<'a> Wait<'a> {
    pub(crate) fn new(export: &'a Export) -> Self {
        Self {
            export,
            timeout: Duration::from_secs(60 * 60),
            tolerate: Duration::from_secs(2 * 60),
            shortest: SHORTEST,
            longest: LONGEST,
            on_status: Box::new(|_| {}),
        }
    }

    /// How long to wait altogether. Default: one hour. The last question is asked when it is over,
    /// unless the server asked not to be asked before then; its answer may take as long as that of any
    /// other question.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// For how long questions may go unanswered. Default: two minutes.
    pub fn tolerate(mut self, outage: Duration) -> Self {
        self.tolerate = outage;
        self
    }

    /// The shortest and the longest time between two questions. Default: 0.5 s and 45 s.
    pub fn interval(mut self, shortest: Duration, longest: Duration) -> Self {
        self.shortest = shortest;
        self.longest = longest.max(shortest);
        self
    }

    /// Calls `on_status` with each status that the server gives, the last one included.
    pub fn on_status(mut self, on_status: impl FnMut(&ExportStatus) + Send + 'a) -> Self {
        self.on_status = Box::new(on_status);
        self
    }

    async fn run(mut self) -> Result<FinishedExport, Error> {
        let handle = self.export.handle();
        let started = Instant::now();
        let mut polls = 0;
        let mut last = None;
        let mut outage: Option<(Instant, u32)> = None;
        let mut completed: Option<Instant> = None;
        loop {
            // The one that is asked when time is up is the last.
            let last_chance = started.elapsed() >= self.timeout;
            let answer = self.export.ask().await;
            polls += 1;
            let mut trouble = None;
            // What the server asks for, and what trouble makes wise.
            let (asked, backoff) = match answer {
                Ok(answer) => {
                    outage = None;
                    let status = answer.value;
                    (self.on_status)(&status);
                    match (status.state(), status.download_url()) {
                        (ExportState::Completed, Some(url)) => {
                            return Ok(self.export.finished(url));
                        }
                        (ExportState::Completed, None) => {
                            let since = *completed.get_or_insert_with(Instant::now);
                            if since.elapsed() >= LINK_PATIENCE {
                                return Err(Error::new(
                                    ErrorKind::UnexpectedResponse,
                                    format!("export {handle} is completed, but the server gives no download link"),
                                )
                                .for_export(handle)
                                .tried(polls, started.elapsed()));
                            }
                        }
                        (ExportState::Failed, _) => {
                            return Err(Error::new(
                                ErrorKind::ExportFailed,
                                format!("Felt says that export {handle} failed"),
                            )
                            .for_export(handle));
                        }
                        _ => completed = None,
                    }
                    last = Some(status.state().clone());
                    (answer.retry_after.unwrap_or_default(), Duration::ZERO)
                }
                Err(error) if slow_down(&error).is_some() => {
                    (slow_down(&error).unwrap_or_default(), Duration::ZERO)
                }
                Err(error) if self.may_pass(&error, last.is_some()) => {
                    let (since, failures) = outage.unwrap_or((Instant::now(), 0));
                    if since.elapsed() >= self.tolerate {
                        return Err(error.tried(polls, started.elapsed()));
                    }
                    outage = Some((since, failures + 1));
                    let asked = error.retry_after().unwrap_or_default();
                    trouble = Some(error);
                    (asked, Retry::default().delay(failures + 1))
                }
                Err(error) => return Err(error),
            };
            let left = self.timeout.saturating_sub(started.elapsed());
            let asked = asked.min(LONGEST_SLOW_DOWN);
            if last_chance || asked > left {
                let ended = self.patience_ended(last, polls, started.elapsed());
                return Err(match trouble {
                    Some(error) => ended.with_source(error),
                    None => ended,
                });
            }
            let waited = match completed {
                // Nearly done: ask as often as in the beginning.
                Some(since) => since.elapsed(),
                None => self.export.created().unwrap_or(started).elapsed(),
            };
            let delay = self.interval_after(waited).max(asked).max(backoff);
            sleep(delay.min(left)).await;
        }
    }

    fn interval_after(&self, waited: Duration) -> Duration {
        let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
        waited
            .mul_f64(SHARE)
            .clamp(self.shortest, self.longest)
            .mul_f64(jitter)
    }

    /// Whether the next question may be answered although this one was not.
    fn may_pass(&self, error: &Error, seen: bool) -> bool {
        let new = |created: Instant| !seen && created.elapsed() < GRACE;
        match error.kind() {
            ErrorKind::NotFound => self.export.created().is_some_and(new),
            _ => passing(error),
        }
    }

    fn patience_ended(&self, last: Option<ExportState>, polls: u32, elapsed: Duration) -> Error {
        let handle = self.export.handle();
        let state = match last {
            Some(state) => format!("still {state}"),
            None => "of unknown status".to_string(),
        };
        Error::new(
            ErrorKind::WaitTimeout,
            format!(
                "export {handle} is {state} after {:.0} s ({polls} polls); it goes on, and can be resumed",
                elapsed.as_secs_f64()
            ),
        )
        .for_export(handle)
    }
}

impl<'a> IntoFuture for Wait<'a> {
    type Output = Result<FinishedExport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("export", self.export.handle())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
