//! The builder that users see.

use std::fs::File;
#[cfg(feature = "zip")]
use std::io::Write;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::AsyncWrite;

use crate::content::{Checks, Content, HEAD, cannot_read_back, is_zip};
use crate::target::Target;
use crate::trace::{span, within};
use crate::transfer::{Arrived, Rules, Sink, transfer};
use crate::{Error, ErrorKind, LinkSource, StorageClient};

type OnProgress = Box<dyn Fn(Progress) + Send + Sync>;

/// One download: from a [`LinkSource`] to a path or a writer. `E` is the type of its errors: this
/// crate's, unless [`map_err`](Self::map_err) makes another of them.
#[must_use = "a download does nothing before `to_path` or `to_writer` is awaited"]
pub struct Download<'a, E = Error> {
    plan: Plan<'a>,
    convert: Box<dyn FnOnce(Error) -> E + Send + 'a>,
}

/// What is to be done.
struct Plan<'a> {
    storage: StorageClient,
    source: &'a dyn LinkSource,
    subject: String,
    overwrite: bool,
    content: Content,
    checks: Checks,
    progress: OnProgress,
    stall_timeout: Duration,
    attempts: u32,
    first_delay: Duration,
    longest_delay: Duration,
}

/// How far a download is. `bytes` starts from 0 again with each attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that have arrived.
    pub bytes: u64,
    /// Bytes that there are, where the storage host said so.
    pub total: Option<u64>,
    /// Which attempt this is, from 1.
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
}

impl<'a> Download<'a> {
    /// A download of what `source` links to, over the connections of `storage`.
    pub fn new(storage: &StorageClient, source: &'a dyn LinkSource) -> Self {
        let plan = Plan {
            storage: storage.clone(),
            source,
            subject: String::new(),
            overwrite: false,
            content: Content::AsSent,
            checks: Checks::default(),
            progress: Box::new(|_| {}),
            stall_timeout: storage.read_timeout(),
            attempts: 8,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(10),
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

    /// What of the bytes becomes the file. Default: all, as they come.
    pub fn content(mut self, content: Content) -> Self {
        self.plan.content = content;
        self
    }

    /// Keeps the zip archive that arrives, whatever [`content`](Self::content) was: what is no archive is
    /// an error then. [`check_head`](Self::check_head) and [`check_file`](Self::check_file) are for the
    /// file in it, and are not asked.
    pub fn keep_archive(self) -> Self {
        self.content(Content::Archive)
    }

    /// Shows the file's first bytes (64, or all if it has less) to `check` before the file gets its
    /// name; what `check` says is wrong ends the download with [`ErrorKind::Content`]. Of several checks
    /// all have to pass.
    pub fn check_head(
        mut self,
        check: impl Fn(&[u8]) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.plan.checks.head.push(Box::new(check));
        self
    }

    /// Shows the file to `check` before it gets its name, if the server gave neither a length nor an end
    /// (HTTP/1 without `Content-Length` and chunks), so that nothing else tells a whole file from one
    /// that was cut off; what `check` says is wrong ends the download with [`ErrorKind::Interrupted`].
    /// `check` may read, from the file's beginning, and seek, and blocks no async thread. Of several checks all have to pass.
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

    /// Calls `progress` as bytes arrive. It should return soon: the transfer waits for it.
    pub fn on_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.plan.progress = Box::new(progress);
        self
    }

    /// How long the storage host may be silent, before its headers or between bytes. Default: the
    /// [`read_timeout`](crate::ConnectOptions::read_timeout) of the connections, 30 s.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.plan.stall_timeout = timeout;
        self
    }

    /// How often to try, and how long to wait in between. Default: 8 attempts, 0.5 s to 10 s apart.
    pub fn attempts(
        mut self,
        attempts: u32,
        first_delay: Duration,
        longest_delay: Duration,
    ) -> Self {
        self.plan.attempts = attempts;
        self.plan.first_delay = first_delay;
        self.plan.longest_delay = longest_delay;
        self
    }

