//! Asking how far an export is, until it is known how it ended.

use std::sync::Arc;
use std::time::Duration;

use felt_download::{BoxFuture, trace};
use tokio::time::{Instant, sleep, timeout};

use crate::call::{Answer, unanswered};
use crate::retry::{passing, slow_down, tell};
use crate::{Error, ErrorKind, Export, ExportState, ExportStatus, FinishedExport, Retry};

/// Polls are this share of the usual interval earlier or later, so that many clients do not ask in step.
const JITTER: f64 = 0.1;
/// The most that one `Retry-After` is followed.
const LONGEST_SLOW_DOWN: Duration = Duration::from_secs(60);
/// What a question gets when time is up, or nearly so.
const LAST_QUESTION: Duration = Duration::from_secs(5);
/// How long a new export may be unknown to the server that is asked: replicas lag.
const GRACE: Duration = Duration::from_secs(10);
/// How long `completed` may come without a link.
const LINK_PATIENCE: Duration = Duration::from_secs(60);

type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<Answer<ExportStatus>, Error>> + Send + Sync>;

/// What a wait is to do.
#[derive(Clone)]
pub(crate) struct Polling {
    pub(crate) export: Export,
    pub(crate) ask: Ask,
    /// How long the export is expected to take.
    pub(crate) expect: Duration,
    pub(crate) timeout: Duration,
    pub(crate) tolerate: Duration,
    pub(crate) share: f64,
    pub(crate) shortest: Duration,
    pub(crate) longest: Duration,
}

impl Polling {
    pub(crate) fn new(export: &Export) -> Self {
        let asked = export.clone();
        Self {
            export: export.clone(),
            ask: Arc::new(move || {
                let export = asked.clone();
                Box::pin(async move { export.ask().await })
            }),
            expect: Duration::ZERO,
            timeout: Duration::from_secs(60 * 60),
            tolerate: Duration::from_secs(2 * 60),
            share: 0.18,
            shortest: Duration::from_millis(500),
            longest: Duration::from_secs(45),
        }
    }

    /// Whether these settings can work.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let broken = if !(0.0..=10.0).contains(&self.share) {
            "share has to be 0 to 10"
        } else if self.shortest.is_zero() {
            "shortest interval has to be longer than 0"
        } else if self.shortest > self.longest {
            "longest interval is shorter than the shortest"
        } else {
            return Ok(());
        };
        Err(Error::invalid(format!("the wait's {broken}")).for_export(self.export.handle()))
    }

    /// The rule: a share of the time already waited, within bounds, give or take the jitter.
    pub(crate) fn interval_after(&self, waited: Duration) -> Duration {
        let (shortest, longest) = (self.shortest.as_secs_f64(), self.longest.as_secs_f64());
        let usual = (waited.as_secs_f64() * self.share).clamp(shortest, longest);
        jittered(usual).unwrap_or(self.longest)
    }

    /// When the first question follows: at once, or when it is likely to be the only one.
    fn first_delay(&self) -> Duration {
        if self.expect.is_zero() {
            return Duration::ZERO;
        }
        let since = self.export.created.map(|created| created.elapsed());
        jittered(self.expect.as_secs_f64())
            .unwrap_or(self.expect)
            .saturating_sub(since.unwrap_or_default())
            .min(self.timeout)
    }
}

fn jittered(seconds: f64) -> Option<Duration> {
    let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
    Duration::try_from_secs_f64(seconds * jitter).ok()
}

/// What a wait comes upon.
pub(crate) enum Event {
    /// Another status than the last.
    Status(ExportStatus),
    /// Nothing comes after this.
    End(Result<FinishedExport, Error>),
}

/// A wait that has begun.
pub(crate) struct Run {
    polling: Polling,
    span: trace::Span,
    started: Instant,
    polls: u32,
    last: Option<ExportStatus>,
    /// Since when questions go unanswered, and how many.
    outage: Option<(Instant, u32)>,
    /// Since when it is completed.
    completed: Option<Instant>,
    /// What to sleep before the next question.
    delay: Duration,
    /// How it ended, if that is still to be told.
    end: Option<Result<FinishedExport, Error>>,
}

impl Run {
    pub(crate) fn new(polling: Polling) -> Self {
        Self {
            span: trace::span("wait", polling.export.handle()),
            delay: polling.first_delay(),
            polling,
            started: Instant::now(),
            polls: 0,
            last: None,
            outage: None,
            completed: None,
            end: None,
        }
    }

    /// Asks until there is something to tell.
    pub(crate) async fn next_event(&mut self) -> Event {
        trace::within(&self.span.clone(), async {
            loop {
                if let Some(outcome) = self.end.take() {
                    return Event::End(outcome);
                }
                sleep(self.delay).await;
                let before = self.last.clone();
                let outcome = match self.turn().await {
                    true => {
                        let answer = self.ask().await;
                        self.judge(answer)
                    }
                    false => Err(self.patience_ended(None)),
                };
                let outcome = outcome.map_err(|error| {
                    let error = error.for_export(self.polling.export.handle());
                    error.tried(self.polls, self.started.elapsed())
                });
                self.end = outcome.transpose();
                if let Some(outcome) = &self.end {
                    tell(self.polls, outcome.as_ref().err(), None);
                }
                if let Some(status) = self.last.clone().filter(|_| self.last != before) {
                    return Event::Status(status);
                }
            }
        })
        .await
    }

