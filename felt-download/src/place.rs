//! Paths that files are to have, and what is in the way there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind};

/// A path with something behind its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn check_folder(path: &Path) -> Result<(), Error> {
    if path.file_name().is_none() || ends_in_separator(path) {
        return Err(Error::new(
            ErrorKind::Folder,
            format!(
                "{:?} names nothing that could be made: let it end in a name",
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
pub(crate) fn check_way(path: &Path, overwrite: bool) -> Result<(), Error> {
    // Not `exists()`: a dangling symlink is in the way as well.
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::new(
            ErrorKind::Folder,
            format!("{} is a folder: give a file name in it", path.display()),
        )),
        // A device or a pipe would be gone.
        Ok(found) if !found.is_file() && !leads_to_a_file(path, &found) => Err(Error::new(
            ErrorKind::InTheWay,
            format!(
                "{} is no regular file, and is not replaced: choose another name",
                path.display()
            ),
        )),
        Ok(_) if !overwrite => Err(exists(path)),
        Ok(_) => Ok(()),
        Err(source) if is_missing(&source) => Ok(()),
        Err(source) => Err(Error::disk("look at", path, source)),
    }
}

/// Whether it is a symlink to a file, or to nothing: replacing it takes nothing away.
fn leads_to_a_file(path: &Path, found: &fs::Metadata) -> bool {
    found.is_symlink() && fs::metadata(path).map_or(true, |target| target.is_file())
}

pub(crate) fn exists(path: &Path) -> Error {
    Error::new(
        ErrorKind::FileExists,
        format!("{} exists already, and is left as it is", path.display()),
    )
}

pub(crate) fn in_the_way(path: &Path) -> Error {
    Error::new(
        ErrorKind::InTheWay,
        format!(
            "{} is in the way, and no part of a download: move it away",
            path.display()
        ),
    )
}

/// `NotADirectory`: a folder further up is a file; what is asked for is not there either way.
pub(crate) fn is_missing(error: &io::Error) -> bool {
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
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
