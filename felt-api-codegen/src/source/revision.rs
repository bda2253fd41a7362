//! A spec as it was at a revision, which the program `git` is asked for.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Source, of_pages};
use crate::error::Error;
use crate::import::import;
use crate::load::{Part, overlay, parsed, part, text};
use crate::merge::Fragment;
use crate::pages::{Page, is_page};

/// The folder that is meant where only a revision is named.
const FOLDER: &str = "openapi";

/// How git lists the commit of another repository.
const SUBMODULE: &str = "160000 ";

/// Reads `REV` or `REV:PATH`; `source` is that as it was written.
pub(super) fn at_revision<'a>(
    source: &'a str,
    revision: &str,
    base: &Path,
) -> Result<Source<'a>, Error> {
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
    let failed = |why: String| Error::new(format!("{source}: {why}"));
    let unreadable = |why| failed(format!("cannot read: {why}"));
    let tree = Tree::of(base, revision).map_err(failed)?;
    let Object { is_folder, id } = tree.object(path).map_err(failed)?;
    let folder = match path.rsplit_once('/') {
        _ if is_folder => path,
        Some((folder, _)) => folder,
        None => ".",
    };
    let (mut specs, mut found, mut overlays) = (Vec::new(), Vec::new(), Vec::new());
    for name in tree.names(folder).map_err(unreadable)? {
        let part = part(&name);
        let is_page = is_page(Path::new(&name));
        // Beside a file only overlays are of interest.
        if part != Some(Part::Overlay) && !(is_folder && (is_page || part.is_some())) {
            continue;
        }
        let place = format!("git:{revision}:{folder}/{name}");
        let failed = |why: String| Error::new(format!("{place}: {why}"));
        let object = tree.object(&format!("{folder}/{name}")).map_err(failed)?;
        if object.is_folder {
            continue;
        }
        let text = text(&place, tree.content(&object.id).map_err(failed)?);
        match part {
            Some(Part::Spec) => specs.push((place, text?)),
            Some(Part::Overlay) => overlays.push(overlay(&place, &text?)?),
            None => found.push(Page::new(PathBuf::from(place), text)),
        }
    }
    let paged = of_pages(found, !specs.is_empty())?;
    let is_paged = paged.is_some();
    let parts = match paged {
        Some(parts) => parts,
        None if !is_folder => {
            let text = text(source, tree.content(&id).map_err(unreadable)?)?;
            let mut part = Fragment::new(path.to_string(), import(&text, source)?);
            part.place = source.to_string();
            vec![part]
        }
        None if specs.is_empty() => {
            let what = "there is no *.json, *.yaml or *.yml in this folder at that revision";
            return Err(failed(what.to_string()));
        }
        None => {
            let parts = specs.into_iter().map(|(place, text)| parsed(place, &text));
            parts.collect::<Result<_, _>>()?
        }
    };
    Ok(Source {
        name: source,
        parts,
        overlays,
        is_folder: is_folder && !is_paged,
    })
}

/// All files of a revision. Paths in it are seen from the current folder, as all others are; in a bare repository,
/// which has no folders, from its top.
struct Tree<'a> {
    base: &'a Path,
    id: String,
    is_bare: bool,
}

/// What is at a path: a folder or a file.
struct Object {
    is_folder: bool,
    id: String,
}

impl<'a> Tree<'a> {
    fn of(base: &'a Path, revision: &str) -> Result<Self, String> {
        // Once, by its number: what a branch points to may change while this runs.
        let name = format!("{revision}^{{tree}}");
        let id = git(
            base,
            &["rev-parse", "--verify", "--end-of-options", &name],
            "",
        );
        let id = id.map_err(|why| {
            // What git says of a name that it does not know helps nobody.
            let why = match why.as_str() {
                "Needed a single revision" => "git knows no such commit, branch or tag",
                why => why,
            };
            format!("no revision `{revision}`: {why}")
        })?;
        let is_inside = git(base, &["rev-parse", "--is-inside-work-tree"], "")?;
        Ok(Self {
            base,
            id: line(&id),
            is_bare: line(&is_inside) == "false",
        })
    }

