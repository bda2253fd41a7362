//! The file at the end, and the part beside it while it is being made.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::{Error, ErrorKind};

/// A place for a file: checked, and held against other processes until it is used or dropped.
///
/// For those who have something costly to do before they download: what stands in the way is told
/// first. [`Download::to_target`](crate::Download::to_target) takes it;
/// [`Download::to_path`](crate::Download::to_path) makes its own.
///
/// Beside the file to be there are, until then, `<name>.part` with what has arrived, and
/// `<name>.part.json`, which is locked, and by which a later process knows that the part is not
/// somebody else's file. Dropping it removes both.
#[derive(Debug)]
#[must_use = "the place is given up when this is dropped"]
pub struct Target {
    path: PathBuf,
    overwrite: bool,
    // Dropped in this order: while there is a part, the sidecar says whose it is.
    part: Part,
    // What comes out of an archive.
    unpacked: Option<Part>,
    _sidecar: Sidecar,
}

impl Target {
    /// Holds `path`. Its folder must exist, and no file may be there unless `overwrite` is set.
    ///
    /// # Errors
    ///
    /// - [`Folder`](ErrorKind::Folder): no such folder, or the path is one.
    /// - [`FileExists`](ErrorKind::FileExists): a file is at the path.
    /// - [`InTheWay`](ErrorKind::InTheWay): something that must not be replaced is at the path, or
    ///   where the part would be.
    /// - [`Busy`](ErrorKind::Busy): another process holds it.
    /// - [`Disk`](ErrorKind::Disk): nothing can be written there.
    pub fn reserve(path: impl Into<PathBuf>, overwrite: bool) -> Result<Self, Error> {
        let path = path.into();
        check_folder(&path)?;
        check_way(&path, overwrite)?;
        let mut sidecar = Sidecar::lock(&path)?;
        let (part, unpacked) = (beside(&path, PART), beside(&path, UNPACKED));
        if let Some(theirs) = [&part, &unpacked]
            .into_iter()
            .find(|rest| sidecar.is_not_ours(rest))
        {
            // It says whose the other one is.
            sidecar.stays = sidecar.found;
            return Err(in_the_way(theirs));
        }
        for rest in [&part, &unpacked] {
            // What a process that was killed has left. Not emptied, but removed: it may be linked from
            // elsewhere by now.
            match fs::remove_file(rest) {
                Err(source) if !is_missing(&source) => {
                    sidecar.stays = sidecar.found;
                    return Err(Error::disk("remove", rest, source));
                }
                _ => {}
            }
        }
        Ok(Self {
            part: Part::create(part)?,
            unpacked: None,
            path,
            overwrite,
            _sidecar: sidecar,
        })
    }

    /// The file to be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file that collects what arrives.
    pub(crate) fn part(&self) -> Result<File, Error> {
        self.part.file()
    }

    /// A second file, which is then the one that is published.
    pub(crate) fn unpacked(&mut self) -> Result<File, Error> {
        let part = Part::create(beside(&self.path, UNPACKED))?;
        let file = part.file()?;
        self.unpacked = Some(part);
        Ok(file)
    }

    /// Makes the part the file: synced, renamed, and the folder synced. Blocks.
    pub(crate) fn publish(mut self) -> Result<PathBuf, Error> {
        let part = self.unpacked.as_mut().unwrap_or(&mut self.part);
        part.file
            .sync_all()
            .map_err(|source| Error::disk("write", &part.path, source))?;
        check_way(&self.path, self.overwrite)?;
        if self.overwrite {
            fs::rename(&part.path, &self.path)
                .map_err(|source| Error::disk("replace", &self.path, source))?;
        } else {
            TempPath::try_from_path(&part.path)
                .map_err(|source| Error::disk("find", &part.path, source))?
                .persist_noclobber(&self.path)
                .map_err(|failed| match failed.error.kind() {
                    io::ErrorKind::AlreadyExists => exists(&self.path),
                    _ => Error::disk("create", &self.path, failed.error),
                })?;
        }
        part.published = true;
        sync_folder(folder_of(&self.path));
        Ok(self.path.clone())
    }
}

const PART: &str = ".part";
const SIDECAR: &str = ".part.json";
// No longer than the sidecar's, so that a name that is too long is told when the place is reserved.
const UNPACKED: &str = ".part.file";

