//! Whether what is committed is what the pipeline makes.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::document::operations;
use crate::error::Error;
use crate::import::{NONE, find};
use crate::load::{Kind, document, files, load, overlays, read};
use crate::merge::{Fragment, merge};
use crate::overlay::{Applied, Idle};
use crate::preflight::{is_shortened, short_refusal};
use crate::program::{program, word};
use crate::{Adapted, to_json};

/// The files that belong together.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The folder with the spec, and its overlays.
    pub spec: PathBuf,
    /// The effective spec, that the code was generated from.
    pub effective: PathBuf,
    /// The source of the client.
    pub code: PathBuf,
}

/// Whether one thing is up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The file, the folder or the overlay's action.
    pub what: String,
    /// What is wrong with it, and the command or the change that mends it. None if it is up to date.
    pub stale: Option<Stale>,
}

/// What keeps a thing from being up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// What is wrong.
    pub why: String,
    /// What mends it.
    pub mend: String,
}

impl Checked {
    fn up_to_date(what: &Path) -> Self {
        Self {
            what: what.display().to_string(),
            stale: None,
        }
    }

    fn stale(what: &Path, why: String, mend: String) -> Self {
        let what = what.display().to_string();
        // What an error says begins with the place, which is said already.
        let why = why
            .strip_prefix(&format!("{what}: "))
            .unwrap_or(&why)
            .to_string();
        let stale = Some(Stale { why, mend });
        Self { what, stale }
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stale {
            None => write!(f, "{}: up to date", self.what),
            Some(stale) => write!(f, "{}: {}\n  mend it: {}", self.what, stale.why, stale.mend),
        }
    }
}

/// Holds what is committed against what the pipeline makes, from the source of the specs on, if one is given: a
/// documentation page, a spec, or a folder of either; every action of the folder's overlays; the effective spec; the code. What
/// is not there, or cannot be read, is out of date. Where the source says something else than the folder, the rest is
/// held against what is made of the source: all that is to be done is told at once, in the order in which to do it.
///
/// # Errors
///
/// There is no such source.
pub fn check(source: Option<&Path>, committed: &Committed) -> Result<Vec<Checked>, Error> {
    let spec = &committed.spec;
    let Some(source) = source else {
        return Ok(check_made(load(spec), "", committed));
    };
    let (mut checked, newer) = check_source(source, spec)?;
    let once = match newer == load(spec) {
        true => String::new(),
        false => format!("once {} is imported, ", source.display()),
    };
    checked.extend(check_made(newer, &once, committed));
    Ok(checked)
}

/// What is made of a spec with the folder's overlays; `once` says when.
fn check_made(spec: Result<Value, Error>, once: &str, committed: &Committed) -> Vec<Checked> {
    let dir = &committed.spec;
    let until = "until then nothing can be made of it";
    let refused = |why: Error, mend: String| Checked::stale(dir, format!("{once}{why}"), mend);
    let adapted = match spec.and_then(|spec| Adapted::new(spec, &overlays(dir)?)) {
        Ok(adapted) => adapted,
        Err(error) => return vec![refused(error, format!("put that right: {until}"))],
    };
    let actions = adapted.overlaid.iter();
    let mut checked: Vec<Checked> = actions.map(|action| check_action(action, once)).collect();
    let generated = match adapted.generated() {
        Ok(generated) => generated,
        Err(findings) => {
            let mut mend = format!(
                "put that right with an overlay in {}, or ask the vendor to: {until}",
                dir.display()
            );
            if is_shortened(&findings) {
                let dir = word(dir);
                mend += &format!("; {once}{} preflight --spec {dir} tells all", program());
            }
            checked.push(refused(short_refusal(&findings), mend));
            return checked;
        }
    };
    let (effective, code) = (&committed.effective, &committed.code);
    let mend = format!(
        "{} generate --spec {} --effective {} --out {}",
        program(),
        word(dir),
        word(effective),
        word(code)
    );
    for (file, made) in [
        (effective, to_json(&generated.effective)),
        (code, generated.code),
    ] {
        checked.push(compared(file, &made, once, &mend));
    }
    checked
}

