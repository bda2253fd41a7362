//! `felt-download` with what the facade knows: the format that is expected, and errors of one type.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use felt_download::{Content, Finished, LinkSource, Progress, Target};
use tokio::io::AsyncWrite;

use crate::format::describe;
use crate::{Client, Error, ExportHandle, Format};

/// A download of an export or of a direct link, to a path or a writer.
///
/// The file is what was asked for: if it arrives in a zip archive, as custom exports do, it is taken
/// out of it (feature `zip`), and what begins as something else that is known (a page of HTML or XML,
/// an API's error, a file of another format) is an error and no file. What happens on the way, and how
/// long it goes on over a bad network, is described in [felt-download](felt_download).
#[derive(Debug)]
#[must_use = "a download does nothing before `to_path` or `to_writer` is awaited"]
pub struct Download<'a> {
    inner: felt_download::Download<'a>,
    formats: Vec<Format>,
    keep_archive: bool,
    operation: String,
    export: Option<ExportHandle>,
}

impl<'a> Download<'a> {
    pub(crate) fn new(client: &Client, source: &'a dyn LinkSource, formats: &[Format]) -> Self {
        Self {
            inner: felt_download::Download::new(client.storage(), source),
            formats: formats.to_vec(),
            keep_archive: false,
            operation: String::new(),
            export: None,
        }
    }

    pub(crate) fn during(mut self, operation: String) -> Self {
        self.operation = operation;
        self
    }

    pub(crate) fn for_export(mut self, handle: &ExportHandle) -> Self {
        self.export = Some(handle.clone());
        self
    }

    /// Insists on one format: any other is an error, and no file.
    pub fn format(mut self, format: Format) -> Self {
        self.formats = vec![format];
        self
    }

    /// Keeps the zip archive that a custom export arrives in, instead of the file in it. A file that
    /// does not arrive in one is an error then.
    pub fn keep_archive(mut self) -> Self {
        self.keep_archive = true;
        self
    }

    /// Whether a file at the target may be replaced. Default: no.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.inner = self.inner.overwrite(overwrite);
        self
    }

    /// Calls `progress` as bytes arrive. It should return soon: the transfer waits for it.
    pub fn on_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.inner = self.inner.on_progress(progress);
        self
    }

    /// How long the storage host may be silent, before its headers or between bytes. Default: 30 s.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.inner = self.inner.stall_timeout(timeout);
        self
    }

    /// How often to try, and how long to wait in between. Default: 8 attempts, 0.5 s to 10 s apart.
    pub fn attempts(
        mut self,
        attempts: u32,
        first_delay: Duration,
        longest_delay: Duration,
    ) -> Self {
        self.inner = self.inner.attempts(attempts, first_delay, longest_delay);
        self
    }

    /// Downloads to a file. Its folder must exist, and no file may be there unless
    /// [`overwrite`](Self::overwrite) is set: both are checked before anything is sent.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind), from `FileExists` on; a fresh link is asked for as any
    /// other call is made. Whatever it is, the target is as it was before.
    pub async fn to_path(self, path: impl AsRef<Path>) -> Result<Finished, Error> {
        let (inner, context) = self.prepared();
        inner
            .to_path(path)
            .await
            .map_err(|error| context.put(error))
    }

    /// Downloads to a place that was [reserved](reserve) before.
    ///
    /// # Errors
    ///
    /// As for [`to_path`](Self::to_path).
    pub async fn to_target(self, target: Target) -> Result<Finished, Error> {
        let (inner, context) = self.prepared();
        inner
            .to_target(target)
            .await
            .map_err(|error| context.put(error))
    }

    /// Downloads into a writer, and flushes it; returns the number of bytes. What arrives is collected
    /// in a temporary file first: an archive can be read only when all of it is there.
    ///
    /// # Errors
    ///
    /// As for [`to_path`](Self::to_path). The writer may have got a part of the bytes by then.
    pub async fn to_writer<W>(self, writer: &mut W) -> Result<u64, Error>
    where
        W: AsyncWrite + Send + Unpin,
    {
        let (inner, context) = self.prepared();
        inner
            .to_writer(writer)
            .await
            .map_err(|error| context.put(error))
    }

    fn prepared(self) -> (felt_download::Download<'a>, Context) {
        let context = Context {
            operation: self.operation,
            export: self.export,
        };
        if self.keep_archive {
            return (self.inner.content(Content::Archive), context);
        }
        let extensions = self
            .formats
            .iter()
            .flat_map(|format| format.extensions())
            .map(ToString::to_string)
            .collect();
        let formats = self.formats;
        let fits = {
            let formats = formats.clone();
            move |head: &[u8]| {
                if formats.iter().any(|format| format.may_begin_with(head)) {
                    return Ok(());
                }
                let wanted: Vec<_> = formats.iter().map(|format| format.as_str()).collect();
                Err(format!(
                    "{} arrived where {} was asked for",
                    describe(head),
                    wanted.join(" or ")
                ))
            }
        };
        let is_whole = move |file: &File| {
            // Whichever of the formats it is, it has to have that format's end.
            if formats.iter().all(|format| format.is_whole(file)) {
                return Ok(());
            }
            Err("what arrived is cut off: the file has no end".to_string())
        };
        let inner = self
            .inner
            .content(Content::OneFile { extensions })
            .check_head(fits)
            .check_file(is_whole);
        (inner, context)
    }
}

/// Holds a place for a file before an export is started: what stands in the way (no such folder, a
/// file that is there, another process, a disk that cannot be written to) is told while nothing has
/// been created at Felt. [`Download::to_target`] takes it; dropping it gives it up.
///
/// ```no_run
/// # async fn example(layer: felt_api::Layer) -> Result<(), felt_api::Error> {
/// let target = felt_api::reserve("roads.csv", false)?;
/// let export = layer.export(felt_api::Format::Csv).start().await?;
/// export.wait().await?.download().to_target(target).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// `FileExists`, `InTheWay`, `Folder`, `Busy` or `Disk` of [`ErrorKind`](crate::ErrorKind).
pub fn reserve(path: impl AsRef<Path>, overwrite: bool) -> Result<Target, Error> {
    Ok(Target::reserve(path.as_ref(), overwrite)?)
}

/// What an error of the download is about.
struct Context {
    operation: String,
    export: Option<ExportHandle>,
}

impl Context {
    fn put(self, error: felt_download::Error) -> Error {
        let error = Error::from(error).during(|| self.operation);
        match &self.export {
            Some(handle) => error.for_export(handle),
            None => error,
        }
    }
}
