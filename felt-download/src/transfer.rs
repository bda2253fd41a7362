//! From a link to bytes in a sink: attempts, fresh links, patience, and how many connections there are.

use std::future::pending;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use url::Url;

use crate::attempt::{Ended, Rules, Sink, Transfer};
use crate::decide::Known;
use crate::http::StorageClient;
use crate::patience::{Limits, Patience};
use crate::pieces::{Number, Pieces};
use crate::ramp::Ramp;
use crate::record::Record;
use crate::state::State;
use crate::{BoxError, Error, ErrorKind, LinkSource, Progress, link, trace};

/// How often progress is told, and the number of connections thought over.
const TICK: Duration = Duration::from_millis(50);

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connections {
    pub(crate) most: usize,
    /// No connection is opened for fewer bytes.
    pub(crate) least_bytes: u64,
    /// Open all of them at once, and not only as they pay.
    pub(crate) at_once: bool,
}

/// What a transfer has brought.
pub(crate) struct Arrived {
    pub(crate) bytes: u64,
    /// Whether the protocol says that this is all: by a length, or by an end of its own.
    pub(crate) framed: bool,
    /// What the server calls the file, made safe.
    #[cfg(feature = "zip")]
    pub(crate) name: Option<String>,
}

/// What is to be transferred, and how.
pub(crate) struct Order<'a> {
    pub(crate) storage: &'a StorageClient,
    pub(crate) source: &'a dyn LinkSource,
    /// What an earlier process has brought.
    pub(crate) record: Option<&'a Record>,
    pub(crate) rules: Rules<'a>,
    pub(crate) limits: Limits,
    pub(crate) connections: Connections,
    pub(crate) progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// Brings the whole of what the link leads to into the sink. If that ends because the sink did, the sink
/// knows more about it.
pub(crate) async fn transfer(order: &Order<'_>, sink: &Sink<'_>) -> Result<Arrived, Error> {
    let id = order.source.identity();
    let record = order.record.filter(|record| record.is_of(id.as_deref()));
    let (pieces, known) = match record {
        Some(record) => {
            let known = record.known();
            (Pieces::missing(record.there(), known.total), known)
        }
        None => (Pieces::missing(&Default::default(), None), Known::default()),
    };
    let mut state = State::new(pieces, known);
    if record.is_none() {
        // What is there is of something else, and still is not lost to a page of HTML.
        state.left = order.record.map_or(0, Record::bytes);
    }
    let transfer = Transfer {
        storage: order.storage,
        rules: &order.rules,
        sink,
        id,
        state: state.into(),
    };
    Run::new(order, &transfer).complete().await?;
    transfer.inspect_all()?;
    let state = transfer.state();
    Ok(Arrived {
        bytes: state.pieces.have(),
        framed: state.framed,
        #[cfg(feature = "zip")]
        name: state.name.clone(),
    })
}

/// An attempt that is under way.
struct Attempt {
    piece: Number,
    number: u32,
    /// How many links there had been when it began.
    links: u32,
    /// How many failures.
    failures: u32,
    ended: Ended,
}

struct Run<'a, 's> {
    order: &'a Order<'a>,
    transfer: &'a Transfer<'a, 's>,
    attempts: FuturesUnordered<BoxFuture<'a, Attempt>>,
    link: Option<Url>,
    renewal: Option<BoxFuture<'a, Result<String, BoxError>>>,
    patience: Patience,
    ramp: Ramp,
    /// Attempts begin no earlier.
    not_before: Instant,
    /// Counts: attempts, links, failures.
    number: u32,
    links: u32,
    failures: u32,
    /// How often all was asked for once more.
    starts: u32,
    /// The newest link that storage has accepted, by its number.
    accepted: u32,
    /// Whether there were several connections until lately.
    crowded: bool,
    told: Option<Progress>,
}

