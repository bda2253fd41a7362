//! How a transfer goes on when an attempt has ended. Pure: no socket, no disk, no clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::decide::Known;
use crate::ended::Ended;
use crate::patience::{Limits, Patience};
use crate::pieces::Number;
use crate::ramp::Ramp;
use crate::state::State;
use crate::{Error, ErrorKind};

/// What is done next, and because of which error.
#[derive(Debug)]
pub(crate) enum Step {
    /// What can be begun is begun.
    Go,
    /// A fresh link is asked for first.
    Renew(Error),
    /// Attempts begin no earlier than this from now.
    Wait(Error, Duration),
    /// All attempts end, and the file is asked for from its beginning, after this long.
    StartOver(Error, Duration),
}

/// An attempt: the number of its piece, and how much had happened when it began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) piece: Number,
    /// Its own number, from 1.
    pub(crate) attempt: u32,
    links: u32,
    failures: u32,
}

/// What else goes on when an attempt has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    /// Attempts.
    pub(crate) others: usize,
    /// Whether a fresh link has been asked for.
    pub(crate) renewing: bool,
}

/// What has happened to a transfer so far, and what that allows.
#[derive(Debug)]
pub(crate) struct Course {
    limits: Limits,
    patience: Patience,
    ramp: Ramp,
    /// Whether what is written can be taken back.
    can_rewind: bool,
    /// Counts: attempts, links, failures.
    attempts: u32,
    links: u32,
    failures: u32,
    /// Whether there were several connections until lately.
    crowded: bool,
}

impl Course {
    /// Of a transfer that has `have` bytes already.
    pub(crate) fn new(limits: Limits, ramp: Ramp, can_rewind: bool, have: u64) -> Self {
        Self {
            limits,
            patience: Patience::new(limits, have),
            ramp,
            can_rewind,
            attempts: 0,
            links: 0,
            failures: 0,
            crowded: false,
        }
    }

    /// How many attempts have begun.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// There is a link, or a fresh one.
    pub(crate) fn has_link(&mut self, state: &mut State) {
        self.links += 1;
        state.accepted = false;
    }

    /// There is no fresh link. As long as others go on with the old one it may be asked for again, after this long.
    pub(crate) fn has_no_link(&mut self, others: usize) -> Option<Duration> {
        (others > 0).then(|| self.failed(Duration::ZERO)).flatten()
    }

    /// The next attempt beside so many others, if there may be one and there is a piece for it.
    pub(crate) fn begin(
        &mut self,
        state: &mut State,
        others: usize,
        least_bytes: u64,
    ) -> Option<Begun> {
        // Until it is known that there are ranges, one piece is all.
        let divisible = state.ranges && state.known.validator.is_some();
        let most = if divisible {
            self.ramp.connections()
        } else {
            1
        };
        if state.pieces.taken() >= most {
            return None;
        }
        let piece = state.pieces.take(least_bytes)?;
        self.attempts += 1;
        self.crowded |= others > 0;
        Some(Begun {
            piece,
            attempt: self.attempts,
            links: self.links,
            failures: self.failures,
        })
    }

    /// Thinks over how many connections pay.
    pub(crate) fn look(&mut self, state: &State, now: Instant) {
        if let (Some(total), Some(latency), true) = (state.known.total, state.latency, state.ranges)
        {
            let streaming = state.pieces.streaming() == state.pieces.taken();
            let have = state.pieces.have();
            self.ramp.look(now, have, total, streaming, latency);
        }
    }

