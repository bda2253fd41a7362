//! What two specs differ in: a corpus with every rule, and what is said of it held against the code that
//! is generated.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use felt_api_codegen::{
    Bump, DIFF_RULES, DiffFormat, Difference, Outlook, RustEffect, SpecSide, WireEffect, diff,
    diff_report, load,
};
use serde_json::{Value, json};

mod authored;
mod command;
mod outlook;
mod random;
#[cfg(unix)]
mod revisions;
mod surface;

/// A pair of specs, and the rule that tells them apart.
pub struct Case {
    pub rule: String,
    pub name: String,
    pub old: Value,
    pub new: Value,
}

/// The whole corpus: a file per rule, named after it, with a few cases in each. A case says what its two
/// values stand for in a spec (`as`), so that it need not repeat what the two have in common.
pub fn corpus() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/diff");
    let files = fs::read_dir(dir).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut corpus = Vec::new();
    for file in files {
        let rule = file.file_stem().unwrap().to_str().unwrap().to_string();
        let cases: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for (name, case) in cases.as_object().unwrap() {
            let place = case["as"].as_str().unwrap();
            corpus.push(Case {
                rule: rule.clone(),
                name: name.clone(),
                old: spec(place, &case["old"]),
                new: spec(place, &case["new"]),
            });
        }
    }
    corpus
}

/// A spec in which `value` stands where `place` says.
fn spec(place: &str, value: &Value) -> Value {
    let mut spec = json!({
        "openapi": "3.0.0", "info": {"title": "T", "version": "1"},
        "paths": {}, "components": {"schemas": {}},
    });
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    let content = json!({"application/json": {"schema": thing}});
    let mut operation =
        json!({"operationId": "handle", "responses": {"200": {"description": "ok"}}});
    match place {
        "document" => {
            spec = merged(spec, value);
            spec["paths"]["/a"]["get"] = operation;
            return spec;
        }
        "paths" => {
            spec["paths"] = value.clone();
            return spec;
        }
        "operation" => {
            operation = merged(operation, value);
            spec["components"]["schemas"]["Thing"] =
                json!({"type": "object", "properties": {"a": {"type": "string"}}});
        }
        "parameters" => operation["parameters"] = value.clone(),
        "schemas" => {
            spec["components"]["schemas"] = value.clone();
            operation["responses"]["200"]["content"] = content;
        }
        reach => {
            spec["components"]["schemas"]["Thing"] = value.clone();
            if matches!(reach, "request" | "both") {
                operation["requestBody"] = json!({"content": content, "required": true});
            }
            if matches!(reach, "response" | "both") {
                operation["responses"]["200"]["content"] = content;
            } else if reach == "error" {
                operation["responses"]["404"] = json!({"description": "no", "content": content});
            }
        }
    }
    spec["paths"]["/a"]["post"] = operation;
    spec
}

/// The members of both; those of the second count.
fn merged(mut all: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    all
}

fn lines(differences: &[Difference]) -> String {
    let line = |one: &Difference| {
        let side = match one.side {
            SpecSide::Old => "-",
            SpecSide::New => "+",
        };
        format!(
            "  {side} {} {}: {}\n    wire {}: {}\n    Rust {}: {}\n",
            one.pointer, one.rule, one.what, one.wire, one.on_the_wire, one.rust, one.in_rust
        )
    };
    differences.iter().map(line).collect()
}

#[test]
fn every_rule_has_its_file_and_every_file_its_rule() {
    let names: BTreeSet<_> = DIFF_RULES
        .iter()
        .map(|rule| rule.name.to_string())
        .collect();
    let files: BTreeSet<_> = corpus().into_iter().map(|case| case.rule).collect();
    assert_eq!(names.len(), DIFF_RULES.len());
    assert_eq!(names, files);
}

#[test]
fn the_documentation_names_every_rule() {
    let page = include_str!("../../DIFF.md");
    for rule in DIFF_RULES {
        let name = format!("`{}`", rule.name);
        assert!(page.contains(&name), "{name}");
        assert!(!rule.about.is_empty());
    }
}

#[test]
fn every_case_is_found_by_its_rule() {
    let mut rule = String::new();
    let mut report = String::new();
    let snapshot = |rule: &str, report: &str| {
        if !report.is_empty() {
            insta::with_settings!({snapshot_path => "snapshots/diff", prepend_module_to_snapshot => false}, {
                insta::assert_snapshot!(rule, report);
            });
        }
    };
    for case in corpus() {
        if case.rule != rule {
            snapshot(&rule, &report);
            (rule, report) = (case.rule.clone(), String::new());
        }
        let found = diff(&case.old, &case.new);
        assert!(
            found.iter().any(|one| one.rule == case.rule),
            "{}, {}: {}",
            case.rule,
            case.name,
            lines(&found)
        );
        let bump = Bump::of(&found);
        report += &format!("{} ({bump})\n{}\n", case.name, lines(&found));
    }
    snapshot(&rule, &report);
}

#[test]
fn every_pointer_leads_to_something() {
    for case in corpus() {
        for one in diff(&case.old, &case.new) {
            let spec = match one.side {
                SpecSide::Old => &case.old,
                SpecSide::New => &case.new,
            };
            assert!(
                spec.pointer(&one.pointer).is_some(),
                "{}, {}: {}",
                case.rule,
                case.name,
                one.pointer
            );
        }
    }
}

