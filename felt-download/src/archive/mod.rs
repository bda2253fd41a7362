//! Zip archives: foreign bytes that say what to write, and where.

mod entry;
mod extract;
mod limits;
mod open;
#[cfg(test)]
mod tests;
mod vet;

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

pub(crate) use extract::{all, one_file};
pub use limits::ZipLimits;
pub(crate) use open::check_directory;

use crate::content::{HEAD, is_zip};
use crate::{Error, ErrorKind};

/// What came out of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extracted {
    /// The folder that was made.
    pub folder: PathBuf,
    /// The files in it, in the archive's order.
    pub files: Vec<ExtractedFile>,
    /// The bytes of all files.
    pub bytes: u64,
    /// Whether the folder was there before, and was left as it is: `files` is empty then.
    pub skipped: bool,
}

impl Extracted {
    pub(crate) fn new(folder: PathBuf, files: Vec<ExtractedFile>) -> Self {
        Self {
            folder,
            bytes: files.iter().map(|file| file.bytes).sum(),
            files,
            skipped: false,
        }
    }

    /// A folder that is there already.
    pub(crate) fn found(folder: &Path) -> Self {
        Self {
            skipped: true,
            ..Self::new(folder.to_path_buf(), Vec::new())
        }
    }
}

/// A file that came out of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtractedFile {
    /// Where it is, from the folder that was made.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Unpacks a zip archive that is on disk into `folder`, which must not exist yet, and whose parent must.
///
/// All of it or nothing: the files go to a folder beside `folder` that is renamed when they are on disk,
/// and removed if one cannot be had. (A process that is killed leaves it: `.NAME.` and six letters.) Before anything is written the whole archive is checked: it must
/// hold files and folders alone, no two at one place, with names that stay in the folder and that every
/// system takes, in sizes that `limits` allow and the disk has room for. Only what is stored or deflated
/// can be read. Times and permissions are not taken from the archive.
///
/// Blocks: within async code, call it in `spawn_blocking`.
///
/// ```no_run
/// # fn example() -> Result<(), felt_download::Error> {
/// use felt_download::{ZipLimits, extract};
///
/// let done = extract("roads.zip", "roads", &ZipLimits::default())?;
/// println!("{} files, {} bytes", done.files.len(), done.bytes);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Whatever it is, nothing is at `folder` that was not there before.
///
/// - [`FileExists`](ErrorKind::FileExists): something is at `folder`.
/// - [`Folder`](ErrorKind::Folder): its parent does not exist or is a file, or it has no name.
/// - [`Content`](ErrorKind::Content): the archive is none, is damaged, or is refused.
/// - [`Disk`](ErrorKind::Disk): the archive cannot be read, or the files cannot be written.
pub fn extract(
    archive: impl AsRef<Path>,
    folder: impl AsRef<Path>,
    limits: &ZipLimits,
) -> Result<Extracted, Error> {
    let (archive, folder) = (archive.as_ref(), folder.as_ref());
    let (parent, name) = check_folder(folder)?;
    let file = File::open(archive).map_err(|source| Error::disk("open", archive, source))?;
    check_is_zip(&file, archive)?;
    // No longer than a name may be.
    let name: String = name.chars().take(60).collect();
    let making = builder(&format!(".{name}."))
        .tempdir_in(parent)
        .map_err(|source| Error::disk("create a folder in", parent, source))?;
    let files = extract::all(&file, making.path(), limits, &AtomicBool::new(false))?;
    // No rename refuses an empty folder that has come in the meantime, which is no loss; all refuse
    // others, and files.
    fs::rename(making.path(), folder).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::DirectoryNotEmpty
        | io::ErrorKind::NotADirectory => exists(folder),
        _ => Error::disk("create", folder, source),
    })?;
    // It has another name now: there is nothing left to remove.
    let _ = making.keep();
    crate::place::sync_folder(parent);
    Ok(Extracted::new(folder.to_path_buf(), files))
}

/// The parent of the folder that is to be made, and its name.
fn check_folder(folder: &Path) -> Result<(&Path, String), Error> {
    let refused = |why: &str| {
        let why = format!("{:?} {why}", folder.display().to_string());
        Error::new(ErrorKind::Folder, why)
    };
    let name = folder
        .file_name()
        .ok_or_else(|| refused("names no folder: give one that is to be made"))?;
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !fs::metadata(parent).is_ok_and(|found| found.is_dir()) {
        return Err(refused("is in no folder: make that first"));
    }
    match fs::symlink_metadata(folder) {
        Ok(_) => Err(exists(folder)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => {
            Ok((parent, name.to_string_lossy().into_owned()))
        }
        Err(source) => Err(Error::disk("look at", folder, source)),
    }
}

fn exists(folder: &Path) -> Error {
    let folder = folder.display();
    Error::new(
        ErrorKind::FileExists,
        format!("{folder} exists already and was left as it is: choose another name"),
    )
}

fn check_is_zip(mut file: &File, path: &Path) -> Result<(), Error> {
    let mut head = Vec::new();
    file.take(HEAD as u64)
        .read_to_end(&mut head)
        .and_then(|_| file.rewind())
        .map_err(|source| Error::disk("read", path, source))?;
    if is_zip(&head) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Content,
        format!(
            "{} is no zip archive: there is nothing to extract",
            path.display()
        ),
    ))
}

/// Makes the folder as `mkdir` would: it stays, and a temporary one is for its owner alone.
#[cfg(unix)]
fn builder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(prefix)
        // The umask is taken off.
        .permissions(fs::Permissions::from_mode(0o777));
    builder
}

#[cfg(not(unix))]
fn builder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    builder
}
