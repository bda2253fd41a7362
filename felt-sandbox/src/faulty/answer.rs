//! What is sent for a request, as plain data.

use std::time::Duration;

use crate::s3;

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// Nothing, until the client goes.
    Silence,
    /// Nothing, and a reset.
    Reset,
    Answer(Answer),
}

/// An answer, and what goes wrong while it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
    pub(super) framing: Framing,
    /// Ends the answer, and the connection, after so many bytes of the body.
    pub(super) cut: Option<(u64, Cut)>,
    /// The time before each byte, if they go one by one.
    pub(super) every: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum Body {
    /// A part of the content.
    Part {
        first: u64,
        length: u64,
    },
    Bytes(Vec<u8>),
}

/// How the client learns where the body ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Framing {
    /// `Content-Length`.
    Length,
    /// Whatever the headers say.
    AsIs,
    Chunked,
    /// The end of the connection.
    Close,
}

/// How a body ends that does not come to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cut {
    Reset,
    Stall,
    Close,
}

impl Answer {
    pub(super) fn new(status: u16, headers: Vec<(String, String)>, body: Body) -> Self {
        Self {
            status,
            headers,
            body,
            framing: Framing::Length,
            cut: None,
            every: None,
        }
    }

    /// An error as S3 writes it. Neither text may need escaping.
    pub(super) fn xml(status: u16, code: &str, message: &str) -> Self {
        Self::new(
            status,
            vec![header("Content-Type", "application/xml")],
            Body::Bytes(s3::xml(code, message).into_bytes()),
        )
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}

impl Body {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Part { length, .. } => *length,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

pub(super) fn header(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
