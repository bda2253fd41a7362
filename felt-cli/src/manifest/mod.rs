//! Many exports: what a manifest asks for.

mod expect;
mod rows;
pub mod state;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use felt_api::{Filter, Format};

pub use expect::Expectation;
pub use rows::Row;

use crate::args::{self, layer_of};
use crate::failure::Failure;
use crate::output::{Output, beside};
use crate::template::Now;
use crate::token::aside;

/// One export of a manifest.
#[derive(Debug)]
pub struct Job {
    pub map: String,
    pub layer: String,
    pub format: Format,
    pub filters: Vec<Filter>,
    pub output: Output,
    /// What the manifest says, by which a later run knows it: the names in it are not those of one day.
    pub key: String,
}

/// The exports of a manifest, all of which can work as far as can be told before anything is asked; or all that is
/// wrong with it.
pub async fn read(args: &args::Export, path: &Path) -> Result<Vec<Job>, Failure> {
    let (from, name) = (path.to_path_buf(), path.display().to_string());
    let read = aside(move || match from == Path::new("-") {
        true => io::read_to_string(io::stdin()),
        false => fs::read_to_string(from),
    });
    let text = read
        .await?
        .map_err(|error| Failure::Local(format!("cannot read {name}: {error}")))?;
    let now = Now::get();
    let (mut jobs, mut wrong) = (Vec::new(), Vec::new());
    for (place, row) in rows::read(text.trim_start_matches('\u{feff}')) {
        let job = row.and_then(|row| job(row, args, &now).map_err(|why| why.data().message));
        match job {
            Ok(job) => jobs.push((place, job)),
            Err(why) => wrong.push(format!("{place}: {why}")),
        }
    }
    let itself = [path.to_path_buf(), beside(path, ".state")];
    let itself = itself.map(|path| (one_name(&path), "the manifest".to_string()));
    let mut taken: HashMap<OsString, String> = HashMap::from(itself);
    for (place, job) in &jobs {
        let Some(path) = job.output.path(&job.layer, job.format) else {
            wrong.push(format!("{place}: stdout is one place for many files"));
            continue;
        };
        if let Some(other) = taken.insert(one_name(&path), place.clone()) {
            wrong.push(format!(
                "{place}: {} is that of {other} already",
                path.display()
            ));
        }
    }
    if jobs.is_empty() && wrong.is_empty() {
        wrong.push("there is nothing in it".to_string());
    }
    match wrong.is_empty() {
        true => Ok(jobs.into_iter().map(|(_, job)| job).collect()),
        false => Err(Failure::Manifest(name, wrong)),
    }
}

/// The same for all names of one file, as far as that can be told before it is there.
fn one_name(path: &Path) -> OsString {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A folder that is yet to be made has no other names.
    let folder = folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder))
        .unwrap_or_else(|_| folder.to_path_buf());
    let name = folder.join(path.file_name().unwrap_or_default());
    // There names that differ in case only are one.
    match cfg!(any(windows, target_os = "macos")) {
        true => name.as_os_str().to_string_lossy().to_lowercase().into(),
        false => name.into_os_string(),
    }
}

fn job(row: Row, args: &args::Export, now: &Now) -> Result<Job, Failure> {
    let usage = Failure::Usage;
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (map, layer) = layer_of(&row.map, said(&row.layer).as_deref())?;
    let asked = match said(&row.format) {
        Some(name) => Some(
            name.parse::<Format>()
                .map_err(|error| usage(error.to_string()))?,
        ),
        None => args.format,
    };
    let condition = match said(&row.condition) {
        Some(text) => Some(
            text.parse::<Filter>()
                .map_err(|error| usage(error.to_string()))?,
        ),
        None => None,
    };
    let filters: Vec<Filter> = args
        .all_filters()
        .chain(condition)
        .chain(row.filter)
        .collect();

    let written = said(&row.output)
        .map(PathBuf::from)
        .or(args.output.output.clone());
    let place = args::Output {
        output: written.clone(),
        directory: args.output.directory.clone(),
        ..args.output
    };
    let (output, format) = Output::and_format(&place, args.keep_zip, (&map, &layer), asked, now)?;
    let key = serde_json::json!([
        map,
        layer,
        format,
        filters,
        written,
        args.output.directory,
        args.keep_zip
    ]);
    Ok(Job {
        map,
        layer,
        format,
        filters,
        output,
        key: key.to_string(),
    })
}
