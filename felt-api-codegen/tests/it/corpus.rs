//! A small spec for each rule of the preflight, each step of `adapt`, and what has to work: what is told of
//! it, and what becomes of it. `tests/fixtures/corpus/` has `rule-*`, `step-*` and `good-*`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use felt_api_codegen::{Finding, Severity, adapt, generate, import, preflight, rules};
use serde_json::Value;

/// Every spec, by its name.
pub fn specs() -> BTreeMap<String, Value> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let spec = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        import(&text, &path.display().to_string()).unwrap()
    };
    files
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_string(),
                spec(&path),
            )
        })
        .collect()
}

/// What becomes of a spec on the way of [`felt_api_codegen::run`].
pub struct Outcome {
    pub report: String,
    /// The rules that are broken, before `adapt` and after.
    pub rules: BTreeSet<&'static str>,
    /// The steps of `adapt` that touched something.
    pub steps: BTreeSet<&'static str>,
    pub code: Option<String>,
}

pub fn outcome(spec: &Value) -> Outcome {
    let mut report = String::new();
    let mut rules = BTreeSet::new();
    let mut steps = BTreeSet::new();
    let mut tell = |report: &mut String, title: &str, findings: &[Finding]| {
        if !findings.is_empty() {
            *report += &format!("{title}:\n");
        }
        for finding in findings {
            *report += &format!("- {}: {finding}\n", finding.severity);
            rules.insert(finding.rule);
        }
    };
    let mut adapted = spec.clone();
    let changes = adapt(&mut adapted);
    let (before, after) = (preflight(spec), preflight(&adapted));
    if before != after {
        tell(&mut report, "Before it is adapted", &before);
    }
    for change in changes.iter().filter(|change| !change.touched.is_empty()) {
        report += &format!("Adapted: {}\n", change.name);
        steps.insert(change.name);
        for pointer in &change.touched {
            report += &format!("- {pointer}\n");
        }
    }
    tell(&mut report, "Found", &after);
    let mut code = None;
    if !after
        .iter()
        .any(|finding| finding.severity == Severity::Refused)
    {
        match generate(&adapted) {
            Ok(made) => {
                report += &format!("Generated:\n{}", surface(&made));
                code = Some(made);
            }
            Err(error) => {
                report += &format!("The generator refuses: {error}\n");
                rules.extend(
                    error
                        .to_string()
                        .contains("(progenitor)")
                        .then_some("progenitor"),
                );
            }
        }
    }
    Outcome {
        report,
        rules,
        steps,
        code,
    }
}

/// The types and methods of generated code, without what stands around them.
fn surface(code: &str) -> String {
    let mut lines = Vec::new();
    let mut is_within = false;
    for line in code.lines() {
        let starts = ["    pub struct ", "    pub enum ", "    pub async fn "];
        // What is the same in every client.
        if line == "    pub mod error {" {
            is_within = false;
        }
        is_within |= starts.iter().any(|start| line.starts_with(start));
        let text = line.trim();
        let is_read = ["///", "#[", ")]", "rename", "skip_", "default"]
            .iter()
            .any(|start| text.starts_with(start));
        if is_within && !is_read {
            lines.push(line.get(4..).unwrap_or(line));
        }
        let ends = line == "    }" || line.ends_with(");") || line.ends_with("{}");
        let is_signature = line.trim_start().starts_with(')') || line.contains("fn ");
        is_within &= !(ends || (is_signature && line.ends_with('{')));
    }
    lines.join("\n") + "\n"
}

#[test]
fn what_is_told_of_each_and_what_becomes_of_it() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/corpus");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, spec) in specs() {
        settings.bind(|| insta::assert_snapshot!(name.as_str(), outcome(&spec).report));
    }
}

#[test]
fn each_rule_and_each_step_has_a_case() {
    let outcomes: BTreeMap<_, _> = specs()
        .iter()
        .map(|(name, spec)| (name.clone(), outcome(spec)))
        .collect();
    for rule in rules() {
        let name = format!("rule-{}", rule.name);
        // `import` has refused such a document before.
        if rule.name != "openapi-version" {
            assert!(outcomes[&name].rules.contains(rule.name), "{name}");
        }
    }
    for change in adapt(&mut Value::Null) {
        let name = format!("step-{}", change.name);
        assert!(outcomes[&name].steps.contains(change.name), "{name}");
    }
    for (name, outcome) in &outcomes {
        if !name.starts_with("rule-") {
            assert!(outcome.code.is_some(), "{name}: {}", outcome.report);
        }
        if name.starts_with("good-") {
            let refused = rules()
                .iter()
                .filter(|rule| rule.severity == Severity::Refused);
            let broken: Vec<_> = refused
                .filter(|rule| outcome.rules.contains(rule.name))
                .collect();
            assert!(
                broken.is_empty() || outcome.report.contains("Before it"),
                "{name}: {broken:?}"
            );
        }
    }
}