    /// Waits until it may ask, if that is in time. An outage is no longer for it.
    async fn turn(&mut self) -> bool {
        let turn = self.polling.export.turns().wait();
        let Ok(waited) = timeout(self.left().max(LAST_QUESTION), turn).await else {
            return false;
        };
        if let Some((since, _)) = &mut self.outage {
            *since += waited;
        }
        true
    }

    async fn ask(&mut self) -> Result<Answer<ExportStatus>, Error> {
        let until = self.left().max(LAST_QUESTION);
        let answer = timeout(until, (self.polling.ask)()).await;
        self.polls += 1;
        answer.unwrap_or_else(|_| Err(unanswered(until)))
    }

    /// How it ended, or `None` and the delay until it is asked again.
    fn judge(
        &mut self,
        answer: Result<Answer<ExportStatus>, Error>,
    ) -> Result<Option<FinishedExport>, Error> {
        let mut trouble = None;
        // What the server asks for, and what trouble makes wise.
        let (asked, backoff) = match answer {
            Ok(answer) => {
                self.outage = None;
                if let Some(finished) = self.read(answer.value)? {
                    return Ok(Some(finished));
                }
                (answer.retry_after, Duration::ZERO)
            }
            Err(error) if !self.may_pass(&error) => return Err(error),
            Err(error) => {
                let backoff = match slow_down(&error) {
                    Some(_) => Duration::ZERO,
                    None => {
                        let (since, failures) = self.outage.unwrap_or((Instant::now(), 0));
                        if since.elapsed() >= self.polling.tolerate && !self.left().is_zero() {
                            return Err(error);
                        }
                        self.outage = Some((since, failures + 1));
                        Retry::default().delay(failures + 1)
                    }
                };
                let asked = error.retry_after();
                trouble = Some(error);
                (asked, backoff)
            }
        };
        let asked = asked.unwrap_or_default().min(LONGEST_SLOW_DOWN);
        let left = self.left();
        if left.is_zero() || asked > left {
            return Err(self.patience_ended(trouble));
        }
        let waited = match self.completed {
            // Nearly done: ask as often as in the beginning.
            Some(since) => since.elapsed(),
            None => self
                .polling
                .export
                .created
                .unwrap_or(self.started)
                .elapsed(),
        };
        let delay = self.polling.interval_after(waited).max(asked).max(backoff);
        self.delay = delay.min(left);
        tell(self.polls, trouble.as_ref(), Some(self.delay));
        Ok(None)
    }

    /// Of the time that there is for all of it.
    fn left(&self) -> Duration {
        self.polling.timeout.saturating_sub(self.started.elapsed())
    }

    /// What a status says.
    fn read(&mut self, status: ExportStatus) -> Result<Option<FinishedExport>, Error> {
        let export = &self.polling.export;
        let handle = export.handle();
        let status = self.last.insert(status);
        match (status.state(), status.download_url()) {
            (ExportState::Completed, Some(url)) => return export.finished(url).map(Some),
            (ExportState::Completed, None) => {
                let since = *self.completed.get_or_insert_with(Instant::now);
                if since.elapsed() >= LINK_PATIENCE {
                    let message = format!(
                        "export {handle} is completed, but the server gives no download link"
                    );
                    return Err(Error::unexpected(message).with(|error| error.asking = true));
                }
            }
            (ExportState::Failed, _) => {
                let message = format!("Felt says that export {handle} failed");
                return Err(Error::new(ErrorKind::ExportFailed, message));
            }
            _ => self.completed = None,
        }
        Ok(None)
    }

    /// Whether the next question may be answered although this one was not.
    fn may_pass(&self, error: &Error) -> bool {
        let new = |created: Instant| self.last.is_none() && created.elapsed() < GRACE;
        match error.kind() {
            ErrorKind::NotFound => self.polling.export.created.is_some_and(new),
            _ => passing(error),
        }
    }

    fn patience_ended(&self, trouble: Option<Error>) -> Error {
        let handle = self.polling.export.handle();
        let state = match &self.last {
            Some(status) => format!("still {}", status.state()),
            None => "of unknown status".to_string(),
        };
        let (elapsed, polls) = (self.started.elapsed().as_secs_f64(), self.polls);
        let message = format!(
            "export {handle} is {state} after {elapsed:.0} s (polls: {polls}); it goes on, and can be resumed"
        );
        let error = Error::new(ErrorKind::WaitTimeout, message)
            .with(|error| error.last_status = self.last.clone());
        match trouble {
            Some(trouble) => error.with_source(trouble),
            None => error,
        }
    }
}
