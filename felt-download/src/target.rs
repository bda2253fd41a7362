//! The file at the end, and the part beside it while it is being made.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::{Error, ErrorKind};

/// Checks what [`Download::to_path`](crate::Download::to_path) checks first: that the folder exists,
/// and that no file is in the way unless it may be replaced. For those who have something costly to do
/// before they download.
///
/// # Errors
///
/// [`Folder`](ErrorKind::Folder), [`FileExists`](ErrorKind::FileExists), or
/// [`Disk`](ErrorKind::Disk) if it cannot be found out.
pub fn check_target(path: impl AsRef<Path>, overwrite: bool) -> Result<(), Error> {
    Target::check(path.as_ref(), overwrite).map(|_| ())
}

/// Where the file shall be, checked before anything is asked of a server.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: PathBuf,
    overwrite: bool,
}

impl Target {
    /// Fails if the folder is missing or a file is in the way.
    pub(crate) fn check(path: &Path, overwrite: bool) -> Result<Self, Error> {
        let target = Self {
            path: path.to_path_buf(),
            overwrite,
        };
        if path.file_name().is_none() || ends_in_separator(path) {
            return Err(Error::new(
                ErrorKind::Folder,
                format!(
                    "{:?} names no file: give a file name",
                    path.display().to_string()
                ),
            ));
        }
        let folder = target.folder();
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(Error::new(
                    ErrorKind::Folder,
                    format!("{} is a file, not a folder", folder.display()),
                ));
            }
            Err(source) if is_missing(&source) => {
                return Err(Error::new(
                    ErrorKind::Folder,
                    format!(
                        "the folder {} does not exist: create it first",
                        folder.display()
                    ),
                ));
            }
            Err(source) => return Err(Error::disk("look into", folder, source)),
        }
        target.check_way()?;
        Ok(target)
    }

    /// Fails if something is at the target that must stay.
    fn check_way(&self) -> Result<(), Error> {
        // Not `exists()`: a dangling symlink is in the way as well.
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() => Err(Error::new(
                ErrorKind::Folder,
                format!(
                    "{} is a folder: give a file name in it",
                    self.path.display()
                ),
            )),
            Ok(_) if !self.overwrite => Err(self.exists()),
            Ok(_) => Ok(()),
            Err(source) if is_missing(&source) => Ok(()),
            Err(source) => Err(Error::disk("look at", &self.path, source)),
        }
    }

    fn exists(&self) -> Error {
        Error::new(
            ErrorKind::FileExists,
            format!(
                "{} exists already and was left as it is: choose another name, or ask to overwrite it",
                self.path.display()
            ),
        )
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new, empty, locked part beside the target; `extension` is put behind the target's name.
    pub(crate) fn part(&self, extension: &str) -> Result<Part, Error> {
        let mut name = OsString::from(self.path.as_os_str());
        name.push(extension);
        let path = PathBuf::from(name);
        // Through a symlink another file would be emptied.
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(Error::new(
                ErrorKind::FileExists,
                format!(
                    "{} is in the way and is no file: move it away",
                    path.display()
                ),
            ));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // Not before the lock is ours: it may be another process's work.
            .truncate(false)
            .open(&path)
            .map_err(|source| Error::disk("create", &path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(&path)),
            // Some network file systems have no locks: one process is then on its own.
            Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(Error::disk("lock", &path, source)),
        }
        // Between opening and locking, the process that held it may have renamed it to its target:
        // what we hold would then be a finished file.
        let ours = same_file::Handle::from_path(&path).ok();
        let held = file
            .try_clone()
            .and_then(same_file::Handle::from_file)
            .map_err(|source| Error::disk("open", &path, source))?;
        if ours != Some(held) {
            return Err(busy(&path));
        }
        let part = Part {
            path,
            file,
            published: false,
        };
        part.file
            .set_len(0)
            .map_err(|source| Error::disk("empty", &part.path, source))?;
        Ok(part)
    }

    /// Makes the part the file: synced, renamed, and the folder synced. Blocks.
    pub(crate) fn publish(&self, mut part: Part) -> Result<(), Error> {
        part.file
            .sync_all()
            .map_err(|source| Error::disk("write", &part.path, source))?;
        self.check_way()?;
        if self.overwrite {
            fs::rename(&part.path, &self.path)
                .map_err(|source| Error::disk("replace", &self.path, source))?;
        } else {
            TempPath::try_from_path(&part.path)
                .map_err(|source| Error::disk("find", &part.path, source))?
                .persist_noclobber(&self.path)
                .map_err(|failed| match failed.error.kind() {
                    io::ErrorKind::AlreadyExists => self.exists(),
                    _ => Error::disk("create", &self.path, failed.error),
                })?;
        }
        part.published = true;
        sync_folder(self.folder());
        Ok(())
    }
}

/// A file in the making: removed again unless it is published.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    published: bool,
}

impl Part {
    /// A second handle on the same open file.
    pub(crate) fn file(&self) -> Result<File, Error> {
        self.file
            .try_clone()
            .map_err(|source| Error::disk("open", &self.path, source))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Once published, a part of that name is another process's.
        if !self.published {
            // Nothing is left to do about a failure here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn busy(part: &Path) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "another process is downloading to {}: wait for it, or choose another name",
            part.display()
        ),
    )
}

/// `NotADirectory`: a folder further up is a file; what is asked for is not there either way.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// `file_name()` of `a/b/` is `b`; who wrote the separator meant a folder.
fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator)
}

/// A rename is only on disk when its folder is. Where folders cannot be opened (Windows), the file
/// system's journal has to do; the data itself is synced already, so a failure is no reason to fail.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
