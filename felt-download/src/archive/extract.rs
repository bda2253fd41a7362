//! Files out of an archive.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ExtractedFile;
use super::entry::shown;
use super::limits::ZipLimits;
use super::open::{Archive, broken, is_about_content, open};
use super::vet::vet;
use crate::place::{folder_of, sync_folder};
use crate::{Error, ErrorKind, space};

/// Writes the one entry of `archive` that has one of the extensions to `out`; returns its bytes.
///
/// All of the archive must be as it should, whatever is taken of it, and `folder`, if `out` is in one,
/// must have room. An entry's name is never used as a path. Blocks.
pub(crate) fn one_file(
    archive: &File,
    extensions: &[String],
    out: &mut impl Write,
    limits: &ZipLimits,
    folder: Option<&Path>,
) -> Result<u64, Error> {
    let mut opened = open(archive, limits)?;
    let plan = vet(&mut opened, archive, limits, false)?;
    let mut found = Vec::new();
    // The usual extension first: beside a `.geojson` a `.json` is something else.
    for extension in extensions {
        found.extend(
            plan.files
                .iter()
                .filter(|file| has_extension(&file.path, extension)),
        );
        if !found.is_empty() {
            break;
        }
    }
    let [file] = found.as_slice() else {
        return Err(not_one(&opened, extensions, found.len()));
    };
    if let Some(folder) = folder {
        space::check(folder, file.bytes)?;
    }
    unpack(&mut opened, file.index, out, &AtomicBool::new(false))
}

/// Unpacks everything into `folder`, which exists, is empty, and is nobody else's; returns what is
/// there, in the archive's order. All of it is on disk then. Stops soon after `given_up` is set. What a
/// failure leaves in the folder is the caller's to remove. Blocks.
///
/// Times and permissions are not the archive's: they say what somebody else's system did.
pub(crate) fn all(
    archive: &File,
    folder: &Path,
    limits: &ZipLimits,
    given_up: &AtomicBool,
) -> Result<Vec<ExtractedFile>, Error> {
    let mut opened = open(archive, limits)?;
    let plan = vet(&mut opened, archive, limits, true)?;
    // On the same disk, since the folder was made for this; and with a name that the user knows.
    space::check(folder_of(folder), plan.bytes)?;
    let mut folders = BTreeSet::from([folder.to_path_buf()]);
    for relative in &plan.folders {
        let path = folder.join(relative);
        // It fails if anything is there, a link among others.
        fs::create_dir(&path).map_err(|source| Error::disk("create", &path, source))?;
        folders.insert(path);
    }
    let mut files = Vec::new();
    for file in plan.files {
        let path = folder.join(&file.path);
        let mut out = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|source| Error::disk("create", &path, source))?;
        let bytes = unpack(&mut opened, file.index, &mut out, given_up)?;
        out.sync_all()
            .map_err(|source| Error::disk("write", &path, source))?;
        files.push(ExtractedFile {
            path: file.path,
            bytes,
        });
    }
    folders.iter().for_each(|folder| sync_folder(folder));
    Ok(files)
}

/// Unpacks one entry that was vetted: exactly the bytes that the directory says, which the limits allow.
fn unpack(
    archive: &mut Archive<'_>,
    index: usize,
    out: &mut impl Write,
    given_up: &AtomicBool,
) -> Result<u64, Error> {
    let mut entry = archive.by_index(index).map_err(broken)?;
    let name = shown(&entry.name().map_err(broken)?);
    let damaged = || {
        let why = format!(
            "{name} in the archive is damaged: its content is not what the archive says, or not as long"
        );
        Error::new(ErrorKind::Content, why).spoilt()
    };
    let declared = entry.size();
    let mut buffer = vec![0; 64 * 1024];
    let mut written = 0;
    loop {
        if given_up.load(Ordering::Relaxed) {
            let why = "the archive was being unpacked, and was given up";
            return Err(Error::new(ErrorKind::Interrupted, why));
        }
        // The reader checks the CRC at the entry's end: what is copied whole is what was packed.
        let read = match entry.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) if is_about_content(&source) => return Err(damaged().with_source(source)),
            Err(source) => return Err(broken(source.into())),
        };
        written += read as u64;
        // Nothing of what is too much is written.
        let bytes = buffer.get(..read).filter(|_| written <= declared);
        out.write_all(bytes.ok_or_else(damaged)?)
            .map_err(|source| {
                Error::new(ErrorKind::Disk, "cannot unpack the archive").with_source(source)
            })?;
    }
    if written < declared {
        return Err(damaged());
    }
    Ok(written)
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    let file = path.file_name().map(|name| name.to_string_lossy());
    let file = file.unwrap_or_default();
    // Not data: what macOS packs beside each file, and hidden files.
    if path.starts_with("__MACOSX") || file.starts_with('.') {
        return false;
    }
    file.rsplit_once('.')
        .is_some_and(|(stem, extension)| !stem.is_empty() && wanted.eq_ignore_ascii_case(extension))
}

fn not_one(archive: &Archive<'_>, extensions: &[String], found: usize) -> Error {
    const SHOWN: usize = 8;
    let wanted = extensions.join(" or .");
    let mut names: Vec<String> = archive
        .file_names()
        .take(SHOWN)
        .map(|name| match name {
            Ok(name) => shown(&name),
            Err(_) => "a name that cannot be read".to_string(),
        })
        .collect();
    if archive.len() > SHOWN {
        names.push(format!("and {} more", archive.len() - SHOWN));
    }
    let names = if names.is_empty() {
        "nothing".to_string()
    } else {
        names.join(", ")
    };
    let count = match found {
        0 => format!("no .{wanted} file"),
        several => format!("{several} .{wanted} files"),
    };
    Error::new(
        ErrorKind::Content,
        format!(
            "the archive holds {count} where one was expected (it holds {names}): keep the archive instead"
        ),
    )
}
