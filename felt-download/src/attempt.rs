//! One request for one piece, and what became of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::{RequestBuilder, Response, header};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::answer::Head;
use crate::content::HEAD;
use crate::decide::{Asked, Decision, Known, decide};
use crate::disk::{Disk, cannot_write};
use crate::http::StorageClient;
use crate::pieces::{Number, Piece, Pieces};
use crate::record::Record;
use crate::{Error, ErrorKind};

/// What one connection may take, and who looks at what arrives.
pub(crate) struct Rules<'a> {
    pub(crate) stall_timeout: Duration,
    /// Bytes that have to arrive, in each window of this length.
    pub(crate) min_rate: (u64, Duration),
    /// Looks at the first bytes of the file, of which there are so many, where that is known.
    pub(crate) inspect: &'a (dyn Fn(&[u8], Option<u64>) -> Result<(), Error> + Send + Sync),
    /// Whether there is room for so many bytes more.
    pub(crate) room: &'a (dyn Fn(u64) -> Result<(), Error> + Send + Sync),
}

/// Where the bytes go.
pub(crate) enum Sink<'a> {
    /// Can be emptied for another start, and filled in any order.
    Disk(Disk),
    /// What was written is gone.
    Writer(tokio::sync::Mutex<&'a mut (dyn AsyncWrite + Send + Unpin)>),
}

/// What all connections know.
pub(crate) struct State {
    pub(crate) pieces: Pieces,
    pub(crate) known: Known,
    /// Whether the server can be asked for a part of the file.
    pub(crate) ranges: bool,
    /// Whether the protocol says that what arrived is all.
    pub(crate) framed: bool,
    /// The first bytes of the file.
    head: Vec<u8>,
    inspected: bool,
    has_room: bool,
    /// How long the first answer took.
    pub(crate) latency: Option<Duration>,
}

impl State {
    pub(crate) fn new(pieces: Pieces, known: Known) -> Self {
        Self {
            pieces,
            known,
            ranges: false,
            framed: true,
            head: Vec::new(),
            inspected: false,
            has_room: false,
            latency: None,
        }
    }
}

/// How an attempt ended.
pub(crate) enum Ended {
    /// With the end of what the server sent, or of the piece.
    Well,
    /// The server sends only the whole file, the same as before.
    OnlyWhole,
    /// What is on disk is of no use.
    StartOver(Error),
    /// A fresh link may help.
    Refused(Error),
    /// Trying again may help, after at least this long.
    Passing(Error, Duration),
    /// Nothing helps.
    Finally(Error),
    /// Nothing can be written any more; the sink says why.
    NoSink,
}

/// A transfer, as its connections see it.
pub(crate) struct Transfer<'a, 's> {
    pub(crate) storage: &'a StorageClient,
    pub(crate) rules: &'a Rules<'a>,
    pub(crate) sink: &'a Sink<'s>,
    /// What the source calls what is downloaded.
    pub(crate) id: Option<String>,
    pub(crate) state: Mutex<State>,
}

impl Transfer<'_, '_> {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Empties the sink for another start. Nobody may be at a piece.
    pub(crate) fn start_over(&self, state: &mut State, known: Known) -> Result<(), Ended> {
        let Sink::Disk(disk) = self.sink else {
            return match state.pieces.have() {
                0 => Ok(restart(state, known)),
                have => Err(Ended::Finally(Error::new(
                    ErrorKind::Interrupted,
                    format!(
                        "{have} bytes are written, and the storage host does not go on from there"
                    ),
                ))),
            };
        };
        let record = Record::new(self.id.clone(), &known);
        disk.start_over(record).map_err(|_| Ended::NoSink)?;
        restart(state, known);
        Ok(())
    }

    /// Asks for the piece, and passes on what comes. If that is the whole file, the piece is another one
    /// in the end.
    pub(crate) async fn attempt(&self, link: &Url, mut number: Number) -> (Number, Ended) {
        match self.fetch(link, &mut number).await {
            Ok(()) => (number, Ended::Well),
            Err(ended) => (number, ended),
        }
    }

