//! From Felt's documentation page to an OpenAPI spec, and from the spec to a Rust client.
//!
//! A pipeline of small functions over a JSON value; each is a step that can be looked at on its own:
//!
//! | step | from | to |
//! |---|---|---|
//! | [`import`] | a documentation page with OpenAPI fragments | one spec |
//! | [`load`] | a folder of JSON and YAML files | one spec |
//! | [`Overlay`] | a spec | the spec with what is corrected in it as data |
//! | [`adapt()`] | a spec | the spec that a robust client needs, and a list of what was changed |
//! | [`preflight()`] | a spec | all that the generator would stumble over |
//! | [`generate()`] | a spec | the source of a client |
//! | [`diff()`] | two specs | what changed, and what that means on the wire and in Rust |
//!
//! [`run`] goes from a folder to the code; [`build_script`] does that for a build script.
//!
//! ```
//! let mut spec = serde_json::json!({
//!     "openapi": "3.0.0", "info": {"title": "Pets", "version": "1"}, "paths": {},
//! });
//! felt_api_codegen::adapt(&mut spec);
//! assert!(felt_api_codegen::preflight(&spec).is_empty());
//! assert!(felt_api_codegen::generate(&spec)?.contains("pub struct Client"));
//! # Ok::<(), felt_api_codegen::Error>(())
//! ```
//!
//! The feature `command` (default) brings `import`, `diff`, `check` and what reads their sources, and the program; a build
//! script does without.
//!
//! What it deliberately does not do: follow references into other files, or take OpenAPI 2.0 or 3.1.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// The same spec gives the same bytes: what is told or made of something is in an order of its own.
#![warn(clippy::iter_over_hash_type)]

use std::path::Path;

use program::word;
use serde_json::Value;

mod adapt;
mod build_script;
#[cfg(feature = "command")]
mod check;
#[cfg(feature = "command")]
mod diff;
mod document;
mod error;
mod generate;
#[cfg(feature = "command")]
mod import;
mod json;
mod load;
mod merge;
mod names;
mod output;
mod overlay;
#[cfg(feature = "command")]
mod pages;
mod parts;
mod preflight;
mod program;
mod reach;
mod signatures;
#[cfg(feature = "command")]
mod source;
mod visible;
mod yaml;

pub use adapt::{Change, adapt};
pub use build_script::build_script;
#[cfg(feature = "command")]
pub use check::{Checked, Committed, Stale, check};
#[cfg(feature = "command")]
pub use diff::{
    Bump, DIFF_RULES, DiffFormat, DiffRule, Difference, Outlook, RustEffect, SpecSide, WireEffect,
    diff, diff_report, review,
};
pub use error::Error;
pub use generate::generate;
#[cfg(feature = "command")]
pub use import::import;
pub use load::{load, overlays};
pub use output::write_files;
pub use overlay::{Applied, Idle, Overlay};
pub use preflight::{Finding, Rule, Severity, preflight, rules};
pub use program::program;
#[cfg(feature = "command")]
pub use source::{Specs, read_page, read_specs};

/// What [`run`] makes of a folder of specs.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The spec that the code was generated from: merged and adapted.
    pub effective: Value,
    /// What the actions of the folder's overlays did, in their order, also those that did nothing.
    pub overlaid: Vec<Applied>,
    /// Every change that was made to it then, also those that found nothing to do.
    pub changes: Vec<Change>,
    /// Where the client does something else than the spec says.
    pub warnings: Vec<Finding>,
    /// The source of the client.
    pub code: String,
}

/// A folder's spec, as a client is generated from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapted {
    /// Merged, overlaid and adapted.
    pub spec: Value,
    /// What the actions of the folder's overlays did, in their order, also those that did nothing.
    pub overlaid: Vec<Applied>,
    /// Every change that was made then, also those that found nothing to do.
    pub changes: Vec<Change>,
}

/// The first half of the pipeline: [`load`], [`overlays`], [`adapt()`]; also what the overlays did that `load` applies.
///
/// # Errors
///
/// Those of [`load`], [`overlays`] and [`Overlay::apply`].
pub fn adapted(dir: &Path) -> Result<Adapted, Error> {
    let (spec, overlaid) = parts::overlaid(load::parts(dir)?, &load::all_overlays(dir)?)?;
    Ok(Adapted::new(spec, overlaid))
}

impl Adapted {
    fn new(mut spec: Value, overlaid: Vec<Applied>) -> Self {
        let changes = adapt(&mut spec);
        Self {
            spec,
            overlaid,
            changes,
        }
    }

    /// What [`preflight()`] finds; and, if it refuses nothing, what the generator does that no rule has foreseen, which
    /// takes as long as generating.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = preflight(&self.spec);
        let is_refused = |finding: &Finding| finding.severity == Severity::Refused;
        if !findings.iter().any(is_refused)
            && let Err(refused) = generate::code_or_findings(&self.spec)
        {
            findings.extend(refused);
        }
        findings
    }

    /// The second half of the pipeline; or all that is in its way.
    fn generated(self) -> Result<Generated, Vec<Finding>> {
        let (code, warnings) = made(&self.spec)?;
        Ok(Generated {
            effective: self.spec,
            overlaid: self.overlaid,
            changes: self.changes,
            warnings,
            code,
        })
    }
}

/// The code of an adapted spec, and what is warned of; or what is refused.
fn made(spec: &Value) -> Result<(String, Vec<Finding>), Vec<Finding>> {
    let (refused, warnings): (Vec<_>, Vec<_>) = preflight(spec)
        .into_iter()
        .partition(|finding| finding.severity == Severity::Refused);
    if !refused.is_empty() {
        return Err(refused);
    }
    Ok((generate::code_or_findings(spec)?, warnings))
}

/// The pipeline: [`adapted`], [`preflight()`], [`generate()`].
///
/// # Errors
///
/// Those of [`adapted`] and [`generate()`]; or what the preflight refuses, in one message, which of many findings tells
/// rule by rule.
pub fn run(dir: &Path) -> Result<Generated, Error> {
    adapted(dir)?.generated().map_err(|refused| {
        let place = dir.display();
        let message = format!("{place}: {}", preflight::short_refusal(&refused));
        Error::new(match preflight::is_shortened(&refused) {
            true => format!(
                "{message}\n`{} preflight --spec {}` tells them all",
                program(),
                word(dir)
            ),
            false => message,
        })
    })
}

/// A spec as it is written to a file: two spaces of indentation, a newline at the end.
pub fn to_json(spec: &Value) -> String {
    format!("{spec:#}\n")
}
