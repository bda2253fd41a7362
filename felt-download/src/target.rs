//! The file at the end, and the part beside it while it is being made.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::decide::Known;
use crate::os::{has_one_name, knows_no_other_rename};
use crate::place::{
    beside, check_folder, check_way, exists, folder_of, in_the_way, is_missing, sync_folder,
};
use crate::record::Record;
use crate::sidecar::Sidecar;
use crate::{Error, ErrorKind};

/// A place for a file: checked, and held against other processes until it is used or dropped.
///
/// For those who have something costly to do before they download: what stands in the way is told
/// first. [`Download::to_target`](crate::Download::to_target) takes it;
/// [`Download::to_path`](crate::Download::to_path) makes its own.
///
/// Beside the file to be there are, until then, `<name>.part` with what has arrived, and
/// `<name>.part.json`, which is locked, and says what is in the part and whose it is. Dropping it removes
/// both, unless a download has brought something that the next one can go on from.
#[derive(Debug)]
#[must_use = "the place is given up when this is dropped"]
pub struct Target {
    path: PathBuf,
    overwrite: bool,
    record: Record,
    // Dropped in this order: while there is a part, the sidecar says whose it is.
    part: Part,
    // What comes out of an archive.
    unpacked: Option<Part>,
    sidecar: Sidecar,
}

impl Target {
    /// Holds `path`. Its folder must exist, and no file may be there unless `overwrite` is set.
    ///
    /// # Errors
    ///
    /// - [`Folder`](crate::ErrorKind::Folder): no such folder, or the path is one.
    /// - [`FileExists`](crate::ErrorKind::FileExists): a file is at the path.
    /// - [`InTheWay`](crate::ErrorKind::InTheWay): something that must not be replaced is at the path, or
    ///   where the part would be.
    /// - [`Busy`](crate::ErrorKind::Busy): another process holds it.
    /// - [`Disk`](crate::ErrorKind::Disk): nothing can be written there.
    pub fn reserve(path: impl Into<PathBuf>, overwrite: bool) -> Result<Self, Error> {
        let path = path.into();
        check_folder(&path)?;
        check_way(&path, overwrite)?;
        Self::hold(path, overwrite)
    }

    /// The same where it is known already that nothing is in the way.
    pub(crate) fn hold(path: PathBuf, overwrite: bool) -> Result<Self, Error> {
        let (part, unpacked) = (beside(&path, PART), beside(&path, UNPACKED));
        Sidecar::check_unclaimed(&path, &[&part, &unpacked])?;
        let (mut sidecar, record) = Sidecar::lock(&path)?;
        if let Some(theirs) = [&part, &unpacked]
            .into_iter()
            .find(|rest| sidecar.is_not_ours(rest))
        {
            // It says whose the other one is.
            sidecar.stays = sidecar.found;
            return Err(in_the_way(theirs));
        }
        let reopened = record.and_then(|record| Some((Part::reopen(&part, &record)?, record)));
        // Not emptied, but removed: it may be linked from elsewhere by now.
        let leftovers = [Some(&unpacked), Some(&part).filter(|_| reopened.is_none())];
        for rest in leftovers.into_iter().flatten() {
            match fs::remove_file(rest) {
                Err(source) if !is_missing(&source) => {
                    sidecar.stays = sidecar.found;
                    return Err(Error::disk("remove", rest, source));
                }
                _ => {}
            }
        }
        let (part, record) = match reopened {
            Some(reopened) => reopened,
            None => {
                let record = Record::new(None, &Known::default());
                sidecar.write(&record)?;
                (Part::create(part)?, record)
            }
        };
        Ok(Self {
            part,
            unpacked: None,
            path,
            overwrite,
            record,
            sidecar,
        })
    }

    /// The file to be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where what arrives is collected, and stays if it can be gone on with.
    pub fn part_path(&self) -> &Path {
        &self.part.path
    }

    /// Whether a process before this one has left something here.
    #[cfg(feature = "zip")]
    pub(crate) fn was_found(&self) -> bool {
        self.sidecar.found
    }

