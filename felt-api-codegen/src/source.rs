//! Where a spec comes from, as people write it on a command line.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::import::import;
use crate::load::{self, load, overlays, text};
use crate::overlay::{Applied, Overlay};

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
/// reads it), or one of these as it was at a revision: `git:REV` for the folder `openapi`,
/// `git:REV:PATH` for another path, with a commit, branch, tag or tree as `REV`. For that it runs `git`. Paths are seen
/// from the folder `base`; in a bare repository, which has no folders, from its top.
///
/// [`overlays`](crate::overlays()) are applied, as they are before a client is generated: to a folder those that it
/// holds; to a file or page those in the folder in which it lies or, if there are none, those that are applied to the
/// other one. So a page that the vendor has changed is compared with what the last one was made into.
///
/// # Errors
///
/// There is no such file, folder, revision or path in it; those of `load`, `import`, `overlays` and
/// [`Overlay::apply`]; `git` cannot be run, or `base` is in no repository.
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

/// A spec as it is written, and what lies beside it.
struct Source<'a> {
    name: &'a str,
    spec: Value,
    overlays: Vec<Overlay>,
    is_folder: bool,
}

impl Source<'_> {
    fn overlaid(&self, other: &Source<'_>) -> Result<(Value, Vec<Applied>), Error> {
        let overlays = match self.is_folder || !self.overlays.is_empty() {
            true => &self.overlays,
            false => &other.overlays,
        };
        let mut spec = self.spec.clone();
        let mut applied = Vec::new();
        for overlay in overlays {
            let actions = overlay
                .apply(&mut spec)
                .map_err(|error| Error::new(format!("{}: {error}", self.name)))?;
            applied.extend(actions);
        }
        Ok((spec, applied))
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
    let (spec, folder) = if is_folder {
        (load(&path)?, path.as_path())
    } else {
        let spec = import(&load::read(&path)?, source)?;
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        (spec, folder.unwrap_or(Path::new(".")))
    };
    Ok(Source {
        name: source,
        spec,
        overlays: overlays(folder)?,
        is_folder,
    })
}
