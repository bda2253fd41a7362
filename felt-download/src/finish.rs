//! From bytes that have all arrived to the file that was asked for. Blocks.

use std::fs::File;
use std::io::{Read, Seek};
#[cfg(feature = "zip")]
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "zip")]
use crate::archive::Extracted;
use crate::content::{Checks, Content, HEAD, cannot_read_back, is_zip};
#[cfg(feature = "zip")]
use crate::folder::FolderTarget;
use crate::transfer::Arrived;
use crate::{Error, ErrorKind};

/// What is made of what has arrived.
pub(crate) struct Finish {
    pub(crate) content: Content,
    pub(crate) checks: Checks,
    #[cfg(feature = "zip")]
    pub(crate) limits: crate::ZipLimits,
    /// Where what comes out of an archive goes; none if that is a temporary file.
    #[cfg(feature = "zip")]
    pub(crate) folder: Option<PathBuf>,
    /// Set when nobody waits any more.
    pub(crate) given_up: Arc<AtomicBool>,
}

impl Finish {
    /// Looks at the first bytes of what arrives.
    pub(crate) fn inspect(content: &Content, checks: &Checks, head: &[u8]) -> Result<(), Error> {
        match content {
            // The head of the entry is looked at instead, once it is out.
            Content::OneFile { .. } if is_zip(head) => Ok(()),
            Content::Archive if !is_zip(head) => Err(Error::new(
                ErrorKind::Content,
                "what arrived is no zip archive, but the file itself: ask for the file, by a name that does not end in .zip",
            )),
            Content::Archive => Ok(()),
            Content::AsSent | Content::OneFile { .. } => checks.head(head),
        }
    }

    /// The entry that is wanted, if what arrived is an archive and is to be opened, unpacked into a new
    /// file of `place`'s; with its bytes. Otherwise what arrived is the file, and has to be whole.
    pub(crate) fn take_entry(
        &self,
        file: &File,
        arrived: &Arrived,
        place: impl FnOnce() -> Result<File, Error>,
    ) -> Result<Option<(File, u64)>, Error> {
        let head = check_arrived(file, arrived)?;
        // Part of it may have been brought by an earlier process.
        Self::inspect(&self.content, &self.checks, &head).map_err(Error::spoilt)?;
        match &self.content {
            Content::OneFile { extensions } if is_zip(&head) => {
                let unpacked = place()?;
                let bytes = self.unpack(file, extensions, &unpacked)?;
                let head = read_head(&unpacked)?;
                self.checks.head(&head).map_err(Error::spoilt)?;
                Ok(Some((unpacked, bytes)))
            }
            _ => self.is_whole(file, arrived).map(|()| None),
        }
    }

    /// All that is in the archive, or the file that arrived instead of one, in a folder.
    #[cfg(feature = "zip")]
    pub(crate) fn take_folder(
        &self,
        place: FolderTarget,
        arrived: &Arrived,
        name: Option<&str>,
    ) -> Result<Extracted, Error> {
        let (target, making) = place.split();
        let checked = target.part().and_then(|part| {
            let head = check_arrived(&part, arrived)?;
            if !is_zip(&head) {
                self.checks.head(&head).map_err(Error::spoilt)?;
                self.is_whole(&part, arrived)?;
            }
            self.check_wanted()?;
            Ok(head)
        });
        match checked {
            Ok(head) if is_zip(&head) => making.unpack(target, &self.limits, &self.given_up),
            Ok(_) => {
                let name = name.or(arrived.name.as_deref()).unwrap_or("download");
                making.take_file(target, name)
            }
            Err(error) => Err(target.leave(error)),
        }
    }

    /// Fails if nobody waits any more.
    pub(crate) fn check_wanted(&self) -> Result<(), Error> {
        match self.given_up.load(Ordering::Relaxed) {
            true => Err(Error::new(
                ErrorKind::Interrupted,
                "the download was given up",
            )),
            false => Ok(()),
        }
    }

    /// What the bytes themselves can tell, where the protocol does not say that they are all.
    fn is_whole(&self, file: &File, arrived: &Arrived) -> Result<(), Error> {
        match &self.content {
            _ if arrived.framed => Ok(()),
            #[cfg(feature = "zip")]
            Content::Archive => crate::archive::check_directory(file),
            #[cfg(not(feature = "zip"))]
            Content::Archive => Ok(()),
            _ => self.checks.whole(file).map_err(Error::spoilt),
        }
    }

    #[cfg(feature = "zip")]
    fn unpack(&self, archive: &File, extensions: &[String], out: &File) -> Result<u64, Error> {
        let out = &mut Until {
            out,
            given_up: &self.given_up,
        };
        crate::archive::one_file(
            archive,
            extensions,
            out,
            &self.limits,
            self.folder.as_deref(),
        )
    }

    #[cfg(not(feature = "zip"))]
    fn unpack(&self, _: &File, _: &[String], _: &File) -> Result<u64, Error> {
        Err(Error::new(
            ErrorKind::Content,
            "a zip archive arrived, and this program was built without the feature `zip`: keep the archive instead",
        ))
    }
}

/// The first bytes of what has arrived, if it is all there.
fn check_arrived(file: &File, arrived: &Arrived) -> Result<Vec<u8>, Error> {
    let length = file.metadata().map_err(cannot_read_back)?.len();
    if length != arrived.bytes {
        let message = format!(
            "{} bytes arrived, and the part has {length} by now: does something else write to it?",
            arrived.bytes
        );
        return Err(Error::new(ErrorKind::Content, message).spoilt());
    }
    read_head(file)
}

pub(crate) fn read_head(mut file: &File) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    file.rewind()
        .and_then(|()| file.take(HEAD as u64).read_to_end(&mut head))
        .map_err(cannot_read_back)?;
    Ok(head)
}

/// A writer that fails once it is of no use any more.
#[cfg(feature = "zip")]
struct Until<'a> {
    out: &'a File,
    given_up: &'a AtomicBool,
}

#[cfg(feature = "zip")]
impl std::io::Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.given_up.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("the download was given up"));
        }
        (&*self.out).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        (&*self.out).flush()
    }
}

/// Tells a blocking thread that the future it works for was dropped.
#[derive(Default)]
pub(crate) struct Dropped(pub(crate) Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs what blocks off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
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