    /// What the part holds.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// To be told what the part holds: [`save`](Self::save) remembers it.
    pub(crate) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    /// Remembers what the part holds, for a process that comes later.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        self.sidecar.write(&self.record)
    }

    /// Empties the part for another file. In this order, and on disk: a part must never be taken for what
    /// it was before.
    pub(crate) fn start_over(&mut self, record: Record) -> Result<(), Error> {
        self.record = record;
        self.save()?;
        if self.part.length()? > 0 {
            self.sidecar.sync()?;
            self.part
                .file
                .set_len(0)
                .map_err(|source| Error::disk("write", &self.part.path, source))?;
        }
        Ok(())
    }

    /// The folder of the file.
    pub(crate) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// Gives the place up because of an error. What has arrived is kept, unless it is what was wrong.
    pub(crate) fn leave(mut self, error: Error) -> Error {
        if error.is_spoilt() || self.part.check_place().is_err() {
            self.record = Record::new(None, &Known::default());
        }
        match self.record.is_resumable() {
            true => error.with_kept(self.record.bytes()),
            false => error,
        }
    }

    /// What has arrived is not needed any more.
    #[cfg(feature = "zip")]
    pub(crate) fn has_served(mut self) {
        self.record = Record::new(None, &Known::default());
    }

    /// Makes the part a file elsewhere, in a folder that is ours. Blocks.
    #[cfg(feature = "zip")]
    pub(crate) fn move_to(mut self, path: &Path) -> Result<(), Error> {
        let moved = self.part.check_place().and_then(|()| {
            self.part
                .file
                .sync_all()
                .and_then(|()| fs::rename(&self.part.path, path))
                .map_err(|source| Error::disk("create", path, source))
        });
        if let Err(error) = moved {
            return Err(self.leave(error));
        }
        sync_folder(folder_of(path));
        self.part.stays = true;
        self.record = Record::new(None, &Known::default());
        Ok(())
    }

    /// The open file that collects what arrives.
    pub(crate) fn part(&self) -> Result<File, Error> {
        self.part.file()
    }

    /// The file that says what is in the part, to be synced.
    pub(crate) fn sidecar(&self) -> Result<File, Error> {
        self.sidecar.reopened()
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
        match self.rename() {
            Ok(()) => {
                let path = self.path.clone();
                // Together with the sidecar, which goes first.
                drop(self);
                sync_folder(folder_of(&path));
                Ok(path)
            }
            Err(error) => Err(self.leave(error)),
        }
    }

    fn rename(&mut self) -> Result<(), Error> {
        let part = self.unpacked.as_mut().unwrap_or(&mut self.part);
        part.check_place()?;
        if let Err(source) = part.file.sync_all() {
            let error = Error::disk("write", &part.path, source);
            self.record.distrust();
            return Err(error);
        }
        check_way(&self.path, self.overwrite)?;
        if self.overwrite {
            fs::rename(&part.path, &self.path)
                .map_err(|source| Error::disk("replace", &self.path, source))?;
        } else {
            let renamed = TempPath::try_from_path(&part.path)
                .map_err(|source| Error::disk("find", &part.path, source))?
                .persist_noclobber(&self.path);
            if let Err(failed) = renamed {
                // It would be removed otherwise. That fails only where temporary files are marked as such.
                let _ = failed.path.keep();
                if failed.error.kind() == io::ErrorKind::AlreadyExists {
                    return Err(exists(&self.path));
                }
                if !knows_no_other_rename(&failed.error) {
                    return Err(Error::disk("create", &self.path, failed.error));
                }
                // Between the look and the rename a file could come, and would be replaced: nothing better is to
                // be had there.
                check_way(&self.path, false)?;
                fs::rename(&part.path, &self.path)
                    .map_err(|source| Error::disk("create", &self.path, source))?;
            }
        }
        part.stays = true;
        // It has served.
        self.record = Record::new(None, &Known::default());
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if self.record.is_resumable() {
            // It was saved when the last byte came; what a failure leaves is older, but true.
            let _ = self.save();
            self.part.stays = true;
            self.sidecar.stays = true;
        }
    }
}

const PART: &str = ".part";
// No longer than the sidecar's, so that a name that is too long is told when the place is reserved.
const UNPACKED: &str = ".part.file";

/// A file in the making: removed again unless it stays.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    stays: bool,
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
            stays: false,
        })
    }

    /// What another process has left, if it is as the record says.
    fn reopen(path: &Path, record: &Record) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        if !found.is_file() || found.len() < record.end() || !has_one_name(&found) {
            return None;
        }
        let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
        // What is behind it was not recorded any more.
        file.set_len(record.end()).ok()?;
        Some(Self {
            path: path.to_path_buf(),
            file,
            stays: false,
        })
    }

    /// Fails if something else has this name by now, or nothing: that is not what has arrived.
    fn check_place(&self) -> Result<(), Error> {
        let ours = self.file()?;
        let ours = same_file::Handle::from_file(ours);
        let found = same_file::Handle::from_path(&self.path);
        match (ours, found) {
            (Ok(ours), Ok(found)) if ours == found => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Disk,
                format!(
                    "{} was removed or replaced while the file was downloaded: let nothing else touch it",
                    self.path.display()
                ),
            )),
        }
    }

    fn length(&self) -> Result<u64, Error> {
        let found = self.file.metadata();
        found
            .map(|found| found.len())
            .map_err(|source| Error::disk("look at", &self.path, source))
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
        if !self.stays && self.check_place().is_ok() {
            // Nothing is left to do about a failure here.
            let _ = fs::remove_file(&self.path);
        }
    }
}
