//! What all connections of a transfer know.

use std::time::Duration;

use crate::decide::Known;
use crate::pieces::Pieces;

/// What all connections know.
pub(crate) struct State {
    pub(crate) pieces: Pieces,
    pub(crate) known: Known,
    /// Whether the server can be asked for a part of the file.
    pub(crate) ranges: bool,
    /// Whether the protocol says that what arrived is all.
    pub(crate) framed: bool,
    /// The first bytes of the file, until somebody has looked at them.
    pub(crate) head: Vec<u8>,
    pub(crate) inspected: bool,
    /// Bytes on disk of which nothing is known any more.
    pub(crate) left: u64,
    pub(crate) has_room: bool,
    /// What the server calls the file, made safe.
    pub(crate) name: Option<String>,
    /// How long the first answer took.
    pub(crate) latency: Option<Duration>,
    /// How often bytes that had arrived were given up for a new start.
    pub(crate) starts: u32,
    /// Whether storage has accepted the newest link.
    pub(crate) accepted: bool,
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
            left: 0,
            has_room: false,
            name: None,
            latency: None,
            starts: 0,
            accepted: false,
        }
    }

    /// All of it is to come. What is on disk stays there until something comes that may replace it.
    pub(crate) fn start_over(&mut self, known: Known) {
        let pieces = self.pieces.once_more(known.total);
        *self = Self {
            latency: self.latency,
            accepted: self.accepted,
            starts: self.starts + u32::from(self.pieces.have() > 0),
            name: self.name.take(),
            left: match self.is_something_to_lose() {
                true => self.left.saturating_add(self.pieces.have()),
                false => 0,
            },
            ..Self::new(pieces, known)
        };
    }

    /// Whether there is something on disk that a wrong answer must not replace.
    pub(crate) fn is_something_to_lose(&self) -> bool {
        // Without a validator nobody can go on with it.
        self.left > 0 || (self.pieces.have() > 0 && self.known.validator.is_some())
    }
}
