//! What can go wrong, in a form to match on.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::{ErrorDetail, ExportHandle};

/// A cause, whatever its type.
type Source = Box<dyn StdError + Send + Sync>;

/// What went wrong.
///
/// | The server's answer | Kind | Tried again? |
/// |---|---|---|
/// | 401 | [`Unauthorized`](Self::Unauthorized) | no |
/// | 403 | [`Forbidden`](Self::Forbidden) | no |
/// | 404 | [`NotFound`](Self::NotFound) | no |
/// | 422, any other 4xx | [`Rejected`](Self::Rejected) | no |
/// | 429 | [`RateLimited`](Self::RateLimited) | yes |
/// | 408, 500, 502, 503, 504 | [`Server`](Self::Server) | yes |
/// | any other 5xx | [`Server`](Self::Server) | no |
/// | none: connection refused, reset, timed out | [`Unreachable`](Self::Unreachable) | yes |
/// | a redirect, a 2xx without the documented body | [`UnexpectedResponse`](Self::UnexpectedResponse) | no |
///
/// Creating an export is apart: it is tried again only after 429, after 503 with `Retry-After`, and
/// when no connection could be made. Whatever else leaves open whether the export was created is
/// [`OutcomeUnknown`](Self::OutcomeUnknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or a setting that can never work: an id, a format, a base URL, a token that no
    /// header can carry. Nothing was sent.
    InvalidInput,
    /// There is no API token (then [`Error::status`] is `None`), or Felt does not accept it.
    Unauthorized,
    /// The token is valid, and may not do this.
    Forbidden,
    /// There is no such map, layer or export, or the token's owner cannot see it.
    NotFound,
    /// Felt refused the request as invalid; [`Error::details`] says which part of it.
    Rejected,
    /// Too many requests, for longer than the client was willing to wait.
    RateLimited,
    /// Felt, or a proxy before it, is in trouble.
    Server,
    /// No answer: no connection, or one that broke or was silent for too long.
    Unreachable,
    /// An answer that the API's documentation does not know.
    UnexpectedResponse,
    /// The export may have been created or not: the request was sent, and no answer says what became
    /// of it. Trying again may create a second one.
    OutcomeUnknown,
    /// Felt says that the export failed.
    ExportFailed,
    /// The export was not finished within the time that the wait was given. It goes on.
    WaitTimeout,
    /// No TLS client can be built on this machine: CA certificates are missing.
    Setup,
    /// A file is where the download should go. It was not touched.
    FileExists,
    /// What is where the download or its part should go is no regular file or not ours, and is not
    /// replaced whatever was asked for.
    InTheWay,
    /// The folder that the download should go to does not exist, or is a file.
    Folder,
    /// Another process is downloading to the same file.
    Busy,
    /// Reading or writing on this machine failed.
    Disk,
    /// The storage host refused the download, with a fresh link too.
    DownloadRefused,
    /// The download broke off more often than is tolerated.
    DownloadInterrupted,
    /// What was downloaded is not what was asked for.
    UnexpectedContent,
}

/// An operation that failed: why, what the server said, and what is left to go on with.
///
/// `Display` is one line with the operation, the status and what the server said. None of it, nor
/// `Debug`, nor any `source()`, shows the token or the query of a signed link.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<String>,
    message: String,
    status: Option<u16>,
    details: Vec<ErrorDetail>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    export: Option<ExportHandle>,
    tried: Option<(u32, Duration)>,
    source: Option<Source>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            message: message.into(),
            status: None,
            details: Vec::new(),
            retry_after: None,
            request_id: None,
            export: None,
            tried: None,
            source: None,
        }))
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_details(mut self, details: Vec<ErrorDetail>) -> Self {
        self.0.details = details;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    /// Names what was being done, unless that is known already.
    pub(crate) fn during(mut self, operation: impl FnOnce() -> String) -> Self {
        self.0.operation.get_or_insert_with(operation);
        self
    }

    /// Says which export this is about, unless that is known already.
    pub(crate) fn for_export(mut self, handle: &ExportHandle) -> Self {
        self.0.export.get_or_insert_with(|| handle.clone());
        self
    }

    /// Attempts, and the time from the first one's start.
    pub(crate) fn tried(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.tried = Some((attempts, elapsed));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// What the server said: one entry for each of the `errors` in its answer, or one with the text
    /// of an answer that was no JSON. Empty if it said nothing.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.details
    }

    /// How long the server asked to wait before the next attempt (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The `x-request-id` of the answer: what Felt's support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The export that this is about: with it, [`Client::resume`](crate::Client::resume) goes on.
    pub fn export(&self) -> Option<&ExportHandle> {
        self.0.export.as_ref()
    }

    /// Whether the same call may succeed later, without anything being changed. Never for
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), where it could create a second export.
    ///
    /// The client has made its own attempts by then: wait for minutes rather than for seconds. After
    /// [`WaitTimeout`](ErrorKind::WaitTimeout), resume [`export`](Self::export) instead of starting
    /// another.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::RateLimited
                | ErrorKind::Server
                | ErrorKind::Unreachable
                | ErrorKind::WaitTimeout
                | ErrorKind::Busy
                | ErrorKind::DownloadInterrupted
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &self.0;
        if let Some(operation) = &error.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&error.message)?;
        for (index, detail) in error.details.iter().enumerate() {
            write!(f, "{}{detail}", if index == 0 { ": " } else { "; " })?;
        }
        if error.kind == ErrorKind::OutcomeUnknown {
            f.write_str(" (an export may have been created)")?;
        }
        if let Some(wait) = error.retry_after {
            write!(f, " (the server asks to wait {} s)", wait.as_secs())?;
        }
        if let Some((attempts, elapsed)) = error.tried.filter(|(attempts, _)| *attempts > 1) {
            write!(
                f,
                " (tried {attempts} times in {:.1} s)",
                elapsed.as_secs_f64()
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &self.0;
        let mut debug = f.debug_struct("Error");
        debug
            .field("kind", &self.kind())
            .field("message", &self.to_string());
        if let Some(status) = &error.status {
            debug.field("status", status);
        }
        if let Some(id) = &error.request_id {
            debug.field("request_id", id);
        }
        if let Some(export) = &error.export {
            debug.field("export", &export.to_string());
        }
        if let Some(source) = &error.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<felt_download::Error> for Error {
    fn from(error: felt_download::Error) -> Self {
        use felt_download::ErrorKind as Download;
        let kind = match error.kind() {
            Download::FileExists => ErrorKind::FileExists,
            Download::InTheWay => ErrorKind::InTheWay,
            Download::Folder => ErrorKind::Folder,
            Download::Busy => ErrorKind::Busy,
            Download::Disk => ErrorKind::Disk,
            Download::InvalidLink => ErrorKind::UnexpectedResponse,
            Download::Setup => ErrorKind::Setup,
            Download::Refused => ErrorKind::DownloadRefused,
            Download::Content => ErrorKind::UnexpectedContent,
            // Interrupted, and a link that could not be had for a reason that is not ours.
            _ => ErrorKind::DownloadInterrupted,
        };
        let mut ours = Self::new(kind, error.to_string());
        ours.0.status = error.status();
        match error.into_source().map(|source| source.downcast::<Self>()) {
            // Asking for a link is our own doing: that error says it best.
            Some(Ok(link_error)) => *link_error,
            Some(Err(source)) => ours.with_source(source),
            None => ours,
        }
    }
}
