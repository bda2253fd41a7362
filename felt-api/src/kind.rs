//! What can go wrong, in a form to match on.

use felt_download::ErrorKind as DownloadKind;

/// What went wrong.
///
/// | The server's answer | Kind | Tried again? | What to do |
/// |---|---|---|---|
/// | 401 | [`Unauthorized`](Self::Unauthorized) | no | set a valid token |
/// | 403 | [`Forbidden`](Self::Forbidden) | no | have the map shared with the token's owner |
/// | 404 | [`NotFound`](Self::NotFound) | no[^new] | check the ids, and that the token's owner sees the map |
/// | 422, any other 4xx | [`Rejected`](Self::Rejected) | no | change what [`Error::details`] blames |
/// | 429 | [`RateLimited`](Self::RateLimited) | yes | ask less often; come back in minutes |
/// | 408, 500, 502, 503, 504 | [`Server`](Self::Server) | yes | come back in minutes |
/// | any other 5xx | [`Server`](Self::Server) | no | come back later; report it to Felt |
/// | none: connection refused, reset, timed out | [`Unreachable`](Self::Unreachable) | yes | check network, proxy and base URL |
/// | a redirect, a 2xx that is not as documented or larger than allowed, a link that cannot be one | [`UnexpectedResponse`](Self::UnexpectedResponse) | no | check the base URL; regenerate the client if Felt has changed |
/// | **to creating an export:** 429, 503 with `Retry-After`; no connection | as above | yes | as above |
/// | **to creating an export:** 408, any other 5xx, 303, a 2xx without an id; a connection that broke or was silent | [`OutcomeUnknown`](Self::OutcomeUnknown) | no[^doubt] | look in Felt before starting another |
/// | **to a wait:** `failed` | [`ExportFailed`](Self::ExportFailed) | no | start another; another format or filter may do |
/// | **to a wait:** `completed` without a link, for a minute | [`UnexpectedResponse`](Self::UnexpectedResponse) | yes | resume [`Error::export`] |
/// | **to a wait:** `in_progress`, or anything unknown, for too long | [`WaitTimeout`](Self::WaitTimeout) | yes | resume [`Error::export`] |
///
/// [^new]: A wait asks again within ten seconds of the creation: replicas lag.
/// [^doubt]: With [`ExportRequest::retry_in_doubt`](crate::ExportRequest::retry_in_doubt) yes, after 408,
///     500, 502, 503, 504, and no answer at all.
///
/// "Tried again" is what the client does by itself, as [`Retry`](crate::Retry) and
/// [`Wait`](crate::Wait) say. The other kinds come from this machine or from a download; each says
/// below when it does.
///
/// [`Error::details`]: crate::Error::details
/// [`Error::export`]: crate::Error::export
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or a setting that can never work: an id, a format, a filter, a base URL, a proxy, a
    /// token that no header can carry. Nothing was sent.
    InvalidInput,
    /// There is no API token (then [`Error::status`](crate::Error::status) is `None`), or Felt does not
    /// accept it.
    Unauthorized,
    /// The token is valid, and may not do this.
    Forbidden,
    /// There is no such map, layer or export, or the token's owner cannot see it.
    NotFound,
    /// Felt refused the request as invalid; [`Error::details`](crate::Error::details) says which part of
    /// it.
    Rejected,
    /// Too many requests, for longer than the client was willing to wait.
    RateLimited,
    /// Felt, or a proxy before it, is in trouble.
    Server,
    /// No answer: no connection, or one that broke or was silent for too long.
    Unreachable,
    /// An answer that the API's documentation does not know, or that is larger than
    /// [`max_body`](crate::ClientBuilder::max_body).
    UnexpectedResponse,
    /// The export may have been created or not: the request was sent, and no answer says what became
    /// of it. Trying again may create a second one.
    OutcomeUnknown,
    /// Felt says that the export failed.
    ExportFailed,
    /// The export was not finished within the time that the wait was given. It goes on.
    WaitTimeout,
    /// No TLS client can be built: CA certificates are missing on this machine, or the program was built
    /// without TLS.
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

impl From<DownloadKind> for ErrorKind {
    fn from(kind: DownloadKind) -> Self {
        match kind {
            DownloadKind::FileExists => Self::FileExists,
            DownloadKind::InTheWay => Self::InTheWay,
            DownloadKind::Folder => Self::Folder,
            DownloadKind::Busy => Self::Busy,
            DownloadKind::Disk => Self::Disk,
            DownloadKind::InvalidLink => Self::UnexpectedResponse,
            DownloadKind::InvalidSetting => Self::InvalidInput,
            DownloadKind::Setup => Self::Setup,
            DownloadKind::Refused => Self::DownloadRefused,
            DownloadKind::Content => Self::UnexpectedContent,
            // Interrupted, and a link that could not be had for a reason that is not ours.
            _ => Self::DownloadInterrupted,
        }
    }
}
