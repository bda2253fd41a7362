//! From a link to bytes in a sink: attempts, fresh links, patience, and how many connections there are.

use std::future::pending;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use url::Url;

use crate::attempt::{Rules, Sink, Transfer};
use crate::course::{Begun, Beside, Course, Step};
use crate::decide::Known;
use crate::ended::Ended;
use crate::http::StorageClient;
use crate::patience::Limits;
use crate::pieces::Pieces;
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

/// An attempt that has ended. Its piece may be another one by then.
struct Attempt {
    begun: Begun,
    ended: Ended,
}

struct Run<'a, 's> {
    order: &'a Order<'a>,
    transfer: &'a Transfer<'a, 's>,
    course: Course,
    attempts: FuturesUnordered<BoxFuture<'a, Attempt>>,
    link: Option<Url>,
    renewal: Option<BoxFuture<'a, Result<String, BoxError>>>,
    /// Attempts begin no earlier.
    not_before: Instant,
    told: Option<Progress>,
}

impl<'a, 's> Run<'a, 's> {
    fn new(order: &'a Order<'a>, transfer: &'a Transfer<'a, 's>) -> Self {
        let can_rewind = matches!(transfer.sink, Sink::Disk(_));
        let mut ramp = Ramp::new(if can_rewind {
            order.connections.most
        } else {
            1
        });
        if order.connections.at_once {
            ramp.all_at_once();
        }
        let have = transfer.state().pieces.have();
        Self {
            order,
            transfer,
            course: Course::new(order.limits, ramp, can_rewind, have),
            attempts: FuturesUnordered::new(),
            link: None,
            renewal: Some(order.source.link()),
            not_before: Instant::now(),
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
                    self.renewed(link.map_err(no_link).and_then(|link| link::parse(&link)))?;
                }
                _ = ticks.tick() => {
                    self.tell();
                    self.course.look(&self.transfer.state(), Instant::now());
                }
            }
        }
    }

    /// Begins as many attempts as there may be, and as there are pieces for.
    fn start_attempts(&mut self) {
        let Some(link) = self.link.as_ref().filter(|_| self.renewal.is_none()) else {
            return;
        };
        let least = self.order.connections.least_bytes;
        loop {
            let others = self.attempts.len();
            let begun = self.course.begin(&mut self.transfer.state(), others, least);
            let Some(begun) = begun else { return };
            let (transfer, link, not_before) = (self.transfer, link.clone(), self.not_before);
            self.attempts.push(Box::pin(async move {
                sleep_until(not_before).await;
                let (piece, ended) = transfer.attempt(&link, begun.piece).await;
                let mut begun = begun;
                begun.piece = piece;
                Attempt { begun, ended }
            }));
        }
    }

    fn renewed(&mut self, link: Result<Url, Error>) -> Result<(), Error> {
        match link {
            Ok(link) => {
                self.link = Some(link);
                self.course.has_link(&mut self.transfer.state());
            }
            Err(error) => {
                let Some(delay) = self.course.has_no_link(self.attempts.len()) else {
                    return Err(error);
                };
                trace(self.course.attempts(), &error, Some(delay));
                self.not_before = Instant::now() + delay;
            }
        }
        Ok(())
    }

    fn ended(&mut self, Attempt { begun, ended }: Attempt) -> Result<(), Error> {
        let beside = Beside {
            others: self.attempts.len(),
            renewing: self.renewal.is_some(),
        };
        let step = {
            let mut state = self.transfer.state();
            self.course.ended(&mut state, begun, ended, beside)
        };
        let (error, delay) = match step {
            Ok(Step::Go) => return Ok(()),
            Ok(Step::Renew(error)) => {
                self.renewal = Some(self.order.source.fresh_link());
                (error, Duration::ZERO)
            }
            Ok(Step::Wait(error, delay)) => {
                self.not_before = Instant::now() + delay;
                (error, delay)
            }
            Ok(Step::StartOver(error, delay)) => {
                // Nobody may write any more of what is given up.
                self.attempts = FuturesUnordered::new();
                self.not_before = Instant::now() + delay;
                (error, delay)
            }
            Err(error) => {
                trace(begun.attempt, &error, None);
                return Err(error);
            }
        };
        trace(begun.attempt, &error, Some(delay));
        Ok(())
    }

    /// Tells how far it is, if that is news.
    fn tell(&mut self) {
        let progress = {
            let state = self.transfer.state();
            Progress {
                bytes: state.pieces.have(),
                total: state.known.total,
                attempt: self.course.attempts().max(1),
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

pub(crate) fn no_link(source: BoxError) -> Error {
    Error::new(ErrorKind::Link, "cannot get a download link").with_source(source)
}
