//! Many exports: what a manifest asks for.

mod expect;
pub mod state;
mod template;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use felt_api::{Filter, Format};
use serde::Deserialize;

pub use expect::Expectation;

use crate::args::{self, layer_of};
use crate::failure::Failure;
use crate::output::Output;

/// One export of a manifest.
#[derive(Debug)]
pub struct Job {
    pub map: String,
    pub layer: String,
    pub format: Format,
    pub filters: Vec<Filter>,
    pub output: Output,
    /// Whether the folder of the output has a name that is made, as for a day: it is made as well.
    pub makes_folder: bool,
    /// What the manifest says, by which a later run knows it: the names in it are not those of one day.
    pub key: String,
}

/// One row, as it is written.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with a map, a layer and so on"
)]
struct Row {
    map: String,
    layer: Option<String>,
    format: Option<String>,
    #[serde(rename = "where")]
    condition: Option<String>,
    /// In JSON only.
    filter: Option<Filter>,
    output: Option<String>,
}

/// The exports of a manifest, all of which can work as far as can be told before anything is asked; or all that is
/// wrong with it.
pub fn read(args: &args::Export, path: &Path) -> Result<Vec<Job>, Failure> {
    let read = match path == Path::new("-") {
        true => io::read_to_string(io::stdin()),
        false => fs::read_to_string(path),
    };
    let text =
        read.map_err(|error| Failure::Local(format!("cannot read {}: {error}", path.display())))?;
    let (rows, mut wrong) = rows(text.trim_start_matches('\u{feff}'));
    let now = template::Now::of(SystemTime::now());
    let mut jobs = Vec::new();
    for (place, row) in rows {
        match job(row, args, &now) {
            Ok(job) => jobs.push((place, job)),
            Err(Failure::Usage(why)) => wrong.push(format!("{place}: {why}")),
            Err(other) => wrong.push(format!("{place}: {}", other.data().message)),
        }
    }
    let mut taken: HashMap<PathBuf, String> = HashMap::new();
    for (place, job) in &jobs {
        let Some(path) = job.output.path(&job.layer, job.format) else {
            wrong.push(format!("{place}: stdout is one place for many files"));
            continue;
        };
        if let Some(other) = taken.insert(path.clone(), place.clone()) {
            wrong.push(format!(
                "{place}: {} is the output of {other} already",
                path.display()
            ));
        }
    }
    if jobs.is_empty() && wrong.is_empty() {
        wrong.push("there is nothing in it".to_string());
    }
    match wrong.is_empty() {
        true => Ok(jobs.into_iter().map(|(_, job)| job).collect()),
        false => Err(Failure::Usage(format!(
            "{}: {}",
            path.display(),
            shortened(&wrong)
        ))),
    }
}

/// All that is wrong, as far as people read it.
fn shortened(wrong: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut lines: Vec<String> = wrong.iter().take(SHOWN).cloned().collect();
    if wrong.len() > SHOWN {
        lines.push(format!("and {} more", wrong.len() - SHOWN));
    }
    lines.join("\n  ")
}

/// The rows with their places, and what could not be read.
fn rows(text: &str) -> (Vec<(String, Row)>, Vec<String>) {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    if text.trim_start().starts_with('[') {
        match serde_json::from_str::<Vec<serde_json::Value>>(text) {
            Ok(values) => {
                for (number, value) in values.into_iter().enumerate() {
                    let place = format!("entry {}", number + 1);
                    match serde_json::from_value(value) {
                        Ok(row) => rows.push((place, row)),
                        Err(error) => wrong.push(format!("{place}: {error}")),
                    }
                }
            }
            Err(error) => wrong.push(format!("no JSON array: {error}")),
        }
        return (rows, wrong);
    }
    let mut csv = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = csv.headers().cloned().unwrap_or_default();
    for record in csv.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let place = match record.position() {
            Some(position) => format!("line {}", position.line()),
            None => "a line".to_string(),
        };
        match record.deserialize(Some(&headers)) {
            Ok(row) => rows.push((place, row)),
            Err(error) => {
                let why = match error.into_kind() {
                    csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
                    kind => format!("{kind:?}"),
                };
                wrong.push(format!("{place}: {why}"));
            }
        }
    }
    (rows, wrong)
}

fn job(row: Row, args: &args::Export, now: &template::Now) -> Result<Job, Failure> {
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
    let named = |format: Option<Format>| {
        let output = match &written {
            Some(path) => {
                let name = template::expand(&path.to_string_lossy(), &map, &layer, format, now);
                Some(PathBuf::from(name.map_err(usage)?))
            }
            None => None,
        };
        let place = args::Output {
            output,
            directory: args.output.directory.clone(),
            overwrite: args.output.overwrite,
            skip_existing: args.output.skip_existing,
        };
        Output::new(&place, args.keep_zip)
    };
    // The name may say the format, or hold it.
    let format = match asked {
        Some(format) => named(Some(format))?.export_format(Some(format))?,
        None => named(None)?.export_format(None)?,
    };
    let output = named(Some(format))?;
    let key = serde_json::json!([
        map,
        layer,
        format,
        filters,
        written,
        args.output.directory,
        args.keep_zip
    ]);
    let folder = written.as_deref().and_then(Path::parent);
    Ok(Job {
        makes_folder: folder.is_some_and(|folder| folder.to_string_lossy().contains('{')),
        map,
        layer,
        format,
        filters,
        output,
        key: key.to_string(),
    })
}
