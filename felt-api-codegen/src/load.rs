//! A folder of JSON and YAML files becomes one spec.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, json_message};
use crate::merge::{Fragment, check_version, merge};
use crate::overlay::Overlay;
use crate::{json, yaml};

/// What the files of a spec end in.
const ENDINGS: [&str; 3] = [".json", ".yaml", ".yml"];

/// Reads every `*.json`, `*.yaml` and `*.yml` in the folder (not in folders within it) and merges them
/// into one spec, by the same rule as [`import`](crate::import). Hidden files are left out, and overlays
/// (`*.overlay.yaml` and so on), which [`overlays`] reads.
///
/// # Errors
///
/// The folder is not there, is no folder, or has no such file; a file cannot be read, is no JSON or
/// YAML, or no OpenAPI 3.0.x document; two files define one thing differently. Each names the path.
pub fn load(dir: &Path) -> Result<Value, Error> {
    let files = files(dir)?.specs;
    if files.is_empty() {
        return Err(Error::new(format!(
            "{}: there is no *.json, *.yaml or *.yml in this folder: put the OpenAPI spec there",
            dir.display()
        )));
    }
    let fragments: Result<Vec<_>, _> = files.iter().map(|file| fragment(file)).collect();
    merge(fragments?)
}

/// Reads the overlays of a folder, sorted by name: `*.overlay.yaml`, `*.overlay.yml`, `*.overlay.json`.
///
/// # Errors
///
/// The folder or a file cannot be read, or is no overlay; each names the path.
pub fn overlays(dir: &Path) -> Result<Vec<Overlay>, Error> {
    let files = files(dir)?.overlays;
    let overlays = files
        .iter()
        .map(|file| overlay(&file.display().to_string(), read(file)?));
    overlays.collect()
}

/// The overlay in a file of this name and content.
pub(crate) fn overlay(place: &str, bytes: Vec<u8>) -> Result<Overlay, Error> {
    Overlay::parse(&document(place, bytes)?, place)
}

/// What a folder holds, sorted by name.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The files that make up the spec.
    pub specs: Vec<PathBuf>,
    pub overlays: Vec<PathBuf>,
}

pub(crate) fn files(dir: &Path) -> Result<Files, Error> {
    let unreadable = |error: std::io::Error| {
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such folder".to_string(),
            std::io::ErrorKind::NotADirectory => {
                "this is a file, but the folder that holds the spec was expected".to_string()
            }
            _ => format!("cannot read this folder: {error}"),
        };
        Error::new(format!("{}: {what}", dir.display()))
    };
    let mut files = Files::default();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match part(&name) {
            _ if entry.path().is_dir() => {}
            Some(Part::Spec) => files.specs.push(entry.path()),
            Some(Part::Overlay) => files.overlays.push(entry.path()),
            None => {}
        }
    }
    files.specs.sort();
    files.overlays.sort();
    Ok(files)
}

/// What a file in the folder of a spec is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Spec,
    Overlay,
}

/// Whether a file of this name is one of a spec's, or an overlay, wherever it lies.
pub(crate) fn is_spec(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// By its name, as far as it is either.
pub(crate) fn part(name: &str) -> Option<Part> {
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    let stem = stem.filter(|_| !name.starts_with('.'))?;
    Some(match stem.ends_with(".overlay") {
        true => Part::Overlay,
        false => Part::Spec,
    })
}

fn fragment(file: &Path) -> Result<Fragment, Error> {
    let place = file.display().to_string();
    parsed(place, read(file)?)
}

/// A part of a spec, from a file of this name and content.
pub(crate) fn parsed(place: String, bytes: Vec<u8>) -> Result<Fragment, Error> {
    let spec = document(&place, bytes)?;
    let fragment = Fragment { place, spec };
    check_version(&fragment)?;
    Ok(fragment)
}

/// What a file of this name and content says: JSON, or YAML.
pub(crate) fn document(place: &str, bytes: Vec<u8>) -> Result<Value, Error> {
    let text = text(place, bytes)?;
    let broken = |language: &str, line: usize, column: usize, message: &str| {
        Error::new(format!(
            "{place}: line {line}, column {column}: broken {language}: {message}"
        ))
    };
    if place.ends_with(".yaml") || place.ends_with(".yml") {
        yaml::parse(&text).map_err(|fault| broken("YAML", fault.line, fault.column, &fault.message))
    } else {
        json::parse(&text)
            .map_err(|error| broken("JSON", error.line(), error.column(), &json_message(&error)))
    }
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|error| Error::new(format!("{}: cannot read: {error}", file.display())))
}

