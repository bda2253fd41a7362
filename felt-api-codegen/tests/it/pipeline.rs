//! The steps together, on the spec that is in the repository and on bad ones.

use std::fs;
use std::path::{Path, PathBuf};

use felt_api_codegen::{Severity, adapt, generate, import, load, preflight, run, to_json};
use serde_json::Value;

pub const PAGE: &str = include_str!("../fixtures/layer-exports.md");

pub fn openapi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi")
}

/// The page with its blocks in every order.
fn permuted() -> Vec<String> {
    let blocks: Vec<_> = PAGE.split("```").skip(1).step_by(2).collect();
    let [a, b, c] = blocks.as_slice() else {
        panic!("the page has {} blocks", blocks.len());
    };
    let orders = [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
    ];
    orders
        .map(|order| order.map(|block| format!("```{block}```\n")).concat())
        .to_vec()
}

#[test]
fn the_spec_in_the_repository_is_the_import_of_the_page() {
    let spec = import(PAGE, "layer-exports.md").unwrap();
    let file = fs::read_to_string(openapi().join("layer-exports.json")).unwrap();
    assert!(
        to_json(&spec) == file,
        "import the page again, or update the fixture"
    );
}

#[test]
fn the_order_of_the_blocks_makes_no_difference() {
    let spec = to_json(&import(PAGE, "page").unwrap());
    for page in permuted() {
        assert!(to_json(&import(&page, "page").unwrap()) == spec);
    }
}

#[test]
fn a_spec_in_one_file_or_in_three_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for (index, block) in PAGE.split("```json").skip(1).enumerate() {
        let json = block.split("```").next().unwrap();
        fs::write(dir.path().join(format!("{index}.json")), json).unwrap();
    }
    assert_eq!(
        to_json(&load(dir.path()).unwrap()),
        to_json(&load(&openapi()).unwrap())
    );
}

#[test]
fn a_spec_in_yaml_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    // JSON is YAML, too.
    let json = fs::read_to_string(openapi().join("layer-exports.json")).unwrap();
    fs::write(dir.path().join("a.yaml"), json).unwrap();
    assert_eq!(
        to_json(&load(dir.path()).unwrap()),
        to_json(&load(&openapi()).unwrap())
    );
    let page = PAGE.replace("```json", "```yaml");
    assert_eq!(
        to_json(&import(&page, "page").unwrap()),
        to_json(&import(PAGE, "page").unwrap())
    );
}

#[test]
fn two_runs_give_the_same_bytes() {
    let (first, second) = (run(&openapi()).unwrap(), run(&openapi()).unwrap());
    assert!(first == second);
    assert_eq!(to_json(&first.effective), to_json(&second.effective));
}

#[test]
fn the_effective_spec() {
    insta::assert_snapshot!(to_json(&run(&openapi()).unwrap().effective));
}

#[test]
fn every_change_still_has_its_cause() {
    // What the others are for, the vendor does not have in this spec yet; the first must not break a build.
    let needed = [
        "raw-error-responses",
        "open-responses",
        "open-enums",
        "absent-is-null",
    ];
    let changes = run(&openapi()).unwrap().changes;
    let touching = changes.iter().filter(|change| !change.touched.is_empty());
    let names: Vec<_> = touching.map(|change| change.name).collect();
    assert_eq!(names, needed);
}

#[test]
fn an_adapted_spec_is_not_changed_again() {
    let effective = run(&openapi()).unwrap().effective;
    let mut again = effective.clone();
    assert!(
        adapt(&mut again)
            .iter()
            .all(|change| change.touched.is_empty())
    );
    assert_eq!(to_json(&again), to_json(&effective));
}

#[test]
fn errors_arrive_raw_and_answers_are_open_but_requests_are_not() {
    let code = run(&openapi()).unwrap().code;
    assert_eq!(code.matches("Error<ByteStream>").count(), 3);
    assert!(code.contains("pub status: ::std::string::String"));
    assert!(code.contains("pub enum CustomExportParamsOutputFormat"));
    let closed = code.find("deny_unknown_fields").unwrap();
    assert!(
        code[closed..]
            .trim_start_matches("deny_unknown_fields)]")
            .trim_start()
            .starts_with("pub struct CustomExportParams {")
    );
    assert_eq!(code.matches("deny_unknown_fields").count(), 1);
}

#[test]
fn the_raw_spec_is_refused_with_a_message() {
    let raw = load(&openapi()).unwrap();
    let findings = preflight(&raw);
    let refused = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Refused);
    let rules: Vec<_> = refused.map(|finding| finding.rule).collect();
    assert_eq!(rules, ["error-types"; 3]);
    let findings: Vec<_> = findings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("preflight_of_the_raw_spec", findings.join("\n"));
    insta::assert_snapshot!("generation_of_the_raw_spec", generate(&raw).unwrap_err());
}

#[test]
fn what_is_no_document_is_refused() {
    for spec in [
        Value::Null,
        Value::Bool(true),
        serde_json::json!([]),
        serde_json::json!({}),
    ] {
        assert!(!preflight(&spec).is_empty(), "{spec}");
        assert!(generate(&spec).is_err(), "{spec}");
    }
}
