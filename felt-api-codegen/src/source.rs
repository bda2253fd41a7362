//! Where a spec comes from, as people write it on a command line.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::Error;
use crate::import::import;
use crate::load::{Part, load, overlay, overlays, parsed, part, text};
use crate::merge::merge;
use crate::overlay::Overlay;

/// The folder that is meant where only a revision is named.
const FOLDER: &str = "openapi";

/// Reads two specs to be compared, each named as people write it: a JSON or YAML file, a folder (as
/// [`load`](crate::load()) reads it), a documentation page (`*.md`, as [`import`](crate::import())
/// reads it), or one of these as it was at a revision: `git:REV` for the folder `openapi`,
/// `git:REV:PATH` for another path. For that it runs `git`. Paths are seen from the folder `base`.
///
/// [`overlays`](crate::overlays()) are applied, as they are before a client is generated: to a folder those that it
/// holds; to a file or page those in the folder in which it lies or, if there are none, those that are applied to the
/// other one. So a page that the vendor has changed is compared with what the last one was made into.
///
/// # Errors
///
/// There is no such file, folder, revision or path in it; those of `load`, `import`, `overlays` and
/// [`Overlay::apply`]; `git` cannot be run, or `base` is in no repository.
pub fn read_specs(old: &str, new: &str, base: &Path) -> Result<(Value, Value), Error> {
    let (old, new) = (read(old, base)?, read(new, base)?);
    Ok((old.overlaid(&new)?, new.overlaid(&old)?))
}

/// A spec as it is written, and what lies beside it.
struct Source<'a> {
    name: &'a str,
    spec: Value,
    overlays: Vec<Overlay>,
    is_folder: bool,
}

impl Source<'_> {
    fn overlaid(&self, other: &Source<'_>) -> Result<Value, Error> {
        let overlays = match self.is_folder || !self.overlays.is_empty() {
            true => &self.overlays,
            false => &other.overlays,
        };
        let mut spec = self.spec.clone();
        for overlay in overlays {
            overlay
                .apply(&mut spec)
                .map_err(|error| Error::new(format!("{}: {error}", self.name)))?;
        }
        Ok(spec)
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
        let spec = one_file(source, fs::read(&path).map_err(unreadable)?)?;
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

/// A page, YAML or JSON, by its name.
fn one_file(name: &str, bytes: Vec<u8>) -> Result<Value, Error> {
    if !is_page(Path::new(name)) {
        return merge(vec![parsed(name.to_string(), bytes)?]);
    }
    import(&text(name, bytes)?, name)
}

/// Whether a file of this name is a documentation page.
pub(crate) fn is_page(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default();
    ending.eq_ignore_ascii_case("md") || ending.eq_ignore_ascii_case("markdown")
}

fn at_revision<'a>(source: &'a str, revision: &str, base: &Path) -> Result<Source<'a>, Error> {
    let (revision, path) = match revision.split_once(':') {
        Some((revision, path)) => (revision, path),
        None => (revision, FOLDER),
    };
    let path = path.trim_end_matches('/');
    if revision.is_empty() || path.is_empty() {
        return Err(Error::new(format!(
            "{source}: write git:REV, or git:REV:PATH with a path from the current folder"
        )));
    }
    // The commit once, by its number: what a branch points to may change while this runs.
    let name = format!("{revision}^{{commit}}");
    let commit = git(base, &["rev-parse", "--verify", "--end-of-options", &name]);
    let commit = commit.map_err(|why| {
        // What git says of a name that it does not know helps nobody.
        let why = match why.as_str() {
            "Needed a single revision" => "git knows no such commit, branch or tag",
            why => why,
        };
        Error::new(format!("{source}: no revision `{revision}`: {why}"))
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_string();
    // `./` makes git look from the current folder, as it is with all other paths.
    let object = format!("{commit}:./{path}");
    let kind = git(base, &["cat-file", "-t", &object]).map_err(|_| {
        Error::new(format!(
            "{source}: at that revision there is no `{path}`, seen from the current folder"
        ))
    })?;
    let missing = |why| Error::new(format!("{source}: cannot read: {why}"));
    let is_folder = kind == b"tree\n";
    let folder = match path.rsplit_once('/') {
        _ if is_folder => path,
        Some((folder, _)) => folder,
        None => ".",
    };
    let tree = format!("{commit}:./{folder}");
    let listed = git(base, &["ls-tree", "-z", "--full-tree", &tree]).map_err(missing)?;
    let (mut fragments, mut overlays) = (Vec::new(), Vec::new());
    for entry in listed.split(|byte| *byte == 0) {
        let entry = String::from_utf8_lossy(entry);
        let Some((about, name)) = entry.split_once('\t') else {
            continue;
        };
        let mut about = about.split(' ').skip(1);
        let (Some("blob"), Some(id)) = (about.next(), about.next()) else {
            continue;
        };
        let bytes = || git(base, &["cat-file", "blob", id]).map_err(missing);
        let place = format!("git:{revision}:{folder}/{name}");
        match part(name) {
            Some(Part::Spec) if is_folder => fragments.push(parsed(place, bytes()?)?),
            Some(Part::Overlay) => overlays.push(overlay(&place, bytes()?)?),
            _ => {}
        }
    }
    let spec = if !is_folder {
        one_file(
            source,
            git(base, &["cat-file", "blob", &object]).map_err(missing)?,
        )?
    } else if fragments.is_empty() {
        let what = "there is no *.json, *.yaml or *.yml in this folder at that revision";
        return Err(Error::new(format!("{source}: {what}")));
    } else {
        merge(fragments)?
    };
    Ok(Source {
        name: source,
        spec,
        overlays,
        is_folder,
    })
}

/// What git prints; or the last line of what it complains about.
fn git(base: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(base)
        // Messages that are repeated in ours are in one language.
        .env("LC_ALL", "C")
        .output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "the program `git` is not installed".to_string(),
        _ => format!("cannot run `git`: {error}"),
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint = complaint.lines().find(|line| !line.trim().is_empty());
    let complaint = complaint.unwrap_or("git says no more");
    Err(complaint.trim_start_matches("fatal: ").to_string())
}