    /// What follows from how an attempt ended; an error ends the transfer. `begun.piece` is the piece that it was
    /// about in the end.
    pub(crate) fn ended(
        &mut self,
        state: &mut State,
        begun: Begun,
        ended: Ended,
        beside: Beside,
    ) -> Result<Step, Error> {
        self.patience.have(state.pieces.have());
        let brought = state.pieces.give_back(begun.piece);
        let is_one_too_many = self.is_one_too_many(state, begun, &ended, beside);
        match ended {
            Ended::StartOver(error) | Ended::Refused(error) | Ended::Finally(error)
                if is_one_too_many =>
            {
                self.ramp.turned_away(beside.others);
                // What it was to bring follows, or is a gap that is filled afterwards.
                state.pieces.join(begun.piece);
                if beside.others > 0 {
                    return Ok(Step::Go);
                }
                self.crowded = false;
                match self.failed(Duration::ZERO) {
                    Some(delay) => Ok(Step::Wait(error, delay)),
                    None => Err(error),
                }
            }
            Ended::Well => Ok(Step::Go),
            Ended::NoSink => Err(Error::new(ErrorKind::Disk, "cannot write what arrives")),
            Ended::OnlyWhole => {
                self.ramp.turned_away(beside.others);
                match state.pieces.join(begun.piece) {
                    true => Ok(Step::Go),
                    // It is a gap that an earlier process has left.
                    false => self.start_over(state, only_whole()),
                }
            }
            Ended::StartOver(error) => self.start_over(state, error),
            Ended::Refused(error) => {
                // It may have been renewed in the meantime, for another connection.
                if begun.links < self.links || beside.renewing {
                    return Ok(Step::Go);
                }
                match self.patience.refused() {
                    true => Ok(Step::Renew(error)),
                    false => Err(error),
                }
            }
            Ended::Passing(error, asked) => {
                let is_lost = state.known.validator.is_none() && state.pieces.have() > 0;
                if state.starts > self.limits.attempts || is_lost && !self.can_start_over(state) {
                    return Err(error);
                }
                // Connections that break together are one failure.
                if begun.failures < self.failures && !is_lost {
                    return Ok(Step::Go);
                }
                // It may be for the number of connections, if others bring something.
                let streaming = state.pieces.streaming();
                if brought == 0 && streaming > 0 {
                    self.ramp.fewer(streaming);
                }
                match self.failed(asked) {
                    Some(delay) if is_lost => Ok(self.ask_for_all(state, error, delay)),
                    Some(delay) => Ok(Step::Wait(error, delay)),
                    None => Err(error),
                }
            }
            Ended::Finally(error) => Err(error),
        }
    }

    /// Whether a connection failed that others can do without: they go on, and if it is not for the number of
    /// connections, one alone fails in the same way afterwards. Those that have just gone may still count for the
    /// host, once.
    fn is_one_too_many(&self, state: &State, begun: Begun, ended: &Ended, beside: Beside) -> bool {
        if beside.others == 0 && !self.crowded {
            return false;
        }
        match ended {
            Ended::StartOver(_) => true,
            // A link that was good may have expired. One that never was is good for no more connections.
            Ended::Refused(_) => begun.links == self.links && begun.links > 1 && !state.accepted,
            Ended::Finally(error) => error.status().is_some(),
            _ => false,
        }
    }

    /// How long to wait after a failure; none if it was one too many.
    fn failed(&mut self, asked: Duration) -> Option<Duration> {
        self.failures += 1;
        self.patience.failed(asked)
    }

    fn start_over(&mut self, state: &mut State, error: Error) -> Result<Step, Error> {
        let can = self.can_start_over(state);
        match self.failed(Duration::ZERO) {
            Some(delay) if can => Ok(self.ask_for_all(state, error, delay)),
            _ => Err(error),
        }
    }

    /// What a writer has got cannot be taken back. And a host that breaks off a little later each time would make
    /// progress for ever.
    fn can_start_over(&self, state: &State) -> bool {
        state.starts < self.limits.attempts && (self.can_rewind || state.pieces.have() == 0)
    }

    fn ask_for_all(&mut self, state: &mut State, error: Error, delay: Duration) -> Step {
        state.start_over(Known::default());
        Step::StartOver(error, delay)
    }
}

fn only_whole() -> Error {
    Error::new(
        ErrorKind::Interrupted,
        "the storage host sends only the whole file",
    )
}

#[cfg(test)]
mod tests;
