//! What an archive must be like before anything of it is written.

use std::collections::{HashMap, hash_map};
use std::fs::File;
use std::path::PathBuf;

use icu_normalizer::ComposingNormalizerBorrowed;
use zip::CompressionMethod;
use zip::read::ZipFile;

use super::entry::{segments, shown};
use super::limits::ZipLimits;
use super::open::{Archive, broken, check_end};
use crate::{Error, ErrorKind};

/// What an archive makes, if all of it comes out.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The folders that are named or implied, each behind the one that it is in.
    pub(super) folders: Vec<PathBuf>,
    /// The files.
    pub(super) files: Vec<Planned>,
    /// The bytes of all files.
    pub(super) bytes: u64,
}

/// One file that comes out of an archive.
#[derive(Debug)]
pub(super) struct Planned {
    /// Where the entry stands in the directory.
    pub(super) index: usize,
    /// Where the file goes, from the folder that everything goes to.
    pub(super) path: PathBuf,
    /// The bytes that the entry has when it is unpacked, says the directory.
    pub(super) bytes: u64,
}

/// Looks at every entry, and fails with [`ErrorKind::Content`] if there is a reason to have none of
/// them. `file` is the archive itself; `as_paths` says whether the names become paths. Blocks.
pub(super) fn vet(
    archive: &mut Archive<'_>,
    file: &File,
    limits: &ZipLimits,
    as_paths: bool,
) -> Result<Plan, Error> {
    // Another program, or other limits, may have use for the archive. For one that lies about itself there is
    // none.
    let refused = |why: String| Error::new(ErrorKind::Content, why);
    if archive.len() as u64 > limits.most_entries() {
        return Err(too_many(limits));
    }
    // The reader keeps the last of each name, and forgets the others.
    if archive.has_duplicate_names() {
        return Err(refused(
            "the archive holds two entries of the same name: none was unpacked".to_string(),
        ));
    }
    check_end(archive, file)?;
    let size = file
        .metadata()
        .map_err(|source| {
            Error::new(ErrorKind::Disk, "cannot read the archive from the disk").with_source(source)
        })?
        .len();
    let mut plan = Plan::default();
    let mut places = Places::default();
    let mut extents = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?;
        let bad = |why: &str| refused(format!("{} in the archive {why}", shown(&name)));
        let (path, is_folder) = segments(&name, as_paths).map_err(bad)?;
        check_name_encoding(&entry).map_err(bad)?;
        check_type(&entry, is_folder).map_err(bad)?;
        check_sizes(&entry).map_err(|why| bad(why).spoilt())?;
        check_readable(&entry).map_err(bad)?;
        limits.check_entry(entry.size()).map_err(|why| bad(&why))?;
        let relative = places
            .take(&path, is_folder, &mut plan)
            .map_err(|why| bad(&why))?;
        if places.taken.len() as u64 > limits.most_entries() {
            return Err(too_many(limits));
        }
        extents.push(extent(&entry, &name)?);
        if !is_folder {
            plan.bytes = plan.bytes.saturating_add(entry.size());
            plan.files.push(Planned {
                index,
                path: relative,
                bytes: entry.size(),
            });
        }
    }
    check_extents(extents, archive.central_directory_start())?;
    limits
        .check_total(plan.bytes, size)
        .map_err(|why| refused(format!("what is in the archive has {why}")))?;
    Ok(plan)
}

fn too_many(limits: &ZipLimits) -> Error {
    Error::new(
        ErrorKind::Content,
        format!(
            "the archive holds more than {} files and folders, which are allowed",
            limits.most_entries()
        ),
    )
}

/// A name that is said to be UTF-8 (APPNOTE, appendix D) and is not could be anything. (One that is
/// not said to be is taken for UTF-8 if it is, and else for code page 437.)
fn check_name_encoding<R: std::io::Read>(entry: &ZipFile<'_, R>) -> Result<(), &'static str> {
    const UTF_8: u16 = 1 << 11;
    let is_utf_8 = std::str::from_utf8(entry.name_raw()).is_ok();
    if entry.flags().as_u16() & UTF_8 != 0 && !is_utf_8 {
        return Err("has a name that is not UTF-8, as it should be");
    }
    Ok(())
}

/// Files and folders only: what is a link on one system, or a device, is nothing on others.
fn check_type<R: std::io::Read>(
    entry: &ZipFile<'_, R>,
    is_folder: bool,
) -> Result<(), &'static str> {
    // The upper half has a Unix mode where the archiver knew one (Info-ZIP, "extra fields"), whatever
    // system it says it ran on; its type as in <sys/stat.h>.
    match (entry.external_attributes() >> 16) & 0o170_000 {
        0 => {}
        0o100_000 if !is_folder => {}
        0o040_000 if is_folder => {}
        0o120_000 => return Err("is a symbolic link"),
        0o100_000 | 0o040_000 => {
            return Err("is a file by its name and a folder by its mode, or the other way round");
        }
        _ => return Err("is neither a file nor a folder"),
    }
    if is_folder && entry.size() > 0 {
        return Err("is a folder with content of its own");
    }
    Ok(())
}