/// The text of a file, without the mark that some put before it.
pub(crate) fn text(place: &str, bytes: Vec<u8>) -> Result<String, Error> {
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::new(format!("{place}: not UTF-8: {}", error.utf8_error())))?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_string(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    fn refused(dir: &Path) -> String {
        load(dir).unwrap_err().to_string()
    }

    #[test]
    fn all_specs_of_a_folder_are_merged_and_nothing_else_is_read() {
        let dir = folder(&[
            ("b.json", r#"{"openapi": "3.0.0", "paths": {"/b": {}}}"#),
            (
                "a.json",
                "\u{feff}{\"openapi\": \"3.0.0\", \"paths\": {\"/a\": {}}}",
            ),
            ("c.yaml", "openapi: 3.0.0\npaths:\n  /b: {}\n  /c: {}\n"),
            ("d.yml", "\u{feff}openapi: 3.0.0\npaths: {/d: {}}\n"),
            (".hidden.json", "no json"),
            (".hidden.yaml", "no: yaml: it is"),
            ("a.overlay.json", "no json"),
            ("a.overlay.yaml", "no: yaml: it is"),
            ("a.overlay.yml", "no: yaml: it is"),
            ("README.md", "no json"),
        ]);
        fs::create_dir(dir.path().join("sub.json")).unwrap();
        let spec = load(dir.path()).unwrap();
        assert_eq!(
            spec.to_string(),
            r#"{"openapi":"3.0.0","paths":{"/a":{},"/b":{},"/c":{},"/d":{}}}"#
        );
    }

    #[test]
    fn a_folder_that_is_none_or_empty_is_named() {
        let dir = folder(&[("a.txt", "")]);
        let path = dir.path().display().to_string();
        assert!(refused(dir.path()).starts_with(&format!("{path}: there is no *.json")));
        assert!(refused(&dir.path().join("b")).contains("b: there is no such folder"));
        assert!(refused(&dir.path().join("a.txt")).contains("a.txt: this is a file"));
    }

    #[test]
    fn a_broken_file_is_named_with_line_and_column() {
        let dir = folder(&[("a.json", "{\n  \"openapi\": oops\n}")]);
        let message = refused(dir.path());
        assert!(
            message.ends_with("a.json: line 2, column 14: broken JSON: expected value"),
            "{message}"
        );
        let dir = folder(&[("a.yaml", "openapi: 3.0.0\npaths: {}\npaths: {}\n")]);
        let message = refused(dir.path());
        assert!(
            message.ends_with(
                "a.yaml: line 3, column 1: broken YAML: `paths` is defined twice in one object"
            ),
            "{message}"
        );
    }

    #[test]
    fn a_file_that_is_no_spec_is_refused() {
        let dir = folder(&[("a.yaml", "")]);
        assert!(refused(dir.path()).contains("a.yaml: not an OpenAPI document"));
        let dir = folder(&[("a.yaml", "openapi: 3.0")]);
        assert!(refused(dir.path()).contains("`openapi` is 3.0, but"));
        let dir = folder(&[("a.json", "[]")]);
        assert!(refused(dir.path()).contains("a.json: not an OpenAPI document"));
        fs::write(dir.path().join("a.json"), [0xff]).unwrap();
        assert!(refused(dir.path()).contains("a.json: not UTF-8"));
    }

    #[test]
    fn two_files_that_disagree_are_both_named() {
        let dir = folder(&[
            ("a.json", r#"{"openapi": "3.0.0", "info": {"title": "a"}}"#),
            ("b.json", r#"{"openapi": "3.0.0", "info": {"title": "b"}}"#),
        ]);
        let message = refused(dir.path());
        assert!(
            message.starts_with("/info/title is defined differently in"),
            "{message}"
        );
        assert!(
            message.contains("a.json and in") && message.contains("b.json:"),
            "{message}"
        );
    }
}
