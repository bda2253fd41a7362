//! The command `felt-api-codegen`: reads the arguments, calls the library, prints.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use felt_api_codegen::{Committed, Severity};

mod diff_command;

/// From Felt's documentation page to an OpenAPI spec, and from the spec to a Rust client
#[derive(Parser)]
#[command(version, after_help = "Exit codes: 0 done, 1 failed, 2 usage.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make one spec of the OpenAPI blocks in a documentation page, or of a spec in JSON or YAML
    Import {
        /// The page, in Markdown, or a *.json, *.yaml or *.yml; `-` reads it from stdin
        page: PathBuf,
        /// Where to write the spec [default: stdout]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Make a Rust client of a spec; what is changed in the spec before goes to stderr
    Generate {
        /// The folder with the spec: every *.json, *.yaml and *.yml in it, and its overlays
        #[arg(long, value_name = "DIR", default_value = "openapi")]
        spec: PathBuf,
        /// Where to write the spec as the client is generated from it
        #[arg(long, value_name = "FILE")]
        effective: Option<PathBuf>,
        /// Where to write the code [default: stdout]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Tell what is out of date: the spec, its overlays, the effective spec and the generated code; 1 if anything is
    Check {
        /// A documentation page, a spec, or a folder of either, that the spec has to be the same as
        source: Option<PathBuf>,
        /// The folder with the spec
        #[arg(long, value_name = "DIR", default_value = "openapi")]
        spec: PathBuf,
        /// The effective spec that was committed
        #[arg(long, value_name = "FILE", default_value = "src/effective.json")]
        effective: PathBuf,
        /// The code that was committed
        #[arg(long, value_name = "FILE", default_value = "src/generated.rs")]
        code: PathBuf,
    },
    /// Tell everything in a spec that the generator refuses, or makes something else of; 1 if it refuses
    Preflight {
        /// The folder with the spec: every *.json, *.yaml and *.yml in it, and its overlays
        #[arg(long, value_name = "DIR", default_value = "openapi")]
        spec: PathBuf,
        /// Explain a rule instead; without a name, list them all
        #[arg(long, value_name = "RULE", num_args = 0..=1, conflicts_with = "spec")]
        explain: Option<Option<String>>,
    },
    /// Say what changed between two specs, on the wire and in Rust, and which version bump it calls for
    Diff(diff_command::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Import { page, out } => import(&page, out.as_deref()),
        Command::Generate {
            spec,
            effective,
            out,
        } => generate(&spec, effective.as_deref(), out.as_deref()),
        Command::Check {
            source,
            spec,
            effective,
            code,
        } => check(
            source.as_deref(),
            &Committed {
                spec,
                effective,
                code,
            },
        ),
        Command::Preflight {
            explain: Some(rule),
            ..
        } => explain(rule.as_deref()),
        Command::Preflight {
            spec,
            explain: None,
        } => preflight(&spec),
        Command::Diff(arguments) => return diff_command::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn import(page: &Path, out: Option<&Path>) -> Result<(), String> {
    let spec = felt_api_codegen::read_page(page)
        .and_then(|(text, name)| felt_api_codegen::import(&text, &name))
        .map_err(|error| error.to_string())?;
    write(&felt_api_codegen::to_json(&spec), out, None)
}

fn generate(spec: &Path, effective: Option<&Path>, out: Option<&Path>) -> Result<(), String> {
    let generated = felt_api_codegen::run(spec).map_err(|error| error.to_string())?;
    for action in &generated.overlaid {
        say(&action.report());
    }
    for change in &generated.changes {
        say(&change.to_string());
    }
    for warning in &generated.warnings {
        say(&format!("warning: {warning}"));
    }
    let spec = felt_api_codegen::to_json(&generated.effective);
    write(
        &generated.code,
        out,
        effective.map(|path| (path, spec.as_str())),
    )
}

fn check(source: Option<&Path>, committed: &Committed) -> Result<(), String> {
    let checked = felt_api_codegen::check(source, committed).map_err(|error| error.to_string())?;
    let lines: Vec<_> = checked
        .iter()
        .map(|checked| format!("{checked}\n"))
        .collect();
    write(&lines.concat(), None, None)?;
    match checked.iter().filter(|it| it.stale.is_some()).count() {
        0 => Ok(()),
        stale => Err(format!("{stale} of {} out of date", checked.len())),
    }
}

fn preflight(dir: &Path) -> Result<(), String> {
    let adapted = felt_api_codegen::adapted(dir).map_err(|error| error.to_string())?;
    let findings = adapted.findings();
    let lines: Vec<_> = findings
        .iter()
        .map(|finding| format!("{}: {finding}\n", finding.severity))
        .collect();
    write(&lines.concat(), None, None)?;
    let refused = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Refused)
        .count();
    match (refused, findings.len()) {
        (0, 0) => {
            say("nothing stands in the way of the generator");
            Ok(())
        }
        (0, _) => Ok(()),
        _ => Err(format!(
            "{}: {refused} of {} findings stand in the way of the generator, which may find more once they are put \
             right; `{} preflight --explain RULE` explains a rule",
            dir.display(),
            findings.len(),
            felt_api_codegen::program()
        )),
    }
}

fn explain(name: Option<&str>) -> Result<(), String> {
    let rules = felt_api_codegen::rules();
    if let Some(rule) = rules.iter().find(|rule| Some(rule.name) == name) {
        return write(&rule.to_string(), None, None);
    }
    let list: Vec<_> = rules
        .iter()
        .map(|rule| format!("{:<24} {}\n", rule.name, rule.severity))
        .collect();
    match name {
        None => write(&list.concat(), None, None),
        Some(name) => Err(format!(
            "there is no rule `{}`; there are:\n\n{}",
            name.escape_debug(),
            list.concat().trim_end()
        )),
    }
}

/// The result goes to its file, or to stdout; `beside` is another file, written with it or not at all.
fn write(result: &str, out: Option<&Path>, beside: Option<(&Path, &str)>) -> Result<(), String> {
    let mut files = Vec::from_iter(beside);
    files.extend(out.map(|out| (out, result)));
    felt_api_codegen::write_files(&files).map_err(|error| error.to_string())?;
    if out.is_some() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(result.as_bytes())
        .and_then(|()| stdout.flush())
    {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| format!("stdout: cannot write: {error}")),
    }
}

fn say(message: &str) {
    // If stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{message}");
}
