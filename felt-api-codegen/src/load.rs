//! A folder of JSON and YAML files becomes one spec.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Fault};
use crate::merge::{Fragment, check_version};
use crate::overlay::Overlay;
use crate::parts::overlaid;
use crate::{json, yaml};

/// Reads every `*.json`, `*.yaml` and `*.yml` in the folder (not in folders within it) and merges them
/// into one spec, by the same rule as `import`: what two files define they have to define equally, but for words
/// (descriptions, summaries, examples, `info`). Hidden files are left out, and overlays
/// (`*.overlay.yaml` and so on): those that extend one of the files are applied to it before, and [`overlays`] reads the
/// others. Capitals in an ending make no difference.
///
/// # Errors
///
/// The folder is not there, is no folder, or has no such file; a file cannot be read, is no JSON or
/// YAML, or no OpenAPI 3.0.x document; two files define one thing differently; an overlay is none, extends a file that
/// is not there, or does not fit it. Each names the path.
pub fn load(dir: &Path) -> Result<Value, Error> {
    let (parts, mut overlays) = (parts(dir)?, all_overlays(dir)?);
    overlays.retain(|overlay| overlay.file().is_some());
    Ok(overlaid(parts, &overlays)?.0)
}

/// Reads the overlays of a folder that are for its spec as a whole, sorted by name: `*.overlay.yaml`, `*.overlay.yml`,
/// `*.overlay.json`.
///
/// # Errors
///
/// The folder or a file cannot be read, or is no overlay; each names the path.
pub fn overlays(dir: &Path) -> Result<Vec<Overlay>, Error> {
    let mut overlays = all_overlays(dir)?;
    overlays.retain(|overlay| overlay.file().is_none());
    Ok(overlays)
}

/// The same with those for one file.
pub(crate) fn all_overlays(dir: &Path) -> Result<Vec<Overlay>, Error> {
    let mut overlays = Vec::new();
    for file in files(dir)?.overlays {
        overlays.push(overlay(&file.display().to_string(), &read(&file)?)?);
    }
    Ok(overlays)
}

/// The files of a folder that make up its spec, of which there is one at least.
pub(crate) fn parts(dir: &Path) -> Result<Vec<Fragment>, Error> {
    let files = files(dir)?.specs;
    if files.is_empty() {
        return Err(Error::new(format!(
            "{}: there is no *.json, *.yaml or *.yml in this folder: put the OpenAPI spec there",
            dir.display()
        )));
    }
    let mut parts = Vec::new();
    for file in files {
        parts.push(parsed(file.display().to_string(), &read(&file)?)?);
    }
    Ok(parts)
}

/// The overlay in a file of this name and content.
pub(crate) fn overlay(place: &str, text: &str) -> Result<Overlay, Error> {
    Overlay::parse(&document(place, text)?, place)
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Yaml,
    /// A documentation page.
    Page,
}

impl Kind {
    /// By the ending of its name, as far as that says it.
    pub(crate) fn of(name: &Path) -> Option<Self> {
        let ending = name.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" => Some(Kind::Json),
            "yaml" | "yml" => Some(Kind::Yaml),
            "md" | "markdown" => Some(Kind::Page),
            _ => None,
        }
    }
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

/// By its name, as far as it is either.
pub(crate) fn part(name: &str) -> Option<Part> {
    let path = Path::new(name);
    let is_data = matches!(Kind::of(path), Some(Kind::Json | Kind::Yaml));
    if !is_data || name.starts_with('.') {
        return None;
    }
    let marks = Path::new(path.file_stem()?).extension();
    Some(
        match marks.is_some_and(|mark| mark.eq_ignore_ascii_case("overlay")) {
            true => Part::Overlay,
            false => Part::Spec,
        },
    )
}

/// A part of a spec, from a file of this name and content.
pub(crate) fn parsed(place: String, text: &str) -> Result<Fragment, Error> {
    let spec = document(&place, text)?;
    let fragment = Fragment::new(place, spec);
    check_version(&fragment)?;
    Ok(fragment)
}