    async fn fetch(&self, link: &Url, number: &mut Number) -> Result<(), Ended> {
        let (request, asked) = self.request(link, *number)?;
        let asked_at = Instant::now();
        let response = match timeout(self.rules.stall_timeout, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(source)) => return Err(unanswered(source)),
            Err(_) => return Err(self.silent()),
        };
        let head = Head::new(response.status(), response.version(), response.headers());
        let expected = {
            let mut state = self.state();
            state.latency.get_or_insert(asked_at.elapsed());
            match decide(&head, asked, &state.known) {
                Decision::GoOn { length, total } => {
                    state.ranges = true;
                    if state.known.total.is_none() {
                        state.known.total = Some(total);
                        state.pieces.ends_at(*number, total);
                        self.has_total(total)?;
                    }
                    Some(length)
                }
                Decision::Whole { known, same } => {
                    if asked != Asked::Whole {
                        if state.pieces.taken() > 1 {
                            return Err(elsewhere(same));
                        }
                        state.ranges = false;
                    } else {
                        state.ranges = head.ranges;
                    }
                    *number = self.take_whole(&mut state, known)?;
                    state.framed = head.framed;
                    head.length
                }
                Decision::Done => return Ok(()),
                Decision::StartOver(error) => return Err(Ended::StartOver(error)),
                Decision::Renew(error) => return Err(Ended::Refused(error)),
                Decision::Again(error, asked) => return Err(Ended::Passing(error, asked)),
                Decision::Stop(error) => return Err(Ended::Finally(error)),
            }
        };
        self.has_room()?;
        self.take_body(response, *number, expected).await
    }

    fn request(&self, link: &Url, number: Number) -> Result<(RequestBuilder, Asked), Ended> {
        let state = self.state();
        let piece = state.pieces.get(number).ok_or(Ended::Well)?;
        let asked = match (piece.next, &state.known.validator) {
            (0, _) if piece.end.is_none() || piece.end == state.known.total => Asked::Whole,
            (_, None) => Asked::Whole,
            (next, Some(_)) => Asked::Range(next, piece.end),
        };
        let mut request = self.storage.get(link).map_err(Ended::Finally)?;
        if let (Asked::Range(from, to), Some(validator)) = (asked, &state.known.validator) {
            // Open where it goes to the end of the file, as the server may know better where that is.
            let to = to.filter(|to| Some(*to) != state.known.total && *to > from);
            let last = to.map_or(String::new(), |to| (to - 1).to_string());
            request = request
                .header(header::RANGE, format!("bytes={from}-{last}"))
                .header(header::IF_RANGE, validator.as_str());
        }
        Ok((request, asked))
    }

    /// The whole file is coming: the one piece that there is now.
    fn take_whole(&self, state: &mut State, known: Known) -> Result<Number, Ended> {
        self.start_over(state, known)?;
        state.pieces.take(0).ok_or(Ended::Well)
    }

    fn has_total(&self, total: u64) -> Result<(), Ended> {
        match self.sink {
            Sink::Disk(disk) => disk.has_total(total).map_err(|_| Ended::NoSink),
            Sink::Writer(_) => Ok(()),
        }
    }

    fn has_room(&self) -> Result<(), Ended> {
        let needed = {
            let mut state = self.state();
            let total = state.known.total.filter(|_| !state.has_room);
            state.has_room |= total.is_some();
            total.map(|total| total.saturating_sub(state.pieces.have()))
        };
        needed.map_or(Ok(()), |needed| {
            (self.rules.room)(needed).map_err(Ended::Finally)
        })
    }

    async fn take_body(
        &self,
        mut response: Response,
        number: Number,
        expected: Option<u64>,
    ) -> Result<(), Ended> {
        let mut left = expected;
        let mut rate = Rate::new(self.rules.min_rate);
        loop {
            let waiting = Instant::now();
            let chunk = match timeout(self.rules.stall_timeout, response.chunk()).await {
                Ok(Ok(chunk)) => chunk,
                Ok(Err(source)) => return Err(self.broken_off(Some(source))),
                Err(_) => return Err(self.silent()),
            };
            let Some(chunk) = chunk else { break };
            let length = chunk.len() as u64;
            rate.arrived(length, waiting.elapsed())
                .map_err(|error| Ended::Passing(error, Duration::ZERO))?;
            if let Some(left) = &mut left {
                // More than it said: what it sends is not what it says it sends.
                *left = left
                    .checked_sub(length)
                    .ok_or_else(|| self.broken_off(None))?;
            }
            let (at, wanted, piece) = {
                let mut state = self.state();
                let (at, wanted) = state.pieces.arrived(number, length);
                self.inspect(&mut state, at, &chunk)?;
                (at, wanted, state.pieces.get(number))
            };
            self.write(
                at,
                chunk.slice(..usize::try_from(wanted).unwrap_or(chunk.len())),
            )
            .await?;
            // Another connection brings what follows; where nothing does, the body's end is waited for,
            // so that the connection can be used again.
            if piece.is_none_or(|piece| ends(piece) && left != Some(0)) {
                return Ok(());
            }
        }
        if left.is_some_and(|left| left > 0) {
            return Err(self.broken_off(None));
        }
        let mut state = self.state();
        if expected.is_none() {
            let end = state.pieces.get(number).map_or(0, |piece| piece.next);
            state.pieces.ends_at(number, end);
            state.known.total = Some(end);
            self.has_total(end)?;
        }
        Ok(())
    }

    /// Shows the first bytes of the file to who wants to see them.
    fn inspect(&self, state: &mut State, at: u64, chunk: &Bytes) -> Result<(), Ended> {
        if state.inspected || at != state.head.len() as u64 {
            return Ok(());
        }
        let State { head, known, .. } = state;
        head.extend(chunk.iter().take(HEAD - head.len()));
        if head.len() == HEAD {
            (self.rules.inspect)(head, known.total).map_err(Ended::Finally)?;
            state.inspected = true;
        }
        Ok(())
    }

    /// Shows them if there are fewer than usual.
    pub(crate) fn inspect_all(&self) -> Result<(), Error> {
        let state = self.state();
        if state.inspected || state.head.len() as u64 != state.pieces.have() {
            return Ok(());
        }
        (self.rules.inspect)(&state.head, state.known.total)
    }

    async fn write(&self, at: u64, bytes: Bytes) -> Result<(), Ended> {
        match self.sink {
            Sink::Disk(disk) => disk.write(at, bytes).await.map_err(|_| Ended::NoSink),
            Sink::Writer(writer) => {
                let mut writer = writer.lock().await;
                let written = writer.write_all(&bytes).await;
                written.map_err(|source| Ended::Finally(cannot_write(source)))
            }
        }
    }

    fn silent(&self) -> Ended {
        let message = format!(
            "the storage host sent nothing for {} s",
            self.rules.stall_timeout.as_secs_f64()
        );
        Ended::Passing(Error::new(ErrorKind::Interrupted, message), Duration::ZERO)
    }

    fn broken_off(&self, source: Option<reqwest::Error>) -> Ended {
        let state = self.state();
        let of = state
            .known
            .total
            .map_or(String::new(), |total| format!(" of {total}"));
        let message = format!("the transfer broke after {}{of} bytes", state.pieces.have());
        let error = Error::new(ErrorKind::Interrupted, message);
        let error = match source {
            Some(source) => error.with_source(source.without_url()),
            None => error,
        };
        Ended::Passing(error, Duration::ZERO)
    }
}

