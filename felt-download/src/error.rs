//! What can go wrong between a link and a file.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

use crate::BoxError;

/// Why a download failed, in a form to match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file is at the target already, and overwriting was not asked for. It was not touched.
    FileExists,
    /// What is at the target, or where its part would be, is no regular file or not ours, and is not
    /// replaced whatever was asked for.
    InTheWay,
    /// The target's folder does not exist or is a file, or the target is a folder.
    Folder,
    /// Another process is downloading to the same target.
    Busy,
    /// Reading or writing on this machine failed: disk full, no permission, a closed pipe.
    Disk,
    /// The [`LinkSource`](crate::LinkSource) failed; its error is the `source()`.
    Link,
    /// The link is no URL, or one that is not fetched: not https, with a user name.
    InvalidLink,
    /// One of the [`ConnectOptions`](crate::ConnectOptions) can never work.
    InvalidSetting,
    /// No TLS client can be built on this machine.
    Setup,
    /// Storage refused the download, with a fresh link too.
    Refused,
    /// The transfer broke, stalled, or met a server in trouble, more often than is tolerated.
    Interrupted,
    /// What arrived is not what was asked for.
    Content,
}

/// A download that failed. The target is as it was before; what has arrived may be [`kept`](Self::kept)
/// beside it.
///
/// Neither `Display` nor `Debug` nor any `source()` shows the query of a link.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
    kept: Option<u64>,
    /// Whether it is about what has arrived, which is of no use then.
    spoilt: bool,
    source: Option<BoxError>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            status: None,
            kept: None,
            spoilt: false,
            source: None,
        }))
    }

    /// An I/O error with the path that it is about.
    pub(crate) fn disk(what: &str, path: &Path, source: io::Error) -> Self {
        Self::new(ErrorKind::Disk, format!("cannot {what} {}", path.display())).with_source(source)
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// What has arrived is what is wrong.
    pub(crate) fn spoilt(mut self) -> Self {
        self.0.spoilt = true;
        self
    }

    pub(crate) fn is_spoilt(&self) -> bool {
        self.0.spoilt
    }

    pub(crate) fn with_kept(mut self, bytes: u64) -> Self {
        self.0.kept = Some(bytes);
        self
    }

    /// What is kept is not of what was asked for.
    pub(crate) fn without_kept(mut self) -> Self {
        self.0.kept = None;
        self
    }

    /// Why it failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status that storage answered last, where it answered.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Bytes that have arrived and are kept beside the target: the next download of the same file to the
    /// same target goes on from there.
    pub fn kept(&self) -> Option<u64> {
        self.0.kept
    }

    /// The cause, by value: a [`LinkSource`](crate::LinkSource)'s own error among others.
    pub fn into_source(self) -> Option<BoxError> {
        self.0.source
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("kept", &self.0.kept)
            .field("source", &self.0.source)
            .finish()
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
