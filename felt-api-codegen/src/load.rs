//! A folder of JSON files becomes one spec.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, json_message};
use crate::json;
use crate::merge::{Fragment, check_version, merge};

/// Reads every `*.json` in the folder (not in folders within it) and merges them into one spec, by
/// the same rule as [`import`](crate::import). Hidden files and `*.overlay.json` are left out.
///
/// # Errors
///
/// The folder is not there, is no folder, or has no such file; a file cannot be read, is no JSON, or
/// no OpenAPI 3.0.x document; two files define one thing differently. Each names the path.
pub fn load(dir: &Path) -> Result<Value, Error> {
    let files = spec_files(dir)?;
    if files.is_empty() {
        return Err(Error::new(format!(
            "{}: there is no *.json in this folder: put the OpenAPI spec there",
            dir.display()
        )));
    }
    let fragments: Result<Vec<_>, _> = files.iter().map(|file| fragment(file)).collect();
    merge(fragments?)
}

/// The files that make up the spec, sorted by name.
pub(crate) fn spec_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
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
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_spec(&name) && !entry.path().is_dir() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file of this name holds a part of the spec of its folder.
pub(crate) fn is_spec(name: &str) -> bool {
    name.ends_with(".json") && !name.ends_with(".overlay.json") && !name.starts_with('.')
}

fn fragment(file: &Path) -> Result<Fragment, Error> {
    let place = file.display().to_string();
    let bytes =
        fs::read(file).map_err(|error| Error::new(format!("{place}: cannot read: {error}")))?;
    parsed(place, bytes)
}

/// What a file of this name and content says.
pub(crate) fn parsed(place: String, bytes: Vec<u8>) -> Result<Fragment, Error> {
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::new(format!("{place}: not UTF-8: {}", error.utf8_error())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let spec = json::parse(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = json_message(&error);
        Error::new(format!(
            "{place}: line {line}, column {column}: broken JSON: {message}"
        ))
    })?;
    let fragment = Fragment { place, spec };
    check_version(&fragment)?;
    Ok(fragment)
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
            (".hidden.json", "no json"),
            ("a.overlay.json", "no json"),
            ("README.md", "no json"),
        ]);
        fs::create_dir(dir.path().join("sub.json")).unwrap();
        let spec = load(dir.path()).unwrap();
        assert_eq!(
            spec.to_string(),
            r#"{"openapi":"3.0.0","paths":{"/a":{},"/b":{}}}"#
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
    }

    #[test]
    fn a_file_that_is_no_spec_is_refused() {
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
