//! How a request for one piece can end.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// How an attempt ended.
#[derive(Debug)]
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

/// The host has said nothing for so long.
pub(crate) fn silent(timeout: Duration) -> Ended {
    let seconds = timeout.as_secs_f64();
    let message = format!("the storage host sent nothing for {seconds} s");
    Ended::Passing(Error::new(ErrorKind::Interrupted, message), Duration::ZERO)
}

/// There is no answer.
pub(crate) fn unanswered(source: reqwest::Error) -> Ended {
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