    /// Downloads to a file. The folder must exist, and no file may be there unless
    /// [`overwrite`](Self::overwrite) is set: both are checked before anything is sent.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; whatever it is, the target is as it was before.
    pub async fn to_path(self, path: impl AsRef<Path>) -> Result<Finished, E> {
        match Target::reserve(path.as_ref(), self.plan.overwrite) {
            Ok(target) => self.to_target(target).await,
            Err(error) => Err((self.convert)(error)),
        }
    }

    /// Downloads to a place that was reserved before; whether a file there may be replaced was said
    /// then.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; whatever it is, the target is as it was before.
    pub async fn to_target(self, target: Target) -> Result<Finished, E> {
        self.plan.save(target).await.map_err(self.convert)
    }

    /// Downloads into a writer, and flushes it; returns the number of bytes.
    ///
    /// With [`Content::AsSent`] the bytes are passed on as they arrive, and an attempt that breaks
    /// after the first byte is the last. Otherwise they are collected in a temporary file first, since
    /// an archive can be read only when all of it is there.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]. The writer may have got a part of the bytes by then.
    pub async fn to_writer<W>(self, writer: &mut W) -> Result<u64, E>
    where
        W: AsyncWrite + Send + Unpin,
    {
        self.plan.pass_on(writer).await.map_err(self.convert)
    }
}

impl Plan<'_> {
    async fn save(self, mut target: Target) -> Result<Finished, Error> {
        let mut sink = Sink::File(tokio::fs::File::from_std(target.part()?));
        let arrived = self.run(&mut sink).await?;
        // The file that the sink holds is the part's: no write may come after this.
        drop(sink);
        let Self {
            content, checks, ..
        } = self;
        // Nobody waits any more once this is dropped, and a thread cannot be.
        let dropped = Dropped::default();
        let given_up = dropped.0.clone();
        blocking(move || {
            let part = target.part()?;
            let entry = take_entry(&part, &content, &checks, &arrived, &given_up, || {
                target.unpacked()
            })?;
            let bytes = entry.map_or(arrived.bytes, |(_, bytes)| bytes);
            if given_up.load(Ordering::Relaxed) {
                return Err(Error::new(
                    ErrorKind::Interrupted,
                    "the download was given up",
                ));
            }
            let path = target.publish()?;
            Ok(Finished { path, bytes })
        })
        .await
    }

    async fn pass_on<W>(self, writer: &mut W) -> Result<u64, Error>
    where
        W: AsyncWrite + Send + Unpin,
    {
        if self.content == Content::AsSent {
            return Ok(self.run(&mut Sink::Writer(writer)).await?.bytes);
        }
        let arrived = spool()?;
        let clone = arrived.try_clone().map_err(no_spool)?;
        let mut sink = Sink::File(tokio::fs::File::from_std(clone));
        let transferred = self.run(&mut sink).await?;
        drop(sink);
        let Self {
            content, checks, ..
        } = self;
        let dropped = Dropped::default();
        let given_up = dropped.0.clone();
        let mut file = blocking(move || {
            let entry = take_entry(&arrived, &content, &checks, &transferred, &given_up, spool)?;
            let mut file = entry.map_or(arrived, |(unpacked, _)| unpacked);
            file.rewind().map_err(no_spool)?;
            Ok(tokio::fs::File::from_std(file))
        })
        .await?;
        let bytes = tokio::io::copy(&mut file, writer)
            .await
            .map_err(cannot_pass_on)?;
        tokio::io::AsyncWriteExt::flush(writer)
            .await
            .map_err(cannot_pass_on)?;
        Ok(bytes)
    }

    async fn run(&self, sink: &mut Sink<'_>) -> Result<Arrived, Error> {
        let zero = [
            ("stall_timeout", self.stall_timeout.is_zero()),
            ("attempts", self.attempts == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, is_zero)| *is_zero) {
            let message = format!("{name} is 0: give more, or nothing can arrive");
            return Err(Error::new(ErrorKind::InvalidSetting, message));
        }
        let rules = Rules {
            stall_timeout: self.stall_timeout,
            attempts: self.attempts,
            first_delay: self.first_delay,
            longest_delay: self.longest_delay,
            inspect: &|head| match &self.content {
                // The head of the entry is looked at instead, once it is out.
                Content::OneFile { .. } if is_zip(head) => Ok(()),
                Content::Archive if !is_zip(head) => Err(Error::new(
                    ErrorKind::Content,
                    "what arrived is no zip archive, but the file itself: ask for that",
                )),
                Content::Archive => Ok(()),
                Content::AsSent | Content::OneFile { .. } => self.checks.head(head),
            },
            progress: &self.progress,
        };
        let transfer = transfer(&self.storage, self.source, sink, &rules);
        within(&span("download", &self.subject), transfer).await
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

/// The entry that is wanted, if what arrived is an archive and is to be opened, unpacked into a new file
/// of `place`'s; with its bytes. Otherwise what arrived is the file, and has to be whole.
fn take_entry(
    file: &File,
    content: &Content,
    checks: &Checks,
    arrived: &Arrived,
    given_up: &AtomicBool,
    place: impl FnOnce() -> Result<File, Error>,
) -> Result<Option<(File, u64)>, Error> {
    match content {
        Content::OneFile { extensions } if is_zip(&read_head(file)?) => {
            let unpacked = place()?;
            let bytes = unpack(file, extensions, &unpacked, given_up)?;
            checks.head(&read_head(&unpacked)?)?;
            Ok(Some((unpacked, bytes)))
        }
        _ => is_whole(file, content, checks, arrived).map(|()| None),
    }
}

fn read_head(mut file: &File) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    file.rewind()
        .and_then(|()| file.take(HEAD as u64).read_to_end(&mut head))
        .map_err(cannot_read_back)?;
    Ok(head)
}

