//! The builder that users see.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::stream::{Stream, unfold};
use tokio::io::AsyncWrite;
use tokio::sync::watch;

use crate::content::{Checks, Content};
use crate::patience::Limits;
use crate::plan::Plan;
use crate::target::Target;
use crate::transfer::Connections;
use crate::{Error, LinkSource, StorageClient};

/// Connections by default, where several pay.
const CONNECTIONS: usize = 4;

/// No connection is opened for fewer bytes.
const LEAST_BYTES: u64 = 4 * 1024 * 1024;

/// Slower than this for so long, a connection is given up by default.
const MIN_RATE: (u64, Duration) = (1024, Duration::from_secs(60));

/// One download: from a [`LinkSource`] to a path, a folder or a writer. `E` is the type of its errors: this
/// crate's, unless [`map_err`](Self::map_err) makes another of them.
#[must_use = "a download does nothing before one of `to_path`, `to_folder`, `to_target`, `extract_to` and `to_writer` is awaited"]
pub struct Download<'a, E = Error> {
    plan: Plan<'a>,
    convert: Box<dyn FnOnce(Error) -> E + Send + 'a>,
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that are there, with what an earlier download has left. They get fewer only if the download
    /// has to start over.
    pub bytes: u64,
    /// Bytes that there are, where the storage host said so.
    pub total: Option<u64>,
    /// How many requests there were, from 1.
    pub attempt: u32,
}

/// A file that is whole, on disk, and under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finished {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether it was there before, and was left as it is.
    pub skipped: bool,
}

impl Finished {
    pub(crate) fn new(path: PathBuf, bytes: u64) -> Self {
        Self {
            path,
            bytes,
            skipped: false,
        }
    }

    /// A file that is at the path already.
    pub(crate) fn found(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self {
            skipped: true,
            ..Self::new(path.to_path_buf(), found.len())
        })
    }
}

impl<'a> Download<'a> {
    /// A download of what `source` links to, over the connections of `storage`.
    pub fn new(storage: &StorageClient, source: &'a dyn LinkSource) -> Self {
        let plan = Plan {
            storage: storage.clone(),
            source,
            subject: String::new(),
            overwrite: false,
            skip_existing: false,
            content: Content::AsSent,
            #[cfg(feature = "zip")]
            unpacks: false,
            file_name: None,
            checks: Checks::default(),
            progress: Box::new(|_| {}),
            stall_timeout: storage.read_timeout(),
            min_rate: MIN_RATE,
            limits: Limits {
                attempts: 8,
                first_delay: Duration::from_millis(500),
                longest_delay: Duration::from_secs(10),
            },
            connections: Connections {
                most: CONNECTIONS,
                least_bytes: LEAST_BYTES,
                at_once: false,
            },
            #[cfg(feature = "zip")]
            zip_limits: crate::ZipLimits::default(),
        };
        Self {
            plan,
            convert: Box::new(|error| error),
        }
    }
}

