//! Where a spec comes from, as people write it on a command line.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::import::import;
use crate::load::{self, all_overlays, files, parts, text};
use crate::merge::Fragment;
use crate::overlay::{Applied, Overlay};
use crate::pages::{Page, are_meant, pages};
use crate::parts::overlaid;

mod revision;

use revision::at_revision;

/// Reads what [`import`](crate::import()) takes: the text of a file, or for `-` of stdin; and what it is called in
/// messages.
///
/// # Errors
///
/// It cannot be read, or is not UTF-8.
pub fn read_page(page: &Path) -> Result<(String, String), Error> {
    if page != Path::new("-") {
        return Ok((load::read(page)?, page.display().to_string()));
    }
    let name = "stdin".to_string();
    let mut bytes = Vec::new();
    match io::stdin().read_to_end(&mut bytes) {
        Ok(_) => Ok((text(&name, bytes)?, name)),
        Err(error) => Err(Error::new(format!("{name}: cannot read: {error}"))),
    }
}

/// Two specs to be compared, as overlays have corrected them.
#[derive(Clone, Debug, PartialEq)]
pub struct Specs {
    /// The old one.
    pub old: Value,
    /// The new one.
    pub new: Value,
    /// Actions that are of no use in the new one, and were in the old one, if they were applied to it.
    pub idle: Vec<Applied>,
}

/// Reads two specs to be compared, each named as people write it: a JSON or YAML file, a folder (as
/// [`load`](crate::load()) reads it), a documentation page (`*.md`, as [`import`](crate::import())
/// reads it), a folder of pages, merged as files are, or one of these as it was at a revision: `git:REV` for the folder `openapi`,
/// `git:REV:PATH` for another path, with a commit, branch, tag or tree as `REV`. For that it runs `git`. Paths are seen
/// from the folder `base`; in a bare repository, which has no folders, from its top.
///
/// Overlays are applied, as they are before a client is generated: to a folder those that it
/// holds; to a file, a page or a folder of pages those in the folder in which it lies or, if there are none, those that
/// are applied to the other one. Those that extend another file are left out then; `layers.md` is taken for
/// `layers.json`. So a page that the vendor has changed is compared with what the last one was made into.
///
/// # Errors
///
/// There is no such file, folder, revision or path in it; those of `load`, `import` and [`Overlay::apply`]; `git` cannot be run, or `base` is in no repository.
pub fn read_specs(old: &str, new: &str, base: &Path) -> Result<Specs, Error> {
    let (old, new) = (read(old, base)?, read(new, base)?);
    let ((old, before), (new, mut idle)) = (old.overlaid(&new)?, new.overlaid(&old)?);
    let was_idle = |action: &Applied| {
        let mut before = before.iter();
        before.any(|it| it.action == action.action && it.idle.is_some())
    };
    idle.retain(|action| action.idle.is_some() && !was_idle(action));
    Ok(Specs { old, new, idle })
}

/// A spec as it is written, in parts, and what lies beside it.
struct Source<'a> {
    name: &'a str,
    parts: Vec<Fragment>,
    overlays: Vec<Overlay>,
    /// Whether it is a folder of specs, which is complete as it is.
    is_folder: bool,
}

impl Source<'_> {
    fn overlaid(&self, other: &Source<'_>) -> Result<(Value, Vec<Applied>), Error> {
        let mut parts = self.parts.clone();
        let is_own = self.is_folder || !self.overlays.is_empty();
        let mut overlays = match is_own {
            true => self.overlays.clone(),
            false => other.overlays.clone(),
        };
        // Whatever a page was saved as.
        if let ([part], [theirs], false) = (&mut parts[..], &other.parts[..], is_own) {
            part.file.clone_from(&theirs.file);
        }
        if !self.is_folder {
            // Other overlays are for files that are not looked at.
            let is_there = |file: &str| parts.iter().any(|part| part.is(file));
            overlays.retain(|overlay| overlay.file().is_none_or(is_there));
        }
        overlaid(parts, &overlays).map_err(|error| Error::new(format!("{}: {error}", self.name)))
    }
}

fn read<'a>(source: &'a str, base: &Path) -> Result<Source<'a>, Error> {
    if let Some(revision) = source.strip_prefix("git:") {
        return at_revision(source, revision, base);
    }
    let path = match base == Path::new(".") {
        // As it was written.
        true => PathBuf::from(source),
        false => base.join(source),
    };
    let unreadable = |error: io::Error| {
        Error::new(match error.kind() {
            ErrorKind::NotFound => format!(
                "{source}: there is no such file or folder (a revision is written git:REV or git:REV:PATH)"
            ),
            _ => format!("{source}: cannot read: {error}"),
        })
    };
    let is_folder = fs::metadata(&path).map_err(unreadable)?.is_dir();
    let paged = match is_folder {
        true => {
            let has_specs = !files(&path)?.specs.is_empty();
            of_pages(pages(&path).map_err(unreadable)?, has_specs)?
        }
        false => None,
    };
    let is_paged = paged.is_some();
    let (parts, folder) = match paged {
        Some(parts) => (parts, path.as_path()),
        None if is_folder => (parts(&path)?, path.as_path()),
        None => {
            let spec = import(&load::read(&path)?, source)?;
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            let part = Fragment::new(source.to_string(), spec);
            (vec![part], folder.unwrap_or(Path::new(".")))
        }
    };
    Ok(Source {
        name: source,
        parts,
        overlays: all_overlays(folder)?,
        is_folder: is_folder && !is_paged,
    })
}

/// What the pages of a folder hold, if it is one of pages, and there is OpenAPI in any.
fn of_pages(pages: Vec<Page>, has_specs: bool) -> Result<Option<Vec<Fragment>>, Error> {
    if !are_meant(&pages, has_specs) {
        return Ok(None);
    }
    let mut parts = Vec::new();
    for page in pages {
        if let Some(spec) = page.spec? {
            parts.push(Fragment::new(page.path.display().to_string(), spec));
        }
    }
    Ok(Some(parts).filter(|parts| !parts.is_empty()))
}
