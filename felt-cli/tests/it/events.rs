//! What programs read.

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

#[test]
fn every_event_is_as_its_schema_says() {
    let schema = run(&mut felt(&std::env::temp_dir(), &["schema", "events"])).stdout;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "1s"]);
    let out = tempfile::tempdir().unwrap();
    let mut said = String::new();
    let mut handle = String::new();
    for (args, code) in [
        ("export demo cities -f csv -o out.csv", 0),
        ("export demo cities -f csv -o out.csv", 1),
        ("export demo cities -f csv -o out.csv --skip-existing", 0),
        ("export demo nope -f csv", 1),
        ("export demo cities", 2),
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
    for what in ["events", "filter"] {
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
