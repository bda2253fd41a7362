//! Files that are replaced as a whole, or stay as they were.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Writes files, each with its text. All are written beside their places first and then renamed, so
/// that an error leaves every existing file unchanged.
///
/// # Errors
///
/// A path is a folder, or cannot be written; the message names it.
pub fn write_files(files: &[(&Path, &str)]) -> Result<(), Error> {
    let mut staged = Vec::new();
    for (path, text) in files {
        let failed = |error| Error::new(format!("{}: cannot write: {error}", path.display()));
        staged.push((path, Staged::new(path, text).map_err(failed)?));
    }
    for (path, staged) in &mut staged {
        let failed = |error| Error::new(format!("{}: cannot write: {error}", path.display()));
        staged.commit().map_err(failed)?;
    }
    Ok(())
}

/// A file beside the place that it will take; removed if it does not.
struct Staged {
    temporary: Option<PathBuf>,
    place: PathBuf,
}

impl Staged {
    fn new(path: &Path, text: &str) -> io::Result<Self> {
        // Through a link to the file that it stands for: the link is to stay one.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let existing = fs::metadata(&place).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "this is a folder",
            ));
        }
        if existing
            .as_ref()
            .is_some_and(|existing| !existing.is_file())
        {
            // A device or a pipe has no bytes to keep, and must not be replaced by a file.
            File::options()
                .write(true)
                .open(&place)?
                .write_all(text.as_bytes())?;
            return Ok(Self {
                temporary: None,
                place,
            });
        }
        let Some(name) = place.file_name() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is no file name",
            ));
        };
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", std::process::id()));
        let temporary = place.with_file_name(hidden);
        let mut file = File::create_new(&temporary).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::new(
                error.kind(),
                format!(
                    "{} is in the way: does another result go to the same file?",
                    temporary.display()
                ),
            ),
            _ => error,
        })?;
        let staged = Self {
            temporary: Some(temporary.clone()),
            place,
        };
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        if let Some(existing) = existing {
            fs::set_permissions(&temporary, existing.permissions())?;
        }
        Ok(staged)
    }

    fn commit(&mut self) -> io::Result<()> {
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.place)?;
            self.temporary = None;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Nothing more can be done about a file that cannot be removed.
            let _ = fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&a, "old").unwrap();
        write_files(&[(&a, "new"), (&b, "text")]).unwrap();
        assert_eq!(fs::read_to_string(&a).unwrap(), "new");
        assert_eq!(fs::read_to_string(&b).unwrap(), "text");
        assert_eq!(names(dir.path()), ["a", "b"]);
    }

    #[test]
    fn nothing_is_replaced_when_one_cannot_be() {
        let dir = tempfile::tempdir().unwrap();
        let a = dir.path().join("a");
        fs::write(&a, "old").unwrap();
        for bad in [
            dir.path().to_path_buf(),
            dir.path().join("none/b"),
            dir.path().join("a/b"),
        ] {
            let message = write_files(&[(&a, "new"), (&bad, "text")])
                .unwrap_err()
                .to_string();
            assert!(
                message.starts_with(&format!("{}: cannot write: ", bad.display())),
                "{message}"
            );
            assert_eq!(fs::read_to_string(&a).unwrap(), "old");
            assert_eq!(names(dir.path()), ["a"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        write_files(&[(&link, "new")]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        write_files(&[(Path::new("/dev/null"), "text")]).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