impl<'a, 's> Run<'a, 's> {
    fn new(order: &'a Order<'a>, transfer: &'a Transfer<'a, 's>) -> Self {
        let mut ramp = Ramp::new(match transfer.sink {
            Sink::Disk(_) => order.connections.most,
            Sink::Writer(_) => 1,
        });
        if order.connections.at_once {
            ramp.all_at_once();
        }
        Self {
            order,
            transfer,
            attempts: FuturesUnordered::new(),
            link: None,
            renewal: Some(order.source.link()),
            patience: Patience::new(order.limits, transfer.state().pieces.have()),
            ramp,
            not_before: Instant::now(),
            number: 0,
            links: 0,
            failures: 0,
            starts: 0,
            accepted: 0,
            crowded: false,
            told: None,
        }
    }

    async fn complete(mut self) -> Result<(), Error> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.start_attempts();
            if self.attempts.is_empty() && self.renewal.is_none() {
                self.tell();
                return Ok(());
            }
            tokio::select! {
                Some(attempt) = self.attempts.next() => self.ended(attempt)?,
                link = renewed(&mut self.renewal) => {
                    self.renewal = None;
                    self.link = Some(link::parse(&link.map_err(no_link)?)?);
                    self.links += 1;
                }
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    /// Begins as many attempts as there may be, and as there are pieces for.
    fn start_attempts(&mut self) {
        let Some(link) = self.link.as_ref().filter(|_| self.renewal.is_none()) else {
            return;
        };
        loop {
            let piece = {
                let mut state = self.transfer.state();
                // Until it is known that there are ranges, one piece is all.
                let divisible = state.ranges && state.known.validator.is_some();
                let most = if divisible {
                    self.ramp.connections()
                } else {
                    1
                };
                if state.pieces.taken() >= most {
                    return;
                }
                state.pieces.take(self.order.connections.least_bytes)
            };
            let Some(piece) = piece else { return };
            self.number += 1;
            self.crowded |= !self.attempts.is_empty();
            let (transfer, link, not_before) = (self.transfer, link.clone(), self.not_before);
            let (number, links, failures) = (self.number, self.links, self.failures);
            self.attempts.push(Box::pin(async move {
                sleep_until(not_before).await;
                let (piece, ended) = transfer.attempt(&link, piece).await;
                Attempt {
                    piece,
                    number,
                    links,
                    failures,
                    ended,
                }
            }));
        }
    }

    fn ended(&mut self, attempt: Attempt) -> Result<(), Error> {
        let brought = {
            let mut state = self.transfer.state();
            self.patience.have(state.pieces.have());
            state.pieces.give_back(attempt.piece)
        };
        if !matches!(attempt.ended, Ended::Refused(_)) {
            self.accepted = self.accepted.max(attempt.links);
        }
        let is_one_too_many = self.is_one_too_many(&attempt);
        match attempt.ended {
            ended if is_one_too_many => {
                self.ramp.stay_at_one();
                // What it was to bring follows, or is a gap that is filled afterwards.
                self.transfer.state().pieces.join(attempt.piece);
                match ended.error() {
                    Some(error) if self.attempts.is_empty() => {
                        self.crowded = false;
                        self.wait(attempt.number, error, Duration::ZERO)
                    }
                    _ => Ok(()),
                }
            }
            Ended::Well => Ok(()),
            Ended::NoSink => Err(no_sink()),
            Ended::OnlyWhole => {
                self.ramp.stay_at_one();
                let joined = self.transfer.state().pieces.join(attempt.piece);
                match joined {
                    true => Ok(()),
                    // It is a gap that an earlier process has left.
                    false => self.start_over(attempt.number, only_whole()),
                }
            }
            Ended::StartOver(error) => self.start_over(attempt.number, error),
            Ended::Refused(error) => {
                // It may have been renewed in the meantime, for another connection.
                if attempt.links < self.links || self.renewal.is_some() {
                    return Ok(());
                }
                if !self.patience.refused() {
                    return self.give_up(attempt.number, error);
                }
                trace(attempt.number, &error, Some(Duration::ZERO));
                self.renewal = Some(self.order.source.fresh_link());
                Ok(())
            }
            Ended::Passing(error, asked) => {
                let lost = {
                    let state = self.transfer.state();
                    state.known.validator.is_none() && state.pieces.have() > 0
                };
                if lost && !self.can_start_over() {
                    return self.give_up(attempt.number, error);
                }
                // It may be for the number of connections.
                if brought == 0 && !self.attempts.is_empty() {
                    self.ramp.fewer(self.attempts.len());
                }
                // Connections that break together are one failure.
                if attempt.failures == self.failures {
                    self.wait(attempt.number, error, asked)?;
                }
                if lost {
                    self.ask_for_all();
                }
                Ok(())
            }
            Ended::Finally(error) => self.give_up(attempt.number, error),
        }
    }

    /// Whether a connection failed that others can do without: they go on, and if it is not for the number of
    /// connections, one alone fails in the same way afterwards. Those that have just gone may still count for the
    /// host, once.
    fn is_one_too_many(&self, attempt: &Attempt) -> bool {
        if self.attempts.is_empty() && !self.crowded {
            return false;
        }
        match &attempt.ended {
            Ended::StartOver(_) => true,
            // A link that was good may have expired. One that never was is good for no more connections.
            Ended::Refused(_) => attempt.links > self.accepted && attempt.links > 1,
            Ended::Finally(error) => error.status().is_some(),
            _ => false,
        }
    }

    /// Lets the next attempts wait, or says that there will be none.
    fn wait(&mut self, attempt: u32, error: Error, asked: Duration) -> Result<(), Error> {
        self.failures += 1;
        let Some(delay) = self.patience.failed(asked) else {
            return self.give_up(attempt, error);
        };
        trace(attempt, &error, Some(delay));
        self.not_before = Instant::now() + delay;
        Ok(())
    }

    fn start_over(&mut self, attempt: u32, error: Error) -> Result<(), Error> {
        if !self.can_start_over() {
            return self.give_up(attempt, error);
        }
        self.wait(attempt, error, Duration::ZERO)?;
        self.ask_for_all();
        Ok(())
    }

    /// What a writer has got cannot be taken back. And a host that breaks off a little later each time would make
    /// progress for ever.
    fn can_start_over(&self) -> bool {
        self.starts < self.order.limits.attempts
            && (matches!(self.transfer.sink, Sink::Disk(_))
                || self.transfer.state().pieces.have() == 0)
    }

    fn ask_for_all(&mut self) {
        // Nobody may write any more of what is given up.
        self.attempts = FuturesUnordered::new();
        self.starts += 1;
        self.transfer.state().start_over(Known::default());
    }

    fn give_up(&self, attempt: u32, error: Error) -> Result<(), Error> {
        trace(attempt, &error, None);
        Err(error)
    }

    fn tick(&mut self) {
        self.tell();
        let state = self.transfer.state();
        if let (Some(total), Some(latency), true) = (state.known.total, state.latency, state.ranges)
        {
            let streaming = state.pieces.are_streaming();
            let have = state.pieces.have();
            self.ramp
                .look(Instant::now(), have, total, streaming, latency);
        }
    }

    /// Tells how far it is, if that is news.
    fn tell(&mut self) {
        let progress = {
            let state = self.transfer.state();
            Progress {
                bytes: state.pieces.have(),
                total: state.known.total,
                attempt: self.number.max(1),
            }
        };
        if self.told != Some(progress) {
            self.told = Some(progress);
            (self.order.progress)(progress);
        }
    }
}

async fn renewed(
    renewal: &mut Option<BoxFuture<'_, Result<String, BoxError>>>,
) -> Result<String, BoxError> {
    match renewal {
        Some(renewal) => renewal.await,
        None => pending().await,
    }
}

fn trace(attempt: u32, error: &Error, delay: Option<Duration>) {
    trace::attempt(attempt, error.status(), Some(error), delay);
}

fn no_sink() -> Error {
    Error::new(ErrorKind::Disk, "cannot write what arrives")
}

fn only_whole() -> Error {
    Error::new(
        ErrorKind::Interrupted,
        "the storage host sends only the whole file",
    )
}

pub(crate) fn no_link(source: BoxError) -> Error {
    Error::new(ErrorKind::Link, "cannot get a download link").with_source(source)
}
