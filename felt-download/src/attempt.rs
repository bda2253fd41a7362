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
use crate::ended::{Ended, silent, unanswered};
use crate::http::StorageClient;
use crate::pieces::{Number, Piece};
use crate::rate::Rate;
use crate::record::Record;
use crate::state::State;
use crate::{Error, ErrorKind, name};

/// Looks at the first bytes of a file, and at its size, where that is known.
pub(crate) type Inspect<'a> = dyn Fn(&[u8], Option<u64>) -> Result<(), Error> + Send + Sync + 'a;

/// What one connection may take, and who looks at what arrives.
pub(crate) struct Rules<'a> {
    pub(crate) stall_timeout: Duration,
    /// Bytes that have to arrive, in each window of this length.
    pub(crate) min_rate: (u64, Duration),
    /// Looks at the first bytes of the file, of which there are so many, where that is known.
    pub(crate) inspect: &'a Inspect<'a>,
    /// Whether there is room for so many bytes more.
    pub(crate) room: &'a (dyn Fn(u64) -> Result<(), Error> + Send + Sync),
    /// Whether what is there already is an archive, out of which at least as much will come. Of what is
    /// yet to begin `inspect` finds out.
    pub(crate) unpacks: bool,
}

/// Where the bytes go.
pub(crate) enum Sink<'a> {
    /// Can be emptied for another start, and filled in any order.
    Disk(Disk),
    /// What was written is gone.
    Writer(tokio::sync::Mutex<&'a mut (dyn AsyncWrite + Send + Unpin)>),
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
        let mut response = match timeout(self.rules.stall_timeout, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(source)) => return Err(unanswered(source)),
            Err(_) => return Err(silent(self.rules.stall_timeout)),
        };
        let head = Head::new(response.status(), response.version(), response.headers());
        let decision = {
            let mut state = self.state();
            if state.name.is_none() {
                state.name = name::from_response(response.url(), response.headers());
            }
            state.latency.get_or_insert(asked_at.elapsed());
            let decision = decide(&head, asked, &state.known);
            state.accepted |= matches!(
                decision,
                Decision::GoOn { .. } | Decision::Whole { .. } | Decision::Done
            );
            decision
        };
        match decision {
            Decision::GoOn { length, total } => {
                self.go_on(*number, total)?;
                self.take_body(response, Vec::new(), *number, Some(length))
                    .await
            }
            Decision::Whole { known, same } => {
                self.check_alone(asked, same)?;
                self.check_room(known.total)?;
                let lose = self.state().is_something_to_lose();
                let first = match lose {
                    true => self.first_bytes(&mut response, known.total).await?,
                    false => Vec::new(),
                };
                // Others may have begun in the meantime.
                self.check_alone(asked, same)?;
                let total = known.total;
                *number = self.take_whole(&head, asked, known)?;
                self.take_body(response, first, *number, total).await
            }
            Decision::Done => Ok(()),
            Decision::StartOver(error) => Err(Ended::StartOver(error)),
            Decision::Renew(error) => Err(Ended::Refused(error)),
            Decision::Again(error, asked) => Err(Ended::Passing(error, asked)),
            Decision::Stop(error) => Err(Ended::Finally(error)),
        }
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

    /// The rest of the file is coming, and it is known by now how long that is.
    fn go_on(&self, number: Number, total: u64) -> Result<(), Ended> {
        let news = {
            let mut state = self.state();
            state.ranges = true;
            let news = state.known.total.is_none();
            state.known.total = Some(total);
            state.pieces.ends_at(number, total);
            news
        };
        if news {
            self.has_total(total)?;
        }
        self.check_room(Some(total))
    }

    /// The whole file is coming to one of several connections: the others have to be stopped first, or
    /// need not be.
    fn check_alone(&self, asked: Asked, same: bool) -> Result<(), Ended> {
        if asked == Asked::Whole || self.state().pieces.taken() <= 1 {
            return Ok(());
        }
        if same {
            return Err(Ended::OnlyWhole);
        }
        Err(Ended::StartOver(Error::new(
            ErrorKind::Interrupted,
            "the file is another one by now",
        )))
    }

    /// The whole file is coming, and replaces what is there: the one piece that there is now.
    fn take_whole(&self, head: &Head, asked: Asked, known: Known) -> Result<Number, Ended> {
        let mut state = self.state();
        match self.sink {
            Sink::Disk(disk) => {
                let record = Record::new(self.id.clone(), &known);
                disk.start_over(record).map_err(|_| Ended::NoSink)?;
            }
            Sink::Writer(_) if state.pieces.have() > 0 => {
                let message = format!(
                    "{} bytes are written, and the storage host does not go on from there",
                    state.pieces.have()
                );
                return Err(Ended::Finally(Error::new(ErrorKind::Interrupted, message)));
            }
            Sink::Writer(_) => {}
        }
        state.start_over(known);
        state.left = 0;
        state.framed = head.framed;
        // What was asked for a part, and sends all, cannot be asked for parts.
        state.ranges = asked == Asked::Whole && head.ranges;
        state.pieces.take(0).ok_or(Ended::Well)
    }

    fn has_total(&self, total: u64) -> Result<(), Ended> {
        match self.sink {
            Sink::Disk(disk) => disk.has_total(total).map_err(|_| Ended::NoSink),
            Sink::Writer(_) => Ok(()),
        }
    }

    /// Looks once whether there is room for what is still to come.
    fn check_room(&self, total: Option<u64>) -> Result<(), Ended> {
        let needed = {
            let mut state = self.state();
            let total = total.filter(|_| !state.has_room);
            state.has_room |= total.is_some();
            total.map(|total| {
                let out_of_it = if self.rules.unpacks { total } else { 0 };
                // What is left is emptied before anything replaces it.
                let there = state.pieces.have().saturating_add(state.left);
                total.saturating_sub(there).saturating_add(out_of_it)
            })
        };
        needed.map_or(Ok(()), |needed| {
            (self.rules.room)(needed).map_err(Ended::Finally)
        })
    }

    async fn take_body(
        &self,
        mut response: Response,
        first: Vec<Bytes>,
        number: Number,
        expected: Option<u64>,
    ) -> Result<(), Ended> {
        let mut first = first.into_iter();
        let mut left = expected;
        let mut rate = Rate::new(self.rules.min_rate);
        loop {
            let waiting = Instant::now();
            let chunk = match first.next() {
                Some(chunk) => Some(chunk),
                None => self.chunk(&mut response).await?,
            };
            let Some(chunk) = chunk else { break };
            let length = chunk.len() as u64;
            rate.arrived(length, waiting.elapsed())
                .map_err(|error| Ended::Passing(error, Duration::ZERO))?;
            if let Some(left) = &mut left {
                // More than it said: what it sends is not what it says it sends, nor what it has sent.
                *left = left.checked_sub(length).ok_or_else(|| {
                    Ended::StartOver(Error::new(
                        ErrorKind::Interrupted,
                        "the storage host sent more than it said it would",
                    ))
                })?;
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
            // Without an end of its own, nothing at all is no file, but a connection that ended.
            if !state.framed && state.pieces.have() == 0 {
                drop(state);
                return Err(self.broken_off(None));
            }
            let end = state.pieces.get(number).map_or(0, |piece| piece.next);
            state.pieces.ends_at(number, end);
            state.known.total = Some(end);
            self.has_total(end)?;
        }
        Ok(())
    }

    /// Takes the first bytes of a body, and shows them to who wants to see them: before anything is emptied
    /// for what may be an error page.
    async fn first_bytes(
        &self,
        response: &mut Response,
        total: Option<u64>,
    ) -> Result<Vec<Bytes>, Ended> {
        let (mut chunks, mut head) = (Vec::new(), Vec::with_capacity(HEAD));
        let mut rate = Rate::new(self.rules.min_rate);
        loop {
            let waiting = Instant::now();
            if head.len() >= HEAD {
                break;
            }
            let Some(chunk) = self.chunk(response).await? else {
                break;
            };
            rate.arrived(chunk.len() as u64, waiting.elapsed())
                .map_err(|error| Ended::Passing(error, Duration::ZERO))?;
            head.extend(chunk.iter().take(HEAD - head.len()));
            chunks.push(chunk);
        }
        (self.rules.inspect)(&head, total).map_err(Ended::Finally)?;
        Ok(chunks)
    }

    /// The same while they are written.
    fn inspect(&self, state: &mut State, at: u64, chunk: &Bytes) -> Result<(), Ended> {
        if state.inspected || at != state.head.len() as u64 {
            return Ok(());
        }
        let State { head, known, .. } = state;
        head.extend(chunk.iter().take(HEAD - head.len()));
        if head.len() == HEAD {
            (self.rules.inspect)(head, known.total)
                .map_err(|error| Ended::Finally(spoilt(error)))?;
            state.inspected = true;
        }
        Ok(())
    }

    /// The same at the end, if there are fewer than usual.
    pub(crate) fn inspect_all(&self) -> Result<(), Error> {
        let state = self.state();
        if state.inspected || state.head.len() as u64 != state.pieces.have() {
            return Ok(());
        }
        (self.rules.inspect)(&state.head, state.known.total).map_err(spoilt)
    }

    async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>, Ended> {
        match timeout(self.rules.stall_timeout, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(source)) => Err(self.broken_off(Some(source))),
            Err(_) => Err(silent(self.rules.stall_timeout)),
        }
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

/// What is written already is what is wrong, if anything but the room for it is.
fn spoilt(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Content => error.spoilt(),
        _ => error,
    }
}

fn ends(piece: Piece) -> bool {
    piece.missing() == Some(0)
}
