//! An operation that failed.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::{ErrorDetail, ErrorKind, ExportHandle, ExportStatus};

/// A cause, whatever its type.
type Source = Box<dyn StdError + Send + Sync>;

/// An operation that failed: why, what the server said, and what is left to go on with.
///
/// `Display` is one line with the operation, the status, what the server said (title, detail, and the
/// part of the request that it blames), and what was tried. None of it, nor `Debug`, nor any
/// `source()`, shows the token or the query of a signed link.
///
/// [`kind`](Self::kind) is to match on. Each kind has a predicate, whose documentation says under
/// *Troubleshooting* what to do.
pub struct Error(pub(crate) Box<Inner>);

pub(crate) struct Inner {
    pub(crate) kind: ErrorKind,
    operation: Option<String>,
    message: String,
    status: Option<u16>,
    pub(crate) details: Vec<ErrorDetail>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) request_id: Option<String>,
    export: Option<ExportHandle>,
    pub(crate) last_status: Option<ExportStatus>,
    pub(crate) asking: bool,
    pub(crate) created: Option<String>,
    kept: Option<u64>,
    attempts: u32,
    elapsed: Duration,
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
            last_status: None,
            asking: false,
            created: None,
            kept: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            source: None,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::UnexpectedResponse, message)
    }

    /// Fills in what is known.
    pub(crate) fn with(mut self, fill: impl FnOnce(&mut Inner)) -> Self {
        fill(&mut self.0);
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
        (self.0.attempts, self.0.elapsed) = (attempts, elapsed);
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

    /// Bytes of a download that have arrived, and are kept beside the target: the next download of the same
    /// export, or of the same layer by its link, to the same target goes on from there.
    pub fn kept(&self) -> Option<u64> {
        self.0.kept
    }

    /// The last status that a wait was told before its patience ended.
    pub fn last_status(&self) -> Option<&ExportStatus> {
        self.0.last_status.as_ref()
    }

    /// How often it was tried; for a wait, how often the server was asked. 0 where nothing was sent,
    /// and for a download.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long that took, from the first attempt's start to the last one's end.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Whether asking for the status of an export did not help, whatever the [`kind`](Self::kind) is:
    /// there was no answer, or none that is of use. The export may be in progress, completed or failed.
    /// Never for [`WaitTimeout`](ErrorKind::WaitTimeout), whose `source()` says what the last trouble was.
    ///
    /// # Troubleshooting
    ///
    /// Mend what the kind says (the token, the network), and go on with
    /// [`Client::resume`](crate::Client::resume) and [`export`](Self::export). Nothing has to be created
    /// again.
    pub fn could_not_ask(&self) -> bool {
        self.0.asking
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
            f.write_str(if index == 0 { ": " } else { "; " })?;
            // Often it is no more than the name of the status.
            let is_said = |title: &String| error.message.ends_with(title.as_str());
            match detail.title.as_ref().is_some_and(is_said) && detail.detail.is_some() {
                true => detail.untitled().fmt(f)?,
                false => detail.fmt(f)?,
            }
        }
        if error.kind == ErrorKind::OutcomeUnknown {
            f.write_str(" (an export may have been created)")?;
        }
        if let Some(wait) = error.retry_after {
            write!(f, " (the server asks to wait {} s)", wait.as_secs())?;
        }
        // The messages of these two say it, or are not about trying.
        let said = matches!(error.kind, ErrorKind::WaitTimeout | ErrorKind::ExportFailed);
        if error.attempts > 1 && !said {
            let seconds = error.elapsed.as_secs_f64();
            write!(f, " ({} attempts in {seconds:.1} s)", error.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &self.0;
        f.debug_struct("Error")
            .field("kind", &error.kind)
            .field("message", &self.to_string())
            .field("status", &error.status)
            .field("request_id", &error.request_id)
            .field("export", &error.export.as_ref().map(ToString::to_string))
            .field("last_status", &error.last_status)
            .field("source", &error.source)
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

impl From<felt_download::Error> for Error {
    fn from(error: felt_download::Error) -> Self {
        let mut ours = Self::new(
            error.kind().into(),
            // It may name a path, whatever that consists of.
            error.to_string().replace(char::is_control, " "),
        );
        let kept = error.kept();
        (ours.0.status, ours.0.kept) = (error.status(), kept);
        match error.into_source().map(|source| source.downcast::<Self>()) {
            // Asking for a link is our own doing: that error says it best.
            Some(Ok(link_error)) => link_error.with(|error| error.kept = kept),
            Some(Err(source)) => ours.with_source(source),
            None => ours,
        }
    }
}