/// What a file of this name and content says: YAML, or else JSON.
pub(crate) fn document(place: &str, text: &str) -> Result<Value, Error> {
    let (parsed, language) = match Kind::of(Path::new(place)) {
        Some(Kind::Yaml) => (yaml::parse(text), "YAML"),
        _ => (json::parse(text), "JSON"),
    };
    parsed.map_err(|fault| {
        let Fault {
            line,
            column,
            message,
        } = fault;
        Error::new(format!(
            "{place}: line {line}, column {column}: broken {language}: {message}"
        ))
    })
}

pub(crate) fn read(file: &Path) -> Result<String, Error> {
    let place = file.display().to_string();
    let bytes =
        fs::read(file).map_err(|error| Error::new(format!("{place}: cannot read: {error}")))?;
    text(&place, bytes)
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
            ("a.overlay.yaml", WHOLE),
            ("README.md", "no json"),
        ]);
        fs::create_dir(dir.path().join("sub.json")).unwrap();
        let spec = load(dir.path()).unwrap();
        assert_eq!(
            spec.to_string(),
            r#"{"openapi":"3.0.0","paths":{"/a":{},"/b":{},"/c":{},"/d":{}}}"#
        );
    }

    const WHOLE: &str = "overlay: 1.0.0\ninfo: {title: O, version: '1'}\n\
        extends: https://felt.com/a.json\nactions: [{target: $.paths, update: {/w: {}}}]\n";

    #[test]
    fn an_overlay_that_extends_a_file_is_applied_to_it_before_files_are_merged() {
        let file = |security| format!("openapi: 3.0.0\npaths: {{}}\nsecurity: {security}\n");
        let extending = |file| {
            format!(
                "overlay: 1.0.0\ninfo: {{title: O, version: '1'}}\nextends: {file}\n\
                 actions: [{{target: '$.security[*]', remove: true}}]\n"
            )
        };
        let dir = folder(&[
            ("a.yaml", &file("[]")),
            ("my b.yaml", &file("[{a: []}]")),
            ("w.overlay.yaml", WHOLE),
        ]);
        let message = refused(dir.path());
        assert!(message.starts_with("/security is defined"), "{message}");
        assert!(message.ends_with(
            "; an overlay that `extends` one of these files corrects it before they are merged"
        ));
        let overlay = dir.path().join("x.overlay.yaml");
        fs::write(&overlay, extending("./my%20b.yaml")).unwrap();
        let spec = load(dir.path()).unwrap();
        assert_eq!(
            spec.to_string(),
            r#"{"openapi":"3.0.0","security":[],"paths":{}}"#
        );
        // The others are for the whole.
        let whole = overlays(dir.path()).unwrap();
        assert_eq!(whole.len(), 1);
        let adapted = crate::adapted(dir.path()).unwrap();
        assert_eq!(adapted.spec["paths"], serde_json::json!({"/w": {}}));
        let touched = adapted
            .overlaid
            .iter()
            .map(|action| action.touched.as_slice());
        assert_eq!(touched.collect::<Vec<_>>(), [["/security/0"], ["/paths"]]);
        for none in ["b.yaml", "../a.yaml", "w.overlay.yaml"] {
            fs::write(&overlay, extending(none)).unwrap();
            let message = refused(dir.path());
            assert!(
                message.ends_with(&format!(
                    "x.overlay.yaml: `extends` names {none}, but there is no spec of this name in its folder"
                )),
                "{message}"
            );
        }
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
            ("a.json", r#"{"openapi": "3.0.0", "security": [{"a": []}]}"#),
            ("b.json", r#"{"openapi": "3.0.0", "security": []}"#),
        ]);
        let message = refused(dir.path());
        assert!(
            message.starts_with("/security is defined differently in"),
            "{message}"
        );
        assert!(
            message.contains("a.json and in") && message.contains("b.json:"),
            "{message}"
        );
    }
}
