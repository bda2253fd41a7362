//! A folder to be: what comes out of an archive, or the one file that arrives instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::archive::{self, Extracted, ExtractedFile, ZipLimits};
use crate::place::{beside, check_folder, folder_of, in_the_way, is_missing, sync_folder};
use crate::target::Target;
use crate::{Error, ErrorKind};

// No longer than the sidecar's, as for the other parts.
const MAKING: &str = ".part.dir";

/// A place for a folder: what arrives is collected as for a file of that name, and what comes out of it in
/// a folder beside it, which is renamed at the end.
#[derive(Debug)]
pub(crate) struct FolderTarget {
    target: Target,
    making: Making,
}

impl FolderTarget {
    /// Holds the path. Nothing may be there but an empty folder.
    pub(crate) fn reserve(path: &Path) -> Result<Self, Error> {
        // Without the separator that says that it is a folder.
        let path: PathBuf = path.components().collect();
        check_folder(&path)?;
        if !is_free(&path)? {
            return Err(exists(&path));
        }
        let target = Target::hold(path, false)?;
        let making = beside(target.path(), MAKING);
        // Where there was a sidecar of ours, what has this name is ours as well, if it is a folder.
        match fs::symlink_metadata(&making) {
            Ok(found) if !target.was_found() || !found.is_dir() => return Err(in_the_way(&making)),
            Err(source) if !is_missing(&source) => {
                return Err(Error::disk("look at", &making, source));
            }
            Ok(_) => fs::remove_dir_all(&making)
                .map_err(|source| Error::disk("remove", &making, source))?,
            Err(_) => {}
        }
        let making = Making(making);
        Ok(Self { target, making })
    }

    /// What [`split`](Self::split) took apart.
    pub(crate) fn new(target: Target, making: Making) -> Self {
        Self { target, making }
    }

    /// The part, and what it takes to finish the folder when the part is complete.
    pub(crate) fn split(self) -> (Target, Making) {
        (self.target, self.making)
    }
}

/// The folder in the making: removed again unless it gets its name.
#[derive(Debug)]
pub(crate) struct Making(PathBuf);

impl Making {
    /// Everything that is in the archive, on disk and under its name. Blocks.
    pub(crate) fn unpack(
        self,
        target: Target,
        limits: &ZipLimits,
        given_up: &AtomicBool,
    ) -> Result<Extracted, Error> {
        let unpacked = target.part().and_then(|part| {
            fs::create_dir(&self.0).map_err(|source| Error::disk("create", &self.0, source))?;
            archive::all(&part, &self.0, limits, given_up)
        });
        let published = unpacked.and_then(|files| self.publish(target.path()).map(|()| files));
        // While the place is held, or it could be another process's folder that is removed.
        drop(self);
        match published {
            Ok(files) => {
                let path = target.path().to_path_buf();
                target.has_served();
                Ok(Extracted::new(path, files))
            }
            Err(error) => Err(target.leave(error)),
        }
    }

    /// The folder with the one file that has arrived. Blocks.
    pub(crate) fn take_file(self, target: Target, name: &str) -> Result<Extracted, Error> {
        let bytes = target.record().end();
        let folder = target.path().to_path_buf();
        // An empty one may be there, also from a process that was killed before the next step.
        match fs::create_dir(&folder) {
            Err(source) if !is_free(&folder)? => {
                return Err(target.leave(match source.kind() {
                    std::io::ErrorKind::AlreadyExists => exists(&folder),
                    _ => Error::disk("create", &folder, source),
                }));
            }
            _ => {}
        }
        target.move_to(&folder.join(name))?;
        sync_folder(folder_of(&folder));
        let path = name.into();
        let file = ExtractedFile { path, bytes };
        Ok(Extracted::new(folder, vec![file]))
    }

    fn publish(&self, folder: &Path) -> Result<(), Error> {
        if !is_free(folder)? {
            return Err(exists(folder));
        }
        // An empty one is in the way of the rename on some systems. It fails for others, and where none is.
        let _ = fs::remove_dir(folder);
        fs::rename(&self.0, folder).map_err(|source| Error::disk("create", folder, source))?;
        sync_folder(folder_of(folder));
        Ok(())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        // Nothing is left to do about a failure here.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether nothing is there, or an empty folder.
pub(crate) fn is_free(path: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => {
            let mut entries =
                fs::read_dir(path).map_err(|source| Error::disk("look into", path, source))?;
            Ok(entries.next().is_none())
        }
        Ok(_) => Ok(false),
        Err(source) if is_missing(&source) => Ok(true),
        Err(source) => Err(Error::disk("look at", path, source)),
    }
}

fn exists(folder: &Path) -> Error {
    Error::new(
        ErrorKind::FileExists,
        format!(
            "{} exists already and was left as it is: choose another name",
            folder.display()
        ),
    )
}
