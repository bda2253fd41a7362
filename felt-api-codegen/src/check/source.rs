//! A source of specs against the folder of ours.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Checked;
use crate::document::operations;
use crate::error::Error;
use crate::import::NONE;
use crate::load::{all_overlays, document, files, parts, read};
use crate::merge::Fragment;
use crate::pages::{Page, are_meant, pages};
use crate::parts::overlaid;
use crate::program::{program, word};
use crate::to_json;

/// What the folder's spec is made of once the source is in it.
type Newer = Result<Vec<Fragment>, Error>;

/// The source against the folder.
pub(super) fn check_source(source: &Path, spec: &Path) -> Result<(Vec<Checked>, Newer), Error> {
    let failed = |error| Error::new(format!("{}: cannot read: {error}", source.display()));
    if !fs::metadata(source).map_err(failed)?.is_dir() {
        let page = Page::read(source.to_path_buf());
        let own = Own::all(spec);
        let file = page.file(&own, &HashSet::new());
        let file = file.map(|index| &own[index]);
        let newer = with(&own, &[(&page, page.target(file, spec))], spec);
        return Ok((vec![page.against(file, spec)], newer));
    }
    let pages = pages(source).map_err(failed)?;
    let has_specs = !files(source)?.specs.is_empty();
    Ok(match are_meant(&pages, has_specs) {
        true => check_pages(source, &pages, spec),
        false => check_specs(source, spec),
    })
}

/// A folder of specs against ours.
fn check_specs(source: &Path, spec: &Path) -> (Vec<Checked>, Newer) {
    let corrected = |dir: &Path| -> Result<Value, Error> {
        let mut overlays = all_overlays(spec)?;
        overlays.retain(|overlay| overlay.file().is_some());
        Ok(overlaid(parts(dir)?, &overlays)?.0)
    };
    let ours = corrected(spec);
    let newer = match corrected(source) {
        Ok(newer) => newer,
        Err(error) => {
            let mend = format!(
                "name a page, or a folder of pages or specs, instead of {}",
                source.display()
            );
            let checked = Checked::stale(source, error.to_string(), mend);
            return (vec![checked], parts(spec));
        }
    };
    let mend = format!(
        "put the specs of {} there, in the place of its own",
        source.display()
    );
    let checked = against(spec, &ours, &newer, source, mend);
    (vec![checked], parts(source))
}

/// The pages of a folder against the files of our folder, each of which comes from one of them.
fn check_pages(source: &Path, pages: &[Page], spec: &Path) -> (Vec<Checked>, Newer) {
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

/// What the folder's spec is made of with pages in the places of the files that come from them.
fn with(own: &[Own], pages: &[(&Page, PathBuf)], dir: &Path) -> Newer {
    let place = |path: &Path| path.display().to_string();
    let own = own.iter().map(|file| {
        let fragment = |spec| Fragment::new(place(&file.path), spec);
        (file.path.clone(), file.spec.clone().map(fragment))
    });
    let mut files: BTreeMap<PathBuf, Result<Fragment, Error>> = own.collect();
    for (page, file) in pages {
        if let Ok(Some(spec)) = &page.spec {
            let mut fragment = Fragment::new(place(file), spec.clone());
            fragment.place = place(&page.path);
            files.insert(file.clone(), Ok(fragment));
        }
    }
    match files.is_empty() {
        true => parts(dir),
        false => files.into_values().collect(),
    }
}

impl Page {
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
