//! The locked file beside a part, which says whose it is and what is in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::os::{has_no_locks, write_all_at};
use crate::place::{beside, folder_of, in_the_way, is_missing};
use crate::record::{MARK, Record};
use crate::{Error, ErrorKind};

const SIDECAR: &str = ".part.json";

/// More than a record of very many pieces. What is longer was not written by us.
const LONGEST: u64 = 4 * 1024 * 1024;

/// The locked file beside a part. Other processes keep away from the part until it is dropped.
#[derive(Debug)]
pub(crate) struct Sidecar {
    path: PathBuf,
    /// Open as long as the lock is to be held.
    file: File,
    /// Bytes in it.
    length: usize,
    /// Whether an earlier process left it.
    pub(crate) found: bool,
    /// Whether it outlives this process, too.
    pub(crate) stays: bool,
}

impl Sidecar {
    /// Fails if one of these is there and no sidecar, which is there before them and after them: then they are
    /// not ours.
    pub(crate) fn check_unclaimed(target: &Path, rests: &[&Path]) -> Result<(), Error> {
        let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
        match rests.iter().find(|rest| is_there(rest)) {
            Some(rest) if !is_there(&beside(target, SIDECAR)) => Err(in_the_way(rest)),
            _ => Ok(()),
        }
    }

    /// Locks the sidecar of a target; with what a process before us has recorded in it.
    pub(crate) fn lock(target: &Path) -> Result<(Self, Option<Record>), Error> {
        let path = beside(target, SIDECAR);
        // Not through a symlink, which could lead to any file.
        let before = fs::symlink_metadata(&path).ok();
        if before.as_ref().is_some_and(|found| !found.is_file()) {
            return Err(in_the_way(&path));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // It may be another process's.
            .truncate(false)
            .open(&path)
            .map_err(|source| match before {
                Some(_) => Error::disk("open", &path, source),
                None => Error::disk("create a file in", folder_of(target), source),
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(target)),
            // Some network file systems have no locks: one process is then on its own.
            Err(TryLockError::Error(source)) if has_no_locks(&source) => {}
            Err(TryLockError::Error(source)) => return Err(Error::disk("lock", &path, source)),
        }
        let mut text = Vec::new();
        (&file)
            .take(LONGEST)
            .read_to_end(&mut text)
            .map_err(|source| Error::disk("read", &path, source))?;
        // Of what was not on disk yet when the power failed, nothing or zeros are left.
        let is_blank = text.iter().all(|byte| *byte == 0);
        if !is_blank && !text.starts_with(MARK.as_bytes()) {
            return Err(in_the_way(&path));
        }
        let found = before.is_some() || !is_blank;
        let mut sidecar = Self {
            path,
            file,
            length: text.len(),
            found,
            stays: true,
        };
        // Between opening and locking, the process that held it may have removed it: what we hold
        // would be a file without a name, and keep nobody out.
        if !sidecar.is_there() {
            return Err(busy(target));
        }
        sidecar.stays = false;
        // New, or left by a process that was killed before it could do this.
        if is_blank {
            sidecar.write(&Record::new(None, &Default::default()))?;
        }
        Ok((sidecar, Record::parse(&text)))
    }

    /// Writes over what is in it. One write, so that a process that is killed leaves the old text or the
    /// new one; if the power fails it may be neither, and then the download starts over.
    pub(crate) fn write(&mut self, record: &Record) -> Result<(), Error> {
        let text = record.to_text(self.length);
        write_all_at(&self.file, text.as_bytes(), 0)
            .map_err(|source| Error::disk("write", &self.path, source))?;
        self.length = text.len();
        Ok(())
    }

    /// The file, opened once more: a second handle would hold the lock as well, for as long as it is open.
    pub(crate) fn reopened(&self) -> Result<File, Error> {
        OpenOptions::new()
            .write(true)
            .open(&self.path)
            .map_err(|source| Error::disk("open", &self.path, source))
    }

    /// On disk, and not only with the system.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file
            .sync_data()
            .map_err(|source| Error::disk("write", &self.path, source))
    }

    fn is_there(&self) -> bool {
        let held = self.file.try_clone().and_then(same_file::Handle::from_file);
        let found = same_file::Handle::from_path(&self.path);
        matches!((held, found), (Ok(held), Ok(found)) if held == found)
    }

    /// Whether what is at the path, if anything, was left by no download.
    pub(crate) fn is_not_ours(&self, rest: &Path) -> bool {
        match fs::symlink_metadata(rest) {
            Ok(found) => !self.found || found.is_dir(),
            Err(source) => !is_missing(&source),
        }
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        // Before the lock is given up, or it could be another process's. It is that already if somebody has
        // removed ours.
        if !self.stays && self.is_there() {
            // Nothing is left to do about a failure here.
            let _ = fs::remove_file(&self.path);
        }
        // A process that somebody starts at this moment has the same open file, until it runs its own program.
        let _ = self.file.unlock();
    }
}

fn busy(target: &Path) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "another download to {} is under way: wait for it, or choose another name",
            target.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_ends_with_us_whoever_else_has_the_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.gpkg");
        let (mut first, _) = Sidecar::lock(&target).unwrap();
        first.stays = true;
        let inherited = first.file.try_clone().unwrap();
        assert_eq!(Sidecar::lock(&target).unwrap_err().kind(), ErrorKind::Busy);
        drop(first);
        assert!(Sidecar::lock(&target).is_ok());
        drop(inherited);
    }
}
