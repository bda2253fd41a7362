//! What of the bytes that arrive becomes the file.

use std::fs::File;
use std::io::{self, Seek};

use crate::signature::Signature;
use crate::{Error, ErrorKind};

/// What of the bytes that arrive becomes the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// The bytes as they come.
    #[default]
    AsSent,
    /// The bytes as they come, which must be a zip archive.
    Archive,
    /// One file. If a zip archive arrives (told by its first bytes, not by its name), the file is the
    /// one entry with one of these extensions, without dot, in any case; anything else is the file
    /// itself. Needs the feature `zip` when an archive arrives.
    OneFile {
        /// The extensions that the entry may have: `["tif", "tiff"]`.
        extensions: Vec<String>,
    },
}

/// How many first bytes tell one kind of file from another.
pub(crate) const HEAD: usize = 64;

/// Says what is wrong with what it is shown.
type Check<T> = Box<dyn Fn(&T) -> Result<(), String> + Send + Sync>;

/// What a file must be like: all of it.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) head: Vec<Check<[u8]>>,
    pub(crate) whole: Vec<Check<File>>,
}

impl Checks {
    pub(crate) fn head(&self, head: &[u8]) -> Result<(), Error> {
        let mut checks = self.head.iter();
        checks
            .try_for_each(|check| check(head))
            .map_err(|why| Error::new(ErrorKind::Content, why))
    }

    pub(crate) fn whole(&self, file: &File) -> Result<(), Error> {
        for check in &self.whole {
            (&*file).rewind().map_err(cannot_read_back)?;
            check(file).map_err(|why| Error::new(ErrorKind::Interrupted, why))?;
        }
        Ok(())
    }
}

pub(crate) fn cannot_read_back(source: io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot read back what arrived").with_source(source)
}

/// Whether these are the first bytes of a zip archive.
pub(crate) fn is_zip(head: &[u8]) -> bool {
    Signature::of(head) == Some(Signature::Zip)
}