/// What the bytes themselves can tell, where the protocol does not say that they are all.
fn is_whole(
    file: &File,
    content: &Content,
    checks: &Checks,
    arrived: &Arrived,
) -> Result<(), Error> {
    match content {
        _ if arrived.framed => Ok(()),
        #[cfg(feature = "zip")]
        Content::Archive => crate::archive::check_directory(file),
        #[cfg(not(feature = "zip"))]
        Content::Archive => Ok(()),
        _ => checks.whole(file),
    }
}

#[cfg(feature = "zip")]
fn unpack(
    archive: &File,
    extensions: &[String],
    out: &File,
    given_up: &AtomicBool,
) -> Result<u64, Error> {
    let out = &mut Until { out, given_up };
    crate::archive::one_file(archive, extensions, out, &crate::ZipLimits::default(), None)
}

/// A writer that fails once it is of no use any more.
#[cfg(feature = "zip")]
struct Until<'a> {
    out: &'a File,
    given_up: &'a AtomicBool,
}

#[cfg(feature = "zip")]
impl Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.given_up.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("the download was given up"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(not(feature = "zip"))]
fn unpack(_: &File, _: &[String], _: &File, _: &AtomicBool) -> Result<u64, Error> {
    Err(Error::new(
        ErrorKind::Content,
        "a zip archive arrived, and this program was built without the feature `zip`: keep the archive instead",
    ))
}

/// Tells a blocking thread that the future it works for was dropped.
#[derive(Default)]
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn spool() -> Result<File, Error> {
    tempfile::tempfile().map_err(no_spool)
}

fn no_spool(source: std::io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot use a temporary file").with_source(source)
}

fn cannot_pass_on(source: std::io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot write what arrived").with_source(source)
}

/// Runs what blocks off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(Error::new(
            ErrorKind::Disk,
            "finishing the file was stopped with the runtime",
        )
        .with_source(stopped)),
    }
}
