//! The command `felt-api-codegen diff`.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use felt_api_codegen::{DiffFormat, WireEffect, diff_report, read_specs, review};

#[derive(Args)]
#[command(after_help = "\
Where a spec can be: a JSON or YAML file, a folder (every *.json, *.yaml and *.yml in it), a documentation page (*.md), a folder of pages, or \
`git:REV` (the folder openapi/ as it was at that revision) and `git:REV:PATH`, with a path from the \
current folder.

Overlays are applied before: to a folder those that it holds, to a file, a page or a folder of pages those that lie \
beside it or else those of the other side.

The report ends with what the generator will refuse in the new spec, what it will warn of anew, and which actions of \
overlays are of no use there.

Exit codes: 0 compared, whatever was found; 1 failed, or found what --fail-on names; 2 usage.")]
pub struct Arguments {
    /// Where the old spec is: a file, a folder, a page, `git:REV` or `git:REV:PATH`
    old: String,
    /// Where the new spec is
    new: String,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Fail if installed clients break, or if anything on the wire needs care at least
    #[arg(long, value_enum, value_name = "EFFECT")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Breaks,
    Care,
}

pub fn run(arguments: &Arguments) -> ExitCode {
    match report(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            crate::say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints the report, and says whether what was found is to be borne.
fn report(arguments: &Arguments) -> Result<bool, String> {
    let here = Path::new(".");
    let specs =
        read_specs(&arguments.old, &arguments.new, here).map_err(|error| error.to_string())?;
    let (differences, outlook) = review(&specs);
    let format = match arguments.format {
        Format::Text => DiffFormat::Text,
        Format::Markdown => DiffFormat::Markdown,
        Format::Json => DiffFormat::Json,
    };
    crate::write(&diff_report(&differences, &outlook, format), None, None)?;
    let limit = match arguments.fail_on {
        None => return Ok(true),
        Some(FailOn::Breaks) => WireEffect::Breaks,
        Some(FailOn::Care) => WireEffect::Care,
    };
    Ok(differences.iter().all(|one| one.wire < limit))
}