fn restart(state: &mut State, known: Known) {
    let latency = state.latency;
    let pieces = Pieces::missing(&Default::default(), known.total);
    *state = State {
        latency,
        ranges: state.ranges,
        ..State::new(pieces, known)
    };
}

/// The whole file comes to one of several connections.
fn elsewhere(same: bool) -> Ended {
    if same {
        return Ended::OnlyWhole;
    }
    Ended::StartOver(Error::new(
        ErrorKind::Interrupted,
        "the file is another one by now",
    ))
}

fn ends(piece: Piece) -> bool {
    piece.missing() == Some(0)
}

/// How fast bytes arrive: measured while they are waited for, so that a slow disk is not the server's fault.
struct Rate {
    least: u64,
    window: Duration,
    bytes: u64,
    waited: Duration,
}

impl Rate {
    fn new((least, window): (u64, Duration)) -> Self {
        Self {
            least,
            window,
            bytes: 0,
            waited: Duration::ZERO,
        }
    }

    fn arrived(&mut self, bytes: u64, waited: Duration) -> Result<(), Error> {
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

fn unanswered(source: reqwest::Error) -> Ended {
    // The URL is signed: it must not be part of any message.
    let source = source.without_url();
    if source.is_redirect() {
        return Ended::Finally(
            Error::new(
                ErrorKind::Refused,
                "the storage host redirects to where a download is not followed",
            )
            .with_source(source),
        );
    }
    Ended::Passing(
        Error::new(ErrorKind::Interrupted, "cannot reach the storage host").with_source(source),
        Duration::ZERO,
    )
}
