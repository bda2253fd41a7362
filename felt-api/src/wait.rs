//! Waiting for an export.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt};

use crate::poll::{Event, Polling, Run};
use crate::{Error, Export, ExportStatus, FinishedExport};

/// The wait for an [`Export`]: awaiting it gives the [`FinishedExport`], and as a [`Stream`] it gives
/// each new status on the way.
///
/// The server is asked at once, and then after 0.18 of the time already waited, at least half a second
/// and at most 45 seconds, give or take a tenth (or first when it is [expected](Self::expect) to be done): an export that takes an hour is asked about some
/// dozens of times, and one that takes seconds is not kept waiting. `Retry-After` is honoured, up to a
/// minute.
///
/// A question that gets no answer, or 408, 429, 500, 502, 503 or 504, does not by itself end the wait, unless
/// that goes on for longer than [`tolerate`](Self::tolerate); nor does a 404 within ten seconds of the
/// creation. An unknown status keeps it waiting. `completed` without a link is asked about for another
/// minute.
///
/// ```no_run
/// # async fn example(export: felt_api::Export) -> Result<(), felt_api::Error> {
/// let mut wait = export.wait();
/// while let Some(status) = wait.next().await {
///     eprintln!("{}", status.state());
/// }
/// let finished = wait.await?;
/// # Ok(())
/// # }
/// ```
///
/// # The four ways in which it ends
///
/// ```no_run
/// # async fn example(export: felt_api::Export) {
/// match export.wait().await {
///     Ok(finished) => { /* there is a file: finished.download() */ }
///     Err(error) if error.is_export_failed() => { /* Felt gave it up; start another */ }
///     Err(error) if error.is_wait_timeout() => {
///         // It goes on without us. Later: client.resume(handle)
///         let (handle, last) = (error.export(), error.last_status());
///         let (elapsed, polls) = (error.elapsed(), error.attempts());
///     }
///     Err(error) => { /* error.could_not_ask(): it may be done or not; resume, too */ }
/// }
/// # }
/// ```
///
/// [`Error::export`] is the export's handle in each of the last three. A setting that can never work is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput), and nothing is asked.
///
/// # Dropping
///
/// Dropping it, or the future that it becomes, stops nothing on the server and loses nothing here: a
/// question in flight is given up, and [`Export::wait`] or [`Client::resume`](crate::Client::resume)
/// asks again. Dropping the future of [`next`](Self::next) (in `select!`, say) does not even give up the
/// question: the next call goes on where it was.
///
/// # Settings
///
/// They are made before the first status is asked for, and checked then; later ones are not heeded.
#[must_use = "a wait does nothing before it is awaited"]
pub struct Wait {
    polling: Polling,
    timeline: Timeline,
}

enum Timeline {
    NotBegun,
    Running(Step),
    Ended(Result<FinishedExport, Error>),
}

type Step = Pin<Box<dyn Future<Output = (Event, Run)> + Send>>;

impl Wait {
    pub(crate) fn new(export: &Export) -> Self {
        Self {
            polling: Polling::new(export),
            timeline: Timeline::NotBegun,
        }
    }

    /// How long to wait altogether. Default: one hour. The last question is asked when it is over,
    /// unless the server asked for a longer pause than what is left, or an earlier one is still
    /// unanswered; its answer may take five seconds at most. Where the server has slowed down this client
    /// ([its pace](crate::Client#pace)), the question may have to wait for its turn for as long before.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.polling.timeout = timeout;
        self
    }

    /// About how long such an export takes, as earlier ones did: the server is first asked when so much
    /// time, give or take a tenth, has passed since [`start`](crate::ExportRequest::start), or since the
    /// beginning of this wait if the export was resumed; within the [`timeout`](Self::timeout) in any
    /// case. What follows is as usual. Default: zero, which asks at once.
    ///
    /// For many exports of one kind: most of them are then asked about once or twice.
    pub fn expect(mut self, duration: Duration) -> Self {
        self.polling.expect = duration;
        self
    }

    /// For how long questions may go unanswered, times of waiting for a turn apart. Default: two minutes.
    pub fn tolerate(mut self, outage: Duration) -> Self {
        self.polling.tolerate = outage;
        self
    }

    /// The share of the time already waited after which the next question follows, from 0 (a steady
    /// interval, the shortest) to 10. Default: 0.18, which finds the end 8 % late on average.
    pub fn share(mut self, share: f64) -> Self {
        self.polling.share = share;
        self
    }

    /// The shortest and the longest time between two questions. Default: 0.5 s and 45 s.
    pub fn interval(mut self, shortest: Duration, longest: Duration) -> Self {
        self.polling.shortest = shortest;
        self.polling.longest = longest;
        self
    }

    /// The next status that differs from the last one; `None` when the wait has ended, and awaiting it
    /// tells how.
    pub async fn next(&mut self) -> Option<ExportStatus> {
        StreamExt::next(self).await
    }
}

impl Stream for Wait {
    type Item = ExportStatus;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<ExportStatus>> {
        if matches!(self.timeline, Timeline::NotBegun) {
            self.timeline = match self.polling.check() {
                Ok(()) => Timeline::Running(step(Run::new(self.polling.clone()))),
                Err(error) => Timeline::Ended(Err(error)),
            };
        }
        let Timeline::Running(running) = &mut self.timeline else {
            return Poll::Ready(None);
        };
        let (event, run) = ready!(running.as_mut().poll(context));
        let (timeline, status) = match event {
            Event::Status(status) => (Timeline::Running(step(run)), Some(status)),
            Event::End(outcome) => (Timeline::Ended(outcome), None),
        };
        self.timeline = timeline;
        Poll::Ready(status)
    }
}

/// To the next event. A question in flight is part of the wait, not of who asks it for the next status.
fn step(mut run: Run) -> Step {
    Box::pin(async move { (run.next_event().await, run) })
}

impl IntoFuture for Wait {
    type Output = Result<FinishedExport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            loop {
                self.timeline = match self.timeline {
                    Timeline::Ended(outcome) => return outcome,
                    ongoing => ongoing,
                };
                self.next().await;
            }
        })
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("export", self.polling.export.handle())
            .field("timeout", &self.polling.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
