//! Whether what is committed is what the pipeline makes.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::import::import;
use crate::load::{document, load, read, text};
use crate::{run, to_json};

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

/// See [`Checked::stale`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// What is wrong.
    pub why: String,
    /// What mends it.
    pub mend: String,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stale {
            None => write!(f, "{}: up to date", self.what),
            Some(stale) => write!(f, "{}: {}\n  mend it: {}", self.what, stale.why, stale.mend),
        }
    }
}

/// Holds what is committed against what the pipeline makes, from the source of the specs on: a documentation page, or a
/// folder of pages or specs, if one is given; every action of the folder's overlays; the effective spec; the code.
///
/// # Errors
///
/// Those of [`run`] and [`import`](crate::import); a file is there and cannot be read. What is not there is out of date.
pub fn check(source: Option<&Path>, committed: &Committed) -> Result<Vec<Checked>, Error> {
    let mut checked = Vec::new();
    if let Some(source) = source {
        checked.extend(check_source(source, &committed.spec)?);
    }
    let generated = run(&committed.spec)?;
    for action in &generated.overlaid {
        let is_dead = action.touched.is_empty();
        checked.push(Checked {
            what: action.to_string(),
            stale: is_dead.then(|| Stale {
                why: "its target selects nothing: the vendor may have changed what it was for"
                    .to_string(),
                mend: "take the action out, or change its target".to_string(),
            }),
        });
    }
    let (spec, effective, code) = (&committed.spec, &committed.effective, &committed.code);
    let mend = format!(
        "felt-api-codegen generate --spec {} --effective {} --out {}",
        spec.display(),
        effective.display(),
        code.display()
    );
    for (file, made) in [
        (effective, to_json(&generated.effective)),
        (code, generated.code),
    ] {
        checked.push(compared(file, &made, &mend)?);
    }
    Ok(checked)
}

/// The file against what would be written to it.
fn compared(file: &Path, made: &str, mend: &str) -> Result<Checked, Error> {
    let why = match fs::read(file) {
        Ok(found) if found == made.as_bytes() => None,
        Ok(_) => Some(format!(
            "not what is made of the spec ({} lines are)",
            made.lines().count()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some("there is no such file".to_string())
        }
        Err(error) => {
            return Err(Error::new(format!(
                "{}: cannot read: {error}",
                file.display()
            )));
        }
    };
    Ok(Checked {
        what: file.display().to_string(),
        stale: why.map(|why| Stale {
            why,
            mend: mend.to_string(),
        }),
    })
}

fn check_source(source: &Path, spec: &Path) -> Result<Vec<Checked>, Error> {
    if !source.is_dir() {
        return Ok(vec![check_page(source, spec)?]);
    }
    let failed = |error| {
        Error::new(format!(
            "{}: cannot read this folder: {error}",
            source.display()
        ))
    };
    let entries: Result<Vec<_>, _> = fs::read_dir(source).map_err(failed)?.collect();
    let mut pages: Vec<PathBuf> = entries
        .map_err(failed)?
        .iter()
        .map(|entry| entry.path())
        .collect();
    pages.retain(|path| path.extension().is_some_and(|it| it == "md"));
    pages.sort();
    if !pages.is_empty() {
        return pages.iter().map(|page| check_page(page, spec)).collect();
    }
    let (newer, ours) = (load(source)?, load(spec)?);
    let mend = format!("copy the files of {} there", source.display());
    Ok(vec![against(
        spec.display().to_string(),
        &newer,
        &ours,
        source,
        mend,
    )])
}

/// A page against the file of its name: `layer-exports.md` belongs to `layer-exports.json`.
fn check_page(page: &Path, spec: &Path) -> Result<Checked, Error> {
    let name = page.display().to_string();
    let newer = import(&text(&name, read(page)?)?, &name)?;
    let stem = page.file_stem().unwrap_or_default();
    // A dot in the name is part of it.
    let mut file = spec.join(stem).into_os_string();
    file.push(".json");
    let file = PathBuf::from(file);
    let what = file.display().to_string();
    let mend = format!("felt-api-codegen import {name} --out {what}");
    if !file.exists() {
        let why = format!("there is no such file for {name}");
        return Ok(Checked {
            what,
            stale: Some(Stale { why, mend }),
        });
    }
    let ours = document(&what, read(&file)?)?;
    Ok(against(what, &newer, &ours, page, mend))
}

fn against(what: String, newer: &Value, ours: &Value, source: &Path, mend: String) -> Checked {
    let source = source.display();
    let stale = (to_json(newer) != to_json(ours)).then(|| Stale {
        why: format!(
            "not what is in {source}; felt-api-codegen diff {what} {source} tells the differences"
        ),
        mend,
    });
    Checked { what, stale }
}
