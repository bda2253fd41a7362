//! What the client crate's build script does.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::error::Error;
use crate::load::files;
use crate::output::write_files;
use crate::overlay::{Applied, Idle};
use crate::preflight::{Finding, by_rule};
use crate::run;
use crate::signatures::signatures;
use crate::visible;

/// The whole `main` of a build script: generates `$OUT_DIR/generated.rs` from the specs in
/// `default_dir`, or in the folder that `FELT_OPENAPI_DIR` names (an absolute path), and tells cargo
/// when to do so again.
///
/// What goes wrong is reported to cargo as errors, and the exit code is a failure.
pub fn build_script(default_dir: &Path) -> ExitCode {
    let mut report = String::from("cargo::rerun-if-env-changed=FELT_OPENAPI_DIR\n");
    let result = build(
        default_dir,
        env::var_os("FELT_OPENAPI_DIR"),
        env::var_os("OUT_DIR"),
        &mut report,
    );
    if let Err(error) = &result {
        report.push_str(&cargo_lines("error", &error.to_string()));
    }
    // Cargo that no longer listens has given up already.
    let _ = std::io::stdout().write_all(report.as_bytes());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn build(
    default_dir: &Path,
    setting: Option<OsString>,
    out_dir: Option<OsString>,
    report: &mut String,
) -> Result<(), Error> {
    let dir = spec_dir(default_dir, setting)?;
    // Before anything can fail: a spec that is put right has to be seen.
    report.push_str(&rerun_if_changed(&dir));
    let files = files(&dir)?;
    for file in files.specs.iter().chain(&files.overlays) {
        report.push_str(&rerun_if_changed(file));
    }
    let generated = run(&dir)?;
    report.push_str(&cargo_warnings(&generated.warnings));
    report.push_str(&idle_actions(&generated.overlaid));
    let out_dir = out_dir.ok_or_else(|| {
        Error::new("OUT_DIR is not set: this is to be run by cargo, as a build script")
    })?;
    report.push_str(&metadata(&dir, &generated.code));
    let out = Path::new(&out_dir).join("generated.rs");
    // An unchanged file is not compiled again.
    if fs::read(&out).is_ok_and(|old| old == generated.code.as_bytes()) {
        return Ok(());
    }
    write_files(&[(&out, &generated.code)])
}

/// The folder that the spec is in, by what `FELT_OPENAPI_DIR` is set to.
fn spec_dir(default_dir: &Path, setting: Option<OsString>) -> Result<PathBuf, Error> {
    let Some(setting) = setting else {
        return Ok(default_dir.to_path_buf());
    };
    let dir = PathBuf::from(setting);
    if dir.is_absolute() {
        return Ok(dir);
    }
    let what = if dir.as_os_str().is_empty() {
        "FELT_OPENAPI_DIR is set, but empty: unset it to use the spec that comes with the crate, or make it an absolute path".to_string()
    } else {
        format!(
            "FELT_OPENAPI_DIR is a relative path ({}), which cargo would look for in the folder of the crate that is built, not in yours: make it absolute",
            dir.display()
        )
    };
    Err(Error::new(format!(
        "{what}. Cargo does that with these two lines in .cargo/config.toml:\n\
         [env]\n\
         FELT_OPENAPI_DIR = {{ value = \"path/from/the/folder/that/holds/.cargo\", relative = true }}"
    )))
}

/// What the build scripts of those that depend on the client learn of it, as `DEP_<links>_<name>`: where the spec is,
/// and for each method `METHOD_<its name>`, the types that it takes and gives.
fn metadata(dir: &Path, code: &str) -> String {
    let mut lines = format!("cargo::metadata=spec={}\n", dir.display());
    for method in signatures(code) {
        lines += &format!("cargo::metadata=method_{}={}\n", method.name, method.types);
    }
    lines
}

fn rerun_if_changed(path: &Path) -> String {
    format!("cargo::rerun-if-changed={}\n", path.display())
}

/// One line for each rule.
fn cargo_warnings(warnings: &[Finding]) -> String {
    let rules = by_rule(warnings).into_iter();
    let lines = rules.map(|(first, others)| cargo_warning(&first.to_string(), others.len()));
    lines.collect()
}

/// One line for each reason for which actions of overlays are of no use.
fn idle_actions(overlaid: &[Applied]) -> String {
    let reasons = [Idle::SelectsNothing, Idle::SaysNothingNew].into_iter();
    let lines = reasons.filter_map(|idle| {
        let mut actions = overlaid.iter().filter(|action| action.idle == Some(idle));
        let first = actions.next()?;
        let message = format!("{first}: {idle}, so that it is of no use");
        Some(cargo_warning(&message, actions.count()))
    });
    lines.collect()
}

/// The first of some warnings, and how many more there are.
fn cargo_warning(first: &str, more: usize) -> String {
    match more {
        0 => cargo_lines("warning", first),
        more => cargo_lines("warning", &format!("{first} (and {more} more)")),
    }
}

/// A message as cargo takes it: an instruction is one line.
fn cargo_lines(kind: &str, message: &str) -> String {
    let lines = message
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    lines
        .map(|line| format!("cargo::{kind}={}\n", visible::line(line)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(setting: Option<&str>) -> Result<PathBuf, String> {
        spec_dir(Path::new("openapi"), setting.map(OsString::from))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_folder_is_the_default_or_an_absolute_path() {
        assert_eq!(chosen(None), Ok(PathBuf::from("openapi")));
        let absolute = env::temp_dir();
        assert_eq!(chosen(absolute.to_str()), Ok(absolute));
    }

    #[test]
    fn a_relative_or_empty_setting_is_explained() {
        for (setting, said) in [
            ("specs/v3", "a relative path (specs/v3)"),
            ("", "set, but empty"),
            (".", "(.)"),
        ] {
            let message = chosen(Some(setting)).unwrap_err();
            assert!(message.contains(said), "{message}");
            assert!(
                message.contains("\n[env]\nFELT_OPENAPI_DIR = { value = \"path"),
                "{message}"
            );
            assert!(message.ends_with("relative = true }"), "{message}");
        }
    }

    #[test]
    fn every_line_of_a_message_is_an_instruction() {
        assert_eq!(
            cargo_lines("error", "a\r\n\n  b\rc\u{1b}[31m \nd"),
            "cargo::error=a\ncargo::error=  b\\u{d}c\\u{1b}[31m\ncargo::error=d\n"
        );
    }

    #[test]
    fn cargo_is_told_what_to_watch_even_if_the_spec_is_broken() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.json");
        fs::write(&file, "{").unwrap();
        let mut report = String::new();
        let setting = Some(dir.path().as_os_str().to_owned());
        let error = build(Path::new("openapi"), setting, None, &mut report).unwrap_err();
        assert!(error.to_string().contains("broken JSON"));
        assert_eq!(
            report,
            rerun_if_changed(dir.path()) + &rerun_if_changed(&file)
        );
    }

    #[test]
    fn cargo_is_told_the_warnings() {
        let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let spec = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {}\n\
                    components: {schemas: {A: {if: {}}, B: {then: {}}}}\n";
        fs::write(dir.path().join("a.yaml"), spec).unwrap();
        let mut report = String::new();
        let out_dir = Some(out.path().as_os_str().to_owned());
        build(dir.path(), None, out_dir, &mut report).unwrap();
        assert!(
            report.contains("\ncargo::warning=/components/schemas/A/if (ignored-keyword): "),
            "{report}"
        );
        assert!(report.contains(" (and 1 more)\n"), "{report}");
    }

    #[test]
    fn cargo_is_told_the_actions_of_overlays_that_are_of_no_use() {
        let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let spec = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {}\n";
        fs::write(dir.path().join("a.yaml"), spec).unwrap();
        let overlay = "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions:\n\
            - {target: $.info, update: {title: U}}\n- {target: $.a, remove: true}\n\
            - {target: $.info, update: {version: '1'}}\n- {target: $.b, remove: true}\n";
        let path = dir.path().join("a.overlay.yaml");
        fs::write(&path, overlay).unwrap();
        let mut report = String::new();
        let out_dir = Some(out.path().as_os_str().to_owned());
        build(dir.path(), None, out_dir, &mut report).unwrap();
        let told: Vec<_> = report
            .lines()
            .filter(|line| line.starts_with("cargo::warning="))
            .collect();
        let path = path.display();
        assert_eq!(
            told,
            [
                format!(
                    "cargo::warning={path}, action 2 ($.a): its target selects nothing, so that it is of no use (and 1 more)"
                ),
                format!(
                    "cargo::warning={path}, action 3 ($.info): all that it says is there without it, so that it is of no use"
                ),
            ]
        );
    }

    #[test]
    fn many_refusals_are_a_few_errors() {
        let dir = tempfile::tempdir().unwrap();
        let path = |number| format!("  /p{number}: {{get: {{responses: {{}}}}}}\n");
        let paths: String = (0..100).map(path).collect();
        let spec = format!("openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}");
        fs::write(dir.path().join("a.yaml"), spec).unwrap();
        let error = build(dir.path(), None, None, &mut String::new()).unwrap_err();
        let lines = cargo_lines("error", &error.to_string());
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(
            lines[0].ends_with(": 100 things in the spec stand in the way of the generator:"),
            "{lines:#?}"
        );
        assert!(lines[1].starts_with("cargo::error=- /paths/~1p0/get (operation-id): "));
        assert!(lines[2].starts_with("cargo::error=  and 99 more: /paths/~1p1/get, "));
        assert!(lines[3].ends_with("` tells them all"), "{lines:#?}");
    }

    #[test]
    fn the_client_is_written_once() {
        let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let spec = r#"{"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {}}"#;
        fs::write(dir.path().join("a.json"), spec).unwrap();
        let file = out.path().join("generated.rs");
        let build = || {
            let out_dir = Some(out.path().as_os_str().to_owned());
            build(dir.path(), None, out_dir, &mut String::new()).unwrap();
            fs::metadata(&file).unwrap().modified().unwrap()
        };
        let first = build();
        assert!(
            fs::read_to_string(&file)
                .unwrap()
                .contains("pub struct Client")
        );
        assert_eq!(build(), first);
    }
}
