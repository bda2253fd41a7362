//! What programs read.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::running::Running;
use crate::{felt, run};

/// The lines of --json, with everything replaced that is another each time.
fn events(stdout: &str, folder: &std::path::Path) -> Vec<Value> {
    let folder = folder.display().to_string();
    let lines = stdout.lines().map(|line| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        for (name, value) in event.as_object_mut().unwrap() {
            match (name.as_str(), &value) {
                ("seconds", Value::Number(seconds)) => {
                    assert!(seconds.as_f64().unwrap() >= 0.0);
                    *value = "[seconds]".into();
                }
                ("export", Value::String(handle)) => {
                    let id = handle.split(['/', ':']).nth(2).unwrap();
                    *value = handle.replace(id, "[id]").into();
                }
                ("url", _) => *value = "[url]".into(),
                (_, Value::String(text)) => *value = text.replace(&folder, "[folder]").into(),
                _ => {}
            }
        }
        event
    });
    lines.collect()
}

/// What felt schema says.
pub fn schema(what: &str) -> jsonschema::Validator {
    let schema = run(&mut felt(&std::env::temp_dir(), &["schema", what])).stdout;
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

#[test]
fn every_event_is_as_its_schema_says() {
    let schema = schema("events");
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "1s"]);
    let out = tempfile::tempdir().unwrap();
    let rows = r#"[{"map": "demo", "layer": "nope", "format": "csv"},
        {"map": "demo", "layer": "cities", "output": "{layer}.csv"}]"#;
    fs::write(out.path().join("rows.json"), rows).unwrap();
    fs::write(out.path().join("wrong.csv"), "map,layer\na b,c\n,,\n").unwrap();
    let mut said = String::new();
    let mut handle = String::new();
    for (args, code) in [
        ("export demo cities -f csv -o out.csv", 0),
        ("export demo cities -f csv -o out.csv", 1),
        ("export demo cities -f csv -o out.csv --skip-existing", 0),
        ("export demo nope -f csv", 1),
        ("export demo cities", 2),
        ("export demo cities -f shp", 2),
        ("export --manifest rows.json --jobs 1", 1),
        (
            "export --manifest rows.json --jobs 1 --fail-fast --overwrite",
            1,
        ),
        ("export --manifest wrong.csv", 2),
        ("export demo relief -f csv", 1),
        ("export demo cities -f csv --detach", 0),
        ("resume HANDLE -o again.csv", 0),
        (
            "export demo cities -f geojson -o late.geojson --timeout 0s",
            5,
        ),
        ("status HANDLE", 0),
        ("download demo relief", 0),
        ("link demo relief", 0),
    ] {
        let args = args.replace("HANDLE", &handle);
        let mut command = felt(
            out.path(),
            &args.split(' ').chain(["--json"]).collect::<Vec<_>>(),
        );
        sandbox.apply(&mut command);
        let ended = run(&mut command);
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(code), ""),
            "{args}"
        );
        let last: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
        if last["event"] == "detached" {
            handle = last["export"].as_str().unwrap().to_string();
        }
        let args = match handle.is_empty() {
            true => args,
            false => args.replace(&handle, "HANDLE"),
        };
        said.push_str(&format!("$ felt {args}\n"));
        for line in ended.stdout.lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            assert!(schema.is_valid(&event), "{event}");
        }
        for event in events(&ended.stdout, out.path()) {
            said.push_str(&format!("{event}\n"));
        }
    }
    let said = said.replace(&sandbox.origin(), "[origin]");
    let id = handle.split(['/', ':']).nth(2).unwrap();
    insta::with_settings!({ filters => vec![
        (id, "[id]"),
        (r"cities/[A-Za-z0-9]{22}", "cities/[id]"),
        (r"after \d+ s \(polls: \d+\)", "after [n] s (polls: [n])"),
    ] }, {
        insta::assert_snapshot!(said);
    });
}

#[test]
fn every_schema() {
    let mut schemas = String::new();
    for what in ["events", "filter", "manifest"] {
        let ended = run(&mut felt(&std::env::temp_dir(), &["schema", what]));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        schemas.push_str(&format!("$ felt schema {what}\n{}", ended.stdout));
    }
    insta::assert_snapshot!(schemas);
}

#[test]
fn stdout_is_for_one_of_them() {
    let args = [
        "export",
        "demo",
        "cities",
        "-f",
        "csv",
        "-o",
        "-",
        "--json",
        "--sandbox",
    ];
    let ended = run(&mut felt(&std::env::temp_dir(), &args));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), ""));
    let event: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&event["event"], &event["kind"]),
        (&"failed".into(), &"usage".into())
    );
}

#[test]
fn a_sandbox_says_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = felt(folder.path(), &["sandbox", "--json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let event: Value = serde_json::from_str(&line).unwrap();
    assert!(schema("events").is_valid(&event), "{event}");
    assert_eq!(event["event"], "sandbox");
    assert_eq!(event["token"], "felt_pat_sandbox");
    let url = event["base_url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/api/v2/"));
}

/// The schema of a manifest takes what the command takes, and not what it refuses.
#[test]
fn a_manifest_has_a_schema() {
    let schema = schema("manifest");
    for (manifest, good) in [
        (r#"[{"map": "demo/cities"}]"#, true),
        (
            r#"[{"map": "m", "layer": "l", "format": "csv", "where": "a > 1", "output": "x"}]"#,
            true,
        ),
        (
            r#"[{"map": "m", "layer": null, "filter": ["a", "gt", 1]}]"#,
            true,
        ),
        (r#"[{"layer": "l"}]"#, false),
        (r#"[{"map": "m", "formt": "csv"}]"#, false),
        (r#"[{"map": "m", "format": "shp"}]"#, false),
        (r#"{"map": "m"}"#, false),
    ] {
        assert_eq!(
            schema.is_valid(&serde_json::from_str(manifest).unwrap()),
            good,
            "{manifest}"
        );
    }
}