impl<'a, E: 'a> Download<'a, E> {
    /// Makes another error of the one that it ends with, to say more or to be of the caller's own type.
    pub fn map_err<F>(self, convert: impl FnOnce(E) -> F + Send + 'a) -> Download<'a, F> {
        let first = self.convert;
        Download {
            plan: self.plan,
            convert: Box::new(|error| convert(first(error))),
        }
    }

    /// Whether a file at the target may be replaced. Default: no.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.plan.overwrite = overwrite;
        self
    }

    /// Whether a file at the target is left as it is, and taken for the one that was wanted: nothing is
    /// sent then. It comes before [`overwrite`](Self::overwrite). Default: no.
    pub fn skip_existing(mut self, skip: bool) -> Self {
        self.plan.skip_existing = skip;
        self
    }

    /// What of the bytes becomes the file. Default: all, as they come.
    pub fn content(mut self, content: Content) -> Self {
        self.plan.content = content;
        self
    }

    /// What the file is called in a folder, where only that is given: its last segment, without what no file
    /// should be called. Default: as the server says.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.plan.file_name = Some(name.into());
        self
    }

    /// Keeps the zip archive that arrives, whatever [`content`](Self::content) was: what is no archive is
    /// an error then. [`check_head`](Self::check_head) and [`check_file`](Self::check_file) are for the
    /// file in it, and are not asked.
    pub fn keep_archive(self) -> Self {
        self.content(Content::Archive)
    }

    /// Shows the file's first bytes (64, or all if it has less) to `check` before the file gets its
    /// name; what `check` says is wrong ends the download with
    /// [`ErrorKind::Content`](crate::ErrorKind::Content). Of several checks all have to pass.
    pub fn check_head(
        mut self,
        check: impl Fn(&[u8]) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.plan.checks.head.push(Box::new(check));
        self
    }

    /// Shows the file to `check` before it gets its name, if the server gave neither a length nor an end
    /// (HTTP/1 without `Content-Length` and chunks), so that nothing else tells a whole file from one
    /// that was cut off; what `check` says is wrong ends the download with
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted). `check` may read, from the file's
    /// beginning, and seek, and blocks no async thread. Of several checks all have to pass.
    pub fn check_file(
        mut self,
        check: impl Fn(&File) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.plan.checks.whole.push(Box::new(check));
        self
    }

    /// Names what is downloaded, for those who listen to `tracing` (with the feature of that name): it is
    /// the `subject` of the span `felt`.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.plan.subject = subject.into();
        self
    }

    /// Calls `progress` as bytes arrive, at most twenty times a second, and once at the end. It should return
    /// soon: the transfer waits for it.
    pub fn on_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.plan.progress = Box::new(progress);
        self
    }

    /// The same as a stream, instead of [`on_progress`](Self::on_progress). It ends with the download. Who
    /// looks seldom sees the latest.
    pub fn progress(self) -> (Self, impl Stream<Item = Progress> + Send + Unpin + use<E>) {
        let (tell, told) = watch::channel(None);
        let this = self.on_progress(move |progress| {
            tell.send_replace(Some(progress));
        });
        let stream = unfold(told, |mut told| async {
            told.changed().await.ok()?;
            let progress = *told.borrow_and_update();
            progress.map(|progress| (progress, told))
        });
        (this, Box::pin(stream))
    }

    /// How long the storage host may be silent, before its headers or between bytes. Default: the
    /// [`read_timeout`](crate::ConnectOptions::read_timeout) of the connections, 30 s.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.plan.stall_timeout = timeout;
        self
    }

    /// A connection that brings fewer than `bytes` per second over `window` is ended, and the download goes
    /// on with another. 0 bytes: however slow it is. Default: 1024 bytes per second over a minute.
    pub fn min_rate(mut self, bytes: u64, window: Duration) -> Self {
        self.plan.min_rate = (bytes, window);
        self
    }

    /// How many failures in a row, with no progress between them, end the download, and how long to wait
    /// after each. Default: 8, with 0.5 s to 10 s between them.
    pub fn attempts(
        mut self,
        attempts: u32,
        first_delay: Duration,
        longest_delay: Duration,
    ) -> Self {
        self.plan.limits = Limits {
            attempts,
            first_delay,
            longest_delay,
        };
        self
    }

    /// How many connections there may be at once. Default: 4.
    ///
    /// There is one at first. If the server can be asked for parts of the file, and at the present rate it
    /// would take more than some seconds, a second is opened; if the two bring at least a quarter more than
    /// the one, two more; and so on. None is opened for less than 4 MiB, nor for a writer.
    pub fn connections(mut self, most: usize) -> Self {
        self.plan.connections.most = most;
        self
    }

    /// For tests: all connections at once, whether they pay or not, for as few bytes as this.
    #[doc(hidden)]
    pub fn connections_at_once(mut self, connections: usize, least_bytes: u64) -> Self {
        self.plan.connections = Connections {
            most: connections,
            least_bytes,
            at_once: true,
        };
        self
    }

    /// What may come out of an archive.
    #[cfg(feature = "zip")]
    pub fn zip_limits(mut self, limits: crate::ZipLimits) -> Self {
        self.plan.zip_limits = limits;
        self
    }

    /// Downloads to a file. The folder must exist, and no file may be there unless
    /// [`overwrite`](Self::overwrite) or [`skip_existing`](Self::skip_existing) is set: both are checked
    /// before anything is sent.
    ///
    /// What arrives is kept beside the target if this fails, is dropped, or is killed, and the next
    /// download of the same file to the same target goes on from there.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind); whatever it is, the target is as it was before.
    pub async fn to_path(self, path: impl AsRef<Path>) -> Result<Finished, E> {
        let Self { plan, convert } = self;
        plan.save_as(path.as_ref()).await.map_err(convert)
    }

    /// Downloads to a file in a folder, which must exist: by the name of [`file_name`](Self::file_name), or
    /// else by the one that the server gives, made safe. To know that, one more request is made.
    ///
    /// # Errors
    ///
    /// As for [`to_path`](Self::to_path).
    pub async fn to_folder(self, folder: impl AsRef<Path>) -> Result<Finished, E> {
        let Self { plan, convert } = self;
        plan.save_in(folder.as_ref()).await.map_err(convert)
    }

    /// Downloads a zip archive, and unpacks all of it into `folder`, under the rules of
    /// [`extract`](crate::extract) and within [`zip_limits`](Self::zip_limits). If something else arrives,
    /// there is nothing to unpack: the folder holds the one file, by the name of
    /// [`file_name`](Self::file_name) or of the server.
    ///
    /// Nothing may be at `folder` but an empty folder, whatever [`overwrite`](Self::overwrite) says: a
    /// folder is never replaced. With [`skip_existing`](Self::skip_existing) one that is there is taken for
    /// what was wanted. The archive goes to `<folder>.part` meanwhile, and is gone on with as a file is.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind); whatever it is, nothing is at `folder` that was not there
    /// before.
    #[cfg(feature = "zip")]
    pub async fn extract_to(self, folder: impl AsRef<Path>) -> Result<crate::Extracted, E> {
        let Self { plan, convert } = self;
        plan.extract_to(folder.as_ref()).await.map_err(convert)
    }

    /// Downloads to a place that was reserved before; whether a file there may be replaced was said
    /// then.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind); whatever it is, the target is as it was before.
    pub async fn to_target(self, target: Target) -> Result<Finished, E> {
        self.plan.save(target).await.map_err(self.convert)
    }

    /// Downloads into a writer, and flushes it; returns the number of bytes.
    ///
    /// With [`Content::AsSent`] the bytes are passed on as they arrive: a transfer that breaks goes on from
    /// there if the server can, and otherwise ends, since what is written cannot be taken back. With other
    /// contents they are collected in a temporary file first, since an archive can be read only when all of
    /// it is there.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind). The writer may have got a part of the bytes by then.
    pub async fn to_writer<W>(self, writer: &mut W) -> Result<u64, E>
    where
        W: AsyncWrite + Send + Unpin,
    {
        self.plan.pass_on(writer).await.map_err(self.convert)
    }
}

impl<E> std::fmt::Debug for Download<'_, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("overwrite", &self.plan.overwrite)
            .field("content", &self.plan.content)
            .finish_non_exhaustive()
    }
}