/// A path with something behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn check_folder(path: &Path) -> Result<(), Error> {
    if path.file_name().is_none() || ends_in_separator(path) {
        return Err(Error::new(
            ErrorKind::Folder,
            format!(
                "{:?} names no file: give a file name",
                path.display().to_string()
            ),
        ));
    }
    let folder = folder_of(path);
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Error::new(
            ErrorKind::Folder,
            format!("{} is a file, not a folder", folder.display()),
        )),
        Err(source) if is_missing(&source) => Err(Error::new(
            ErrorKind::Folder,
            format!(
                "the folder {} does not exist: create it first",
                folder.display()
            ),
        )),
        Err(source) => Err(Error::disk("look into", folder, source)),
    }
}

/// Fails if something is at the target that must stay.
fn check_way(path: &Path, overwrite: bool) -> Result<(), Error> {
    // Not `exists()`: a dangling symlink is in the way as well.
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::new(
            ErrorKind::Folder,
            format!("{} is a folder: give a file name in it", path.display()),
        )),
        Ok(_) if !overwrite => Err(exists(path)),
        // A device or a pipe would be gone.
        Ok(found) if !found.is_file() && !leads_to_a_file(path, &found) => Err(Error::new(
            ErrorKind::InTheWay,
            format!("{} is no regular file, and is not replaced", path.display()),
        )),
        Ok(_) => Ok(()),
        Err(source) if is_missing(&source) => Ok(()),
        Err(source) => Err(Error::disk("look at", path, source)),
    }
}

/// Whether it is a symlink to a file, or to nothing: replacing it takes nothing away.
fn leads_to_a_file(path: &Path, found: &fs::Metadata) -> bool {
    found.is_symlink() && fs::metadata(path).map_or(true, |target| target.is_file())
}

fn exists(path: &Path) -> Error {
    Error::new(
        ErrorKind::FileExists,
        format!(
            "{} exists already and was left as it is: choose another name, or ask to overwrite it",
            path.display()
        ),
    )
}

fn in_the_way(path: &Path) -> Error {
    Error::new(
        ErrorKind::InTheWay,
        format!(
            "{} is in the way, and no part of a download: move it away",
            path.display()
        ),
    )
}

/// A file in the making: removed again unless it is published.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    published: bool,
}

impl Part {
    fn create(path: PathBuf) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|source| Error::disk("create", &path, source))?;
        Ok(Self {
            path,
            file,
            published: false,
        })
    }

    /// A second handle on the same open file.
    fn file(&self) -> Result<File, Error> {
        self.file
            .try_clone()
            .map_err(|source| Error::disk("open", &self.path, source))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.published {
            // Nothing is left to do about a failure here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The locked file that says whose the part is.
#[derive(Debug)]
struct Sidecar {
    path: PathBuf,
    /// Whether an earlier process left it.
    found: bool,
    /// Whether it outlives this process, too.
    stays: bool,
    /// Open as long as the lock is to be held.
    _locked: File,
}

/// What a sidecar begins with.
const MARK: &str = "{\"felt_download\":";

impl Sidecar {
    /// Whether what is at the path, if anything, was left by no download.
    fn is_not_ours(&self, rest: &Path) -> bool {
        match fs::symlink_metadata(rest) {
            Ok(found) => !self.found || found.is_dir(),
            Err(source) => !is_missing(&source),
        }
    }

    fn lock(target: &Path) -> Result<Self, Error> {
        let path = beside(target, SIDECAR);
        // Not through a symlink, which could lead to any file.
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(in_the_way(&path));
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // It may be another process's.
            .truncate(false)
            .open(&path)
            .map_err(|source| Error::disk("create", &path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(target)),
            // Some network file systems have no locks: one process is then on its own.
            Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(Error::disk("lock", &path, source)),
        }
        // Between opening and locking, the process that held it may have removed it: what we hold
        // would be a file without a name, and keep nobody out.
        let held = file
            .try_clone()
            .and_then(same_file::Handle::from_file)
            .map_err(|source| Error::disk("open", &path, source))?;
        if same_file::Handle::from_path(&path).ok() != Some(held) {
            return Err(busy(target));
        }
        let mut mark = Vec::new();
        (&mut file)
            .take(MARK.len() as u64)
            .read_to_end(&mut mark)
            .map_err(|source| Error::disk("read", &path, source))?;
        let found = !mark.is_empty();
        if found && mark != MARK.as_bytes() {
            return Err(in_the_way(&path));
        }
        // New, or left by a process that was killed before it could do this.
        if !found && let Err(source) = writeln!(file, "{MARK} 1}}") {
            let _ = fs::remove_file(&path);
            return Err(Error::disk("write", &path, source));
        }
        Ok(Self {
            path,
            found,
            stays: false,
            _locked: file,
        })
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        // Before the lock is given up, or it could be another process's.
        if !self.stays {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn busy(target: &Path) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "another process is downloading to {}: wait for it, or choose another name",
            target.display()
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