fn check_action(action: &Applied, once: &str) -> Checked {
    let stale = action.idle.map(|idle| {
        let (cause, mend) = match idle {
            Idle::SelectsNothing => (
                "the vendor may have changed what it was for",
                "take the action out, or change its target",
            ),
            Idle::SaysNothingNew => ("the vendor may have corrected it", "take the action out"),
        };
        Stale {
            why: format!("{once}{idle}: {cause}"),
            mend: mend.to_string(),
        }
    });
    let what = action.to_string();
    Checked { what, stale }
}

/// The file against what would be written to it.
fn compared(file: &Path, made: &str, once: &str, mend: &str) -> Checked {
    let why = match fs::read(file) {
        Ok(found) if found == made.as_bytes() => return Checked::up_to_date(file),
        Ok(_) => format!(
            "{once}not what is made of the spec ({} lines are)",
            made.lines().count()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => "there is no such file".to_string(),
        Err(error) => format!("cannot read: {error}"),
    };
    Checked::stale(file, why, mend.to_string())
}

/// The source against the folder, and what the folder's spec is once the source is in it.
fn check_source(source: &Path, spec: &Path) -> Result<(Vec<Checked>, Result<Value, Error>), Error> {
    let failed = |error| Error::new(format!("{}: cannot read: {error}", source.display()));
    if !fs::metadata(source).map_err(failed)?.is_dir() {
        let page = Page::read(source.to_path_buf());
        let own = Own::all(spec);
        let file = page.file(&own, &HashSet::new());
        let file = file.map(|index| &own[index]);
        let newer = with(&own, &[(&page, page.target(file, spec))], spec);
        return Ok((vec![page.against(file, spec)], newer));
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(source).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if Kind::of(&path) == Some(Kind::Page) {
            paths.push(path);
        }
    }
    paths.sort();
    let pages: Vec<Page> = paths.into_iter().map(Page::read).collect();
    // Beside specs may lie a README.
    let is_said = pages.iter().any(|page| !matches!(page.spec, Ok(None)));
    let has_specs = !files(source)?.specs.is_empty();
    Ok(match pages.is_empty() || has_specs && !is_said {
        true => check_specs(source, spec),
        false => check_pages(source, &pages, spec),
    })
}

/// A folder of specs against ours.
fn check_specs(source: &Path, spec: &Path) -> (Vec<Checked>, Result<Value, Error>) {
    let ours = load(spec);
    let newer = match load(source) {
        Ok(newer) => newer,
        Err(error) => {
            let mend = format!(
                "name a page, or a folder of pages or specs, instead of {}",
                source.display()
            );
            let checked = Checked::stale(source, error.to_string(), mend);
            return (vec![checked], ours);
        }
    };
    let mend = format!(
        "put the specs of {} there, in the place of its own",
        source.display()
    );
    (vec![against(spec, &ours, &newer, source, mend)], Ok(newer))
}

/// The pages of a folder against the files of our folder, each of which comes from one of them.
fn check_pages(source: &Path, pages: &[Page], spec: &Path) -> (Vec<Checked>, Result<Value, Error>) {
    let own = Own::all(spec);
    let named = pages.iter().filter_map(|page| page.named(&own));
    let mut taken: HashSet<usize> = named.collect();
    let (mut checked, mut newer) = (Vec::new(), Vec::new());
    for page in pages {
        let file = page.file(&own, &taken);
        taken.extend(file);
        newer.push((page, page.target(file.map(|index| &own[index]), spec)));
        // Much of a documentation has no OpenAPI in it.
        if file.is_some() || !matches!(page.spec, Ok(None)) {
            checked.push(page.against(file.map(|index| &own[index]), spec));
        }
    }
    for (index, file) in own.iter().enumerate() {
        if !taken.contains(&index) {
            let why = format!("it comes from no page in {}", source.display());
            let mend = format!("put its page there, or remove {}", file.path.display());
            checked.push(Checked::stale(&file.path, why, mend));
        }
    }
    (checked, with(&own, &newer, spec))
}

/// What the folder's spec is with pages in the places of the files that come from them.
fn with(own: &[Own], pages: &[(&Page, PathBuf)], dir: &Path) -> Result<Value, Error> {
    let place = |path: &Path| path.display().to_string();
    let own = own.iter().map(|file| {
        let fragment = |spec| Fragment {
            place: place(&file.path),
            spec,
        };
        (file.path.clone(), file.spec.clone().map(fragment))
    });
    let mut files: BTreeMap<PathBuf, Result<Fragment, Error>> = own.collect();
    for (page, file) in pages {
        if let Ok(Some(spec)) = &page.spec {
            let fragment = Fragment {
                place: place(&page.path),
                spec: spec.clone(),
            };
            files.insert(file.clone(), Ok(fragment));
        }
    }
    match files.is_empty() {
        true => load(dir),
        false => merge(files.into_values().collect::<Result<_, _>>()?),
    }
}

/// A documentation page, and the spec in it, if there is one; or a file that is a spec.
struct Page {
    path: PathBuf,
    spec: Result<Option<Value>, Error>,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let name = path.display().to_string();
        let spec = read(&path).and_then(|text| find(&text, &name));
        Self { path, spec }
    }

    /// `layer-exports.md` belongs to `layer-exports.json`.
    fn named(&self, own: &[Own]) -> Option<usize> {
        let name = self.path.file_stem();
        own.iter().position(|file| file.path.file_stem() == name)
    }

    /// The file that comes from this page: that of its name, or, since it may have been saved under another, of those
    /// that are left the one with the most of its operations.
    fn file(&self, own: &[Own], taken: &HashSet<usize>) -> Option<usize> {
        let theirs = match &self.spec {
            Ok(Some(spec)) => pointers(spec),
            _ => HashSet::new(),
        };
        let shared = |index: &usize| match &own[*index].spec {
            Ok(spec) => pointers(spec).intersection(&theirs).count(),
            Err(_) => 0,
        };
        let left = (0..own.len()).filter(|index| !taken.contains(index));
        let alike = left.max_by_key(shared);
        let alike = alike.filter(|index| shared(index) > 0);
        self.named(own).or(alike)
    }

    /// Where it is imported to: the file that comes from it, if we have one.
    fn target(&self, file: Option<&Own>, spec: &Path) -> PathBuf {
        match file {
            Some(file) => file.path.clone(),
            None => {
                // A dot in the name is part of it.
                let name = self.path.file_stem().unwrap_or_default();
                let mut file = spec.join(name).into_os_string();
                file.push(".json");
                PathBuf::from(file)
            }
        }
    }

    /// Against the file that comes from it, if we have one.
    fn against(&self, file: Option<&Own>, spec: &Path) -> Checked {
        let newer = match &self.spec {
            Ok(Some(newer)) => newer,
            Ok(None) => {
                let mend = "name the page that has it: the vendor may have moved it";
                return Checked::stale(&self.path, NONE.to_string(), mend.to_string());
            }
            Err(error) => {
                let mend = "have a look at it: it is not taken in before that is put right";
                return Checked::stale(&self.path, error.to_string(), mend.to_string());
            }
        };
        let import = |file: &Path| {
            let (page, file) = (word(&self.path), word(file));
            format!("{} import {page} --out {file}", program())
        };
        match file {
            Some(Own { path, spec }) => against(path, spec, newer, &self.path, import(path)),
            None => {
                let file = self.target(None, spec);
                let why = format!("there is no such file for {}", self.path.display());
                Checked::stale(&file, why, import(&file))
            }
        }
    }
}

/// A file of our folder.
struct Own {
    path: PathBuf,
    spec: Result<Value, Error>,
}

impl Own {
    /// All of them; none if the folder cannot be read, of which something is said in any case.
    fn all(dir: &Path) -> Vec<Own> {
        let specs = files(dir).unwrap_or_default().specs.into_iter();
        let own = specs.map(|path| {
            let spec = read(&path).and_then(|text| document(&path.display().to_string(), &text));
            Own { path, spec }
        });
        own.collect()
    }
}

/// The operations of a spec.
fn pointers(spec: &Value) -> HashSet<String> {
    operations(spec).into_iter().map(|it| it.pointer).collect()
}

fn against(
    what: &Path,
    ours: &Result<Value, Error>,
    newer: &Value,
    source: &Path,
    mend: String,
) -> Checked {
    match ours {
        Ok(ours) if to_json(newer) == to_json(ours) => Checked::up_to_date(what),
        Ok(_) => {
            let diff = format!("{} diff {} {}", program(), word(what), word(source));
            let source = source.display();
            let why = format!("not what is in {source}; {diff} tells the differences");
            Checked::stale(what, why, mend)
        }
        Err(error) => Checked::stale(what, error.to_string(), mend),
    }
}
