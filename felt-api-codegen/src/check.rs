//! Whether what is committed is what the pipeline makes.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::load::{all_overlays, files, parts};
use crate::merge::Fragment;
use crate::overlay::{Applied, Idle};
use crate::parts::overlaid;
use crate::preflight::{is_shortened, short_refusal};
use crate::program::{program, word};
use crate::{Adapted, to_json, visible};

mod source;

use source::check_source;

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
        let told = match &self.stale {
            None => format!("{}: up to date", self.what),
            Some(stale) => format!("{}: {}\n  mend it: {}", self.what, stale.why, stale.mend),
        };
        f.write_str(&visible::lines(&told))
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
    let dir = &committed.spec;
    let own = parts(dir);
    let Some(source) = source else {
        return Ok(check_made(overlaid_by(dir, own), "", committed));
    };
    let (mut checked, newer) = check_source(source, dir)?;
    let is_imported = checked.iter().all(|it| it.stale.is_none());
    let once = match is_imported || are_same(&newer, &own) {
        true => String::new(),
        false => format!("once {} is imported, ", source.display()),
    };
    let spec = overlaid_by(dir, newer);
    // What has to be done before anything is imported is told before.
    let is_first = matches!(&spec, Err(error) if !error.places().is_empty());
    let at = if is_first { 0 } else { checked.len() };
    checked.splice(at..at, check_made(spec, &once, committed));
    Ok(checked)
}

type Overlaid = Result<(Value, Vec<Applied>), Error>;

/// One spec of these files, with the folder's overlays.
fn overlaid_by(dir: &Path, parts: Result<Vec<Fragment>, Error>) -> Overlaid {
    overlaid(parts?, &all_overlays(dir)?)
}

/// Whether two folders say the same, file by file.
fn are_same(one: &Result<Vec<Fragment>, Error>, other: &Result<Vec<Fragment>, Error>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            let mut both = one.iter().zip(other);
            one.len() == other.len() && both.all(|(a, b)| a.file == b.file && a.spec == b.spec)
        }
        (one, other) => one.is_err() && other.is_err(),
    }
}

/// What is made of a spec that the folder's overlays have corrected; `once` says when.
fn check_made(spec: Overlaid, once: &str, committed: &Committed) -> Vec<Checked> {
    let dir = &committed.spec;
    let until = "until then nothing can be made of it";
    let refused = |why: Error, mend: String| Checked::stale(dir, format!("{once}{why}"), mend);
    let (spec, overlaid) = match spec {
        Ok(overlaid) => overlaid,
        Err(error) => {
            let mend = agreement(&error, once, dir).unwrap_or("put that right".to_string());
            return vec![refused(error, format!("{mend}: {until}"))];
        }
    };
    let adapted = Adapted::new(spec, overlaid);
    let mut checked = check_overlays(&adapted.overlaid, once);
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

/// What brings two files to say the same, if they do not.
fn agreement(error: &Error, once: &str, dir: &Path) -> Option<String> {
    let own = files(dir).unwrap_or_default().specs;
    let own: Vec<_> = own.iter().map(|file| file.display().to_string()).collect();
    let places = error.places();
    // What has just been read is new.
    let old: Vec<&str> = places
        .iter()
        .map(String::as_str)
        .filter(|place| own.iter().any(|it| it == place))
        .collect();
    let overlay = format!("such an overlay in {}", dir.display());
    let before = if once.is_empty() { "" } else { "before that, " };
    match (places, &old[..]) {
        ([], _) => None,
        (_, []) => Some(format!("{before}correct one of the two with {overlay}")),
        (_, old) => Some(format!(
            "{before}fetch the {} of {} anew too, and check the folder in which the new pages are; what they disagree in \
             even so is for {overlay}",
            if old.len() == 1 { "page" } else { "pages" },
            old.join(" and ")
        )),
    }
}

/// A line for each overlay of which every action is of use, and for each action that is not.
fn check_overlays(applied: &[Applied], once: &str) -> Vec<Checked> {
    let mut checked = Vec::new();
    for actions in applied.chunk_by(|one, next| one.overlay == next.overlay) {
        let idle: Vec<&Applied> = actions
            .iter()
            .filter(|action| action.idle.is_some())
            .collect();
        let Some(first) = actions.first() else {
            continue;
        };
        if idle.is_empty() {
            let count = match actions.len() {
                1 => "1 action".to_string(),
                count => format!("{count} actions"),
            };
            let what = format!("{} ({count})", first.overlay);
            checked.push(Checked { what, stale: None });
        }
        // An overlay without actions is none.
        let out = match idle.len() == actions.len() {
            true => format!("remove {}, no action of which is of use", first.overlay),
            false => "take the action out".to_string(),
        };
        checked.extend(
            idle.into_iter()
                .map(|action| check_action(action, once, &out)),
        );
    }
    checked
}

fn check_action(action: &Applied, once: &str, out: &str) -> Checked {
    let stale = action.idle.map(|idle| {
        let (cause, mend) = match idle {
            Idle::SelectsNothing => (
                "the vendor may have changed what it was for",
                format!("{out}, or change its target"),
            ),
            Idle::SaysNothingNew => ("the vendor may have corrected it", out.to_string()),
        };
        let why = format!("{once}{idle}: {cause}");
        Stale { why, mend }
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