#[test]
fn a_spec_does_not_differ_from_itself_in_whatever_order() {
    let mut specs: Vec<_> = corpus()
        .into_iter()
        .flat_map(|case| [case.old, case.new])
        .collect();
    specs.push(load(&crate::pipeline::openapi()).unwrap());
    for spec in specs {
        assert_eq!(diff(&spec, &spec), []);
        let turned = reversed(&spec, "");
        assert_eq!(lines(&diff(&spec, &turned)), "");
        // Files are read with their keys in order: the lists are left.
        let made = |mut spec: Value| {
            spec.sort_all_objects();
            surface::code(&spec).map(|code| prettyplease::unparse(&code))
        };
        assert_eq!(made(spec), made(turned));
    }
}

#[test]
fn what_is_said_of_all_operations_may_be_said_of_each() {
    let parameter = json!({"in": "query", "name": "a", "schema": {"type": "string"}});
    let (security, servers) = (json!([{"key": []}]), json!([{"url": "https://a"}]));
    let operation = json!({"operationId": "handle", "responses": {"200": {"description": "ok"}}});
    let said_of_all = json!({
        "security": security, "servers": servers,
        "paths": {"/a": {"get": operation, "parameters": [parameter]}},
    });
    let mut said_of_each = said_of_all.clone();
    let item = &mut said_of_each["paths"]["/a"];
    item["get"]["parameters"] = item["parameters"].take();
    item.as_object_mut().unwrap().remove("parameters");
    item["get"]["security"] = security;
    assert_eq!(diff(&said_of_all, &said_of_each), []);
    assert_eq!(diff(&said_of_each, &said_of_all), []);
    // Then the document may say something else, or nothing.
    let operation = &mut said_of_each["paths"]["/a"]["get"];
    operation["servers"] = said_of_all["servers"].clone();
    said_of_each["security"] = json!([{"other": []}]);
    said_of_each.as_object_mut().unwrap().remove("servers");
    assert_eq!(diff(&said_of_all, &said_of_each), []);
    assert_eq!(diff(&said_of_each, &said_of_all), []);
    said_of_each["paths"]["/a"]["get"]["security"] = json!([]);
    assert_ne!(diff(&said_of_all, &said_of_each), []);
    // No way to authorize, or none as the only one.
    let mut said_as_way = said_of_each.clone();
    said_as_way["paths"]["/a"]["get"]["security"] = json!([{}]);
    assert_eq!(diff(&said_of_each, &said_as_way), []);
}

#[test]
fn what_means_the_same_is_no_difference() {
    let header = json!({"schema": {"type": "string"}});
    let by_reference = |header: Value| {
        let headers = json!({"h": header});
        json!({"responses": {"200": {"description": "ok", "headers": headers}}})
    };
    let document = |responses: Value| {
        let components = json!({"schemas": {}, "headers": {"H": header}});
        let mut spec = spec("operation", &responses);
        spec["components"] = components;
        spec
    };
    let object = |more: Value| {
        let properties = json!({"a": {"type": "string"}});
        spec(
            "both",
            &merged(json!({"type": "object", "properties": properties}), &more),
        )
    };
    let pairs = [
        (
            document(by_reference(json!({"$ref": "#/components/headers/H"}))),
            document(by_reference(header.clone())),
        ),
        (
            object(json!({"required": ["a", "a"]})),
            object(json!({"required": ["a"]})),
        ),
        (
            object(json!({"anyOf": [{"type": "object"}, true]})),
            object(json!({"anyOf": [{"type": "object"}, {}]})),
        ),
        (
            object(json!({"properties": {"a": true}})),
            object(json!({"properties": {"a": {}}})),
        ),
    ];
    for (old, new) in pairs {
        assert_eq!(lines(&diff(&old, &new)), "");
        assert_eq!(lines(&diff(&new, &old)), "");
    }
}

/// All keys the other way round, and the lists whose order says nothing.
fn reversed(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter().rev();
            let entries = entries.map(|(key, value)| (key.clone(), reversed(value, key)));
            Value::Object(entries.collect())
        }
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(|value| reversed(value, "")).collect();
            if matches!(
                key,
                "parameters" | "required" | "servers" | "security" | "allOf"
            ) {
                list.reverse();
            }
            Value::Array(list)
        }
        value => value.clone(),
    }
}

#[test]
fn what_breaks_one_way_round_is_found_the_other_way_round() {
    for case in corpus() {
        assert_ne!(
            diff(&case.new, &case.old),
            [],
            "{}, {}",
            case.rule,
            case.name
        );
    }
}

#[test]
fn no_name_turns_the_text_around_it() {
    let thing = |name: &str| {
        spec(
            "response",
            &json!({"type": "object", "properties": {name: {"type": "string"}}}),
        )
    };
    let found = diff(&thing("a"), &thing("a\u{202e}b\u{7}`"));
    for format in [DiffFormat::Text, DiffFormat::Markdown] {
        let report = diff_report(&found, &Outlook::default(), format);
        assert!(report.contains("/properties/a\\u{202e}b\\u{7}"), "{report}");
        assert!(!report.contains(['\u{202e}', '\u{7}']), "{report}");
    }
}

#[test]
fn the_bump_is_that_of_the_worst() {
    let one = |rust| Difference {
        rule: "a",
        side: SpecSide::New,
        pointer: String::new(),
        what: String::new(),
        wire: WireEffect::Breaks,
        on_the_wire: String::new(),
        rust,
        in_rust: String::new(),
    };
    let bump =
        |all: &[RustEffect]| Bump::of(&all.iter().map(|rust| one(*rust)).collect::<Vec<_>>());
    assert_eq!(bump(&[]), Bump::None);
    assert_eq!(bump(&[RustEffect::None]), Bump::Patch);
    assert_eq!(bump(&[RustEffect::None, RustEffect::Additive]), Bump::Minor);
    assert_eq!(bump(&[RustEffect::Behaviour]), Bump::Minor);
    assert_eq!(
        bump(&[RustEffect::Breaks, RustEffect::Additive]),
        Bump::Major
    );
}