/// Whether the entry can be unpacked here at all.
fn check_readable<R: std::io::Read>(entry: &ZipFile<'_, R>) -> Result<(), &'static str> {
    if entry.encrypted() {
        return Err("is encrypted: unpack the archive with a program that asks for the password");
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        _ => Err(
            "is compressed in a way that cannot be read here: unpack the archive with another program",
        ),
    }
}

/// Whether the entry can have as much in it as it says.
fn check_sizes<R: std::io::Read>(entry: &ZipFile<'_, R>) -> Result<(), &'static str> {
    if entry.encrypted() {
        return Ok(());
    }
    match entry.compression() {
        CompressionMethod::Stored if entry.size() != entry.compressed_size() => {
            Err("says that it is not compressed, and has another size in the archive")
        }
        // At best two bits stand for 258 bytes (RFC 1951, 3.2.5).
        CompressionMethod::Deflated
            if entry.size() > entry.compressed_size().saturating_mul(1032) =>
        {
            Err("says that it has more bytes than its compressed data can hold")
        }
        _ => Ok(()),
    }
}

/// The paths that are taken, as [`folded`].
#[derive(Default)]
struct Places {
    taken: HashMap<String, Place>,
}

struct Place {
    spelled: String,
    is_folder: bool,
    /// Not only implied by what is in it.
    is_named: bool,
}

impl Places {
    /// Takes the path, and the folders on the way, which go to the plan; returns the path.
    fn take(&mut self, path: &[&str], is_folder: bool, plan: &mut Plan) -> Result<PathBuf, String> {
        let mut spelled = String::new();
        let mut relative = PathBuf::new();
        for (at, segment) in path.iter().enumerate() {
            if at > 0 {
                spelled.push('/');
            }
            spelled.push_str(segment);
            relative.push(segment);
            let is_last = at + 1 == path.len();
            let place = Place {
                spelled: spelled.clone(),
                is_folder: is_folder || !is_last,
                is_named: is_last,
            };
            match self.taken.entry(folded(&spelled)) {
                hash_map::Entry::Vacant(free) => {
                    if place.is_folder {
                        plan.folders.push(relative.clone());
                    }
                    free.insert(place);
                }
                hash_map::Entry::Occupied(mut taken) => {
                    let taken = taken.get_mut();
                    if taken.spelled != place.spelled {
                        let other = shown(&taken.spelled);
                        return Err(format!(
                            "differs from {other} only in upper and lower case, or in how letters are composed"
                        ));
                    }
                    if !taken.is_folder || !place.is_folder {
                        let what = "has the name of another entry, or of a folder that one is in";
                        return Err(what.to_string());
                    }
                    if taken.is_named && place.is_named {
                        return Err("is there twice".to_string());
                    }
                    taken.is_named |= place.is_named;
                }
            }
        }
        Ok(relative)
    }
}

/// What is the same of two names that Windows or macOS takes for one: without regard to case, and to how
/// letters are composed. Through both cases, since some letters have the same in one of them only: ς, σ and Σ;
/// and first through the lower, since ẞ has no other way to ß and ss.
fn folded(name: &str) -> String {
    let composer = ComposingNormalizerBorrowed::new_nfc();
    let folded = composer
        .normalize_iter(name.chars())
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    composer.normalize_iter(folded).collect()
}

/// Where an entry begins and ends in the archive, and its name.
type Extent = (u64, u64, String);

/// From the local header to the end of the compressed data (APPNOTE 4.3.6).
fn extent<R: std::io::Read>(entry: &ZipFile<'_, R>, name: &str) -> Result<Extent, Error> {
    entry
        .data_start()
        .and_then(|start| start.checked_add(entry.compressed_size()))
        .map(|end| (entry.header_start(), end, shown(name)))
        .ok_or_else(|| {
            let why = format!("{} in the archive has no end", shown(name));
            Error::new(ErrorKind::Content, why).spoilt()
        })
}

/// No byte belongs to two entries, or to an entry and the directory: that is how a few kilobytes become
/// a few terabytes (D. Fifield, "A better zip bomb", 2019).
fn check_extents(mut extents: Vec<Extent>, directory: u64) -> Result<(), Error> {
    extents.sort_unstable();
    let refused = |why: String| Err(Error::new(ErrorKind::Content, why).spoilt());
    // Or it could be two archives in one, of which another reader finds the other.
    if extents.first().is_some_and(|(start, _, _)| *start > 0) {
        return refused("the archive does not begin with its first entry".to_string());
    }
    if let Some((_, _, name)) = extents.iter().find(|(_, end, _)| *end > directory) {
        return refused(format!("{name} in the archive overlaps its directory"));
    }
    let pairs = extents.iter().zip(extents.iter().skip(1));
    for ((_, end, one), (start, _, other)) in pairs {
        if start < end {
            return refused(format!("{one} and {other} overlap in the archive"));
        }
    }
    Ok(())
}