    /// A path as git takes it.
    fn name(&self, path: &str) -> String {
        let id = &self.id;
        match self.is_bare {
            true if path == "." => format!("{id}:"),
            true => format!("{id}:{}", path.trim_start_matches("./")),
            // Makes git look from the current folder.
            false => format!("{id}:./{path}"),
        }
    }

    /// What a path leads to, also by symlinks.
    fn object(&self, path: &str) -> Result<Object, String> {
        let arguments = [
            "cat-file",
            "--batch-check=%(objecttype) %(objectname)",
            "--follow-symlinks",
        ];
        let name = format!("{}\n", self.name(path));
        // Of a path that leads above its files git says nothing here.
        let said = git(self.base, &arguments, &name).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let (kind, rest) = said.split_once(' ').unwrap_or((&said, ""));
        let why = match kind {
            "blob" | "tree" => {
                return Ok(Object {
                    is_folder: kind == "tree",
                    id: rest.trim_end().to_string(),
                });
            }
            "symlink" => {
                let target = rest.split_once('\n').unwrap_or_default().1;
                let target = target.trim_end_matches('\n');
                format!("`{path}` leads out of the repository by a symlink, to `{target}`")
            }
            "dangling" => format!("`{path}` leads to what is not there by a symlink"),
            "loop" => format!("the symlinks of `{path}` lead in a circle"),
            "notdir" => format!("`{path}` would be in a file, which is no folder"),
            _ => self.missing(path),
        };
        Err(format!("at that revision {why}"))
    }

    fn missing(&self, path: &str) -> String {
        let ends = path.match_indices('/').map(|(end, _)| end);
        let folders = ends.chain([path.len()]).filter_map(|end| path.get(..end));
        for folder in folders {
            let listed = git(self.base, &["ls-tree", &self.id, "--", folder], "");
            if listed.is_ok_and(|listed| listed.starts_with(SUBMODULE.as_bytes())) {
                return format!(
                    "`{folder}` is a submodule: its files are in a repository of its own, from within which they can \
                     be read"
                );
            }
        }
        let from = match self.is_bare {
            true => "top of the repository",
            false => "current folder",
        };
        format!("there is no `{path}`, seen from the {from}")
    }

    /// The names of what is in a folder, submodules left out, as other folders are.
    fn names(&self, folder: &str) -> Result<Vec<String>, String> {
        let id = self.object(folder)?.id;
        let listed = git(self.base, &["ls-tree", "-z", "--full-tree", &id], "")?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let entries = listed
            .split('\0')
            .filter_map(|entry| entry.split_once('\t'));
        let files = entries.filter(|(about, _)| !about.starts_with(SUBMODULE));
        Ok(files.map(|(_, name)| name.to_string()).collect())
    }

    fn content(&self, id: &str) -> Result<Vec<u8>, String> {
        git(self.base, &["cat-file", "blob", id], "")
    }
}

fn line(printed: &[u8]) -> String {
    String::from_utf8_lossy(printed).trim().to_string()
}

/// What git prints; or the first line of what it complains about, which says what is wrong: others follow from it, or
/// give advice.
fn git(base: &Path, arguments: &[&str], input: &str) -> Result<Vec<u8>, String> {
    let cannot_run = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "the program `git` is not installed".to_string(),
        _ => format!("cannot run `git`: {error}"),
    };
    let mut git = Command::new("git")
        .args(arguments)
        .current_dir(base)
        // Messages that are repeated in ours are in one language.
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot_run)?;
    if let Some(mut stdin) = git.stdin.take() {
        // Where it has ended already, what it says tells why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = git.wait_with_output().map_err(cannot_run)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint = complaint.lines().find(|line| !line.trim().is_empty());
    let complaint = complaint.unwrap_or("git says no more");
    let complaint = complaint.trim_start_matches("error: ");
    Err(complaint.trim_start_matches("fatal: ").to_string())
}
