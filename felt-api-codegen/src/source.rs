//! Where a spec comes from, as people write it on a command line.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::error::Error;
use crate::import::import;
use crate::load::{Part, load, parsed, part, text};
use crate::merge::merge;

/// The folder that is meant where only a revision is named.
const FOLDER: &str = "openapi";

/// Reads the spec that `source` names, seen from the folder `base`: a JSON or YAML file, a folder (as
/// [`load`](crate::load()) reads it), a documentation page (`*.md`, as [`import`](crate::import())
/// reads it), or one of these as it was at a revision: `git:REV` for the folder `openapi`,
/// `git:REV:PATH` for another path. For that it runs `git`.
///
/// # Errors
///
/// There is no such file, folder, revision or path in it; those of `load` and `import`; `git` cannot be
/// run, or `base` is in no repository.
pub fn read_spec(source: &str, base: &Path) -> Result<Value, Error> {
    if let Some(revision) = source.strip_prefix("git:") {
        return at_revision(source, revision, base);
    }
    let path = base.join(source);
    // As it was written, not as it is seen from elsewhere.
    let shown = Path::new(source);
    let kind = fs::metadata(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::new(format!(
            "{}: there is no such file or folder (a revision is written git:REV or git:REV:PATH)",
            shown.display()
        )),
        _ => Error::new(format!("{}: cannot read: {error}", shown.display())),
    })?;
    if kind.is_dir() {
        return load(if base == Path::new(".") { shown } else { &path });
    }
    let bytes = fs::read(&path)
        .map_err(|error| Error::new(format!("{}: cannot read: {error}", shown.display())))?;
    one_file(source, bytes)
}

/// A page, YAML or JSON, by its name.
fn one_file(name: &str, bytes: Vec<u8>) -> Result<Value, Error> {
    let ending = Path::new(name).extension().unwrap_or_default();
    if !ending.eq_ignore_ascii_case("md") && !ending.eq_ignore_ascii_case("markdown") {
        return merge(vec![parsed(name.to_string(), bytes)?]);
    }
    import(&text(name, bytes)?, name)
}

fn at_revision(source: &str, revision: &str, base: &Path) -> Result<Value, Error> {
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
    if kind != b"tree\n" {
        let bytes = git(base, &["cat-file", "blob", &object]).map_err(missing)?;
        return one_file(source, bytes);
    }
    let listed = git(base, &["ls-tree", "-z", "--full-tree", &object]).map_err(missing)?;
    let mut fragments = Vec::new();
    for entry in listed.split(|byte| *byte == 0) {
        let entry = String::from_utf8_lossy(entry);
        let Some((about, name)) = entry.split_once('\t') else {
            continue;
        };
        let mut about = about.split(' ').skip(1);
        if let (Some("blob"), Some(id), Some(Part::Spec)) = (about.next(), about.next(), part(name))
        {
            let bytes = git(base, &["cat-file", "blob", id]).map_err(missing)?;
            fragments.push(parsed(format!("{source}/{name}"), bytes)?);
        }
    }
    if fragments.is_empty() {
        let what = "there is no *.json, *.yaml or *.yml in this folder at that revision";
        return Err(Error::new(format!("{source}: {what}")));
    }
    merge(fragments)
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
