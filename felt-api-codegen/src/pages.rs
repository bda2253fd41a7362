//! The documentation pages of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::import::find;
use crate::load::{Kind, read};

/// A documentation page, and the spec in it, if there is one; or a file that is a spec.
pub(crate) struct Page {
    pub path: PathBuf,
    pub spec: Result<Option<Value>, Error>,
}

impl Page {
    pub fn read(path: PathBuf) -> Self {
        let text = read(&path);
        Self::new(path, text)
    }

    /// A page of this text.
    pub fn new(path: PathBuf, text: Result<String, Error>) -> Self {
        let name = path.display().to_string();
        let spec = text.and_then(|text| find(&text, &name));
        Self { path, spec }
    }
}

/// The pages of a folder, sorted by name.
pub(crate) fn pages(dir: &Path) -> io::Result<Vec<Page>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if is_page(&path) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths.into_iter().map(Page::read).collect())
}

pub(crate) fn is_page(name: &Path) -> bool {
    Kind::of(name) == Some(Kind::Page)
}

/// Whether a folder that holds these pages is one of pages, rather than of specs: beside specs only if there is OpenAPI
/// in them. What a README shows beside specs is no page of the vendor's.
pub(crate) fn are_meant(pages: &[Page], has_specs: bool) -> bool {
    let is_readme = |page: &Page| {
        let name = page.path.file_stem().unwrap_or_default();
        name.eq_ignore_ascii_case("readme")
    };
    match has_specs {
        false => !pages.is_empty(),
        true => pages
            .iter()
            .any(|page| !matches!(page.spec, Ok(None)) && !is_readme(page)),
    }
}
