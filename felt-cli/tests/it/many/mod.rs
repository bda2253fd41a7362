//! Many exports with one command.

mod journal;
mod manifests;
mod stopped;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::events::schema;
use crate::running::Running;
use crate::{created, felt, names, rows, run};

pub const LAYERS: usize = 40;

/// Layers of a few features each, on the map `many`.
pub fn layers(folder: &Path) {
    let map = folder.join("data/many");
    fs::create_dir_all(&map).unwrap();
    for layer in 0..LAYERS {
        let features: Vec<Value> = (0..=layer % 5)
            .map(|feature| {
                json!({
                    "type": "Feature",
                    "properties": { "layer": layer, "feature": feature },
                    "geometry": { "type": "Point", "coordinates": [layer, feature] },
                })
            })
            .collect();
        let collection = json!({ "type": "FeatureCollection", "features": features });
        fs::write(
            map.join(format!("l{layer}.geojson")),
            collection.to_string(),
        )
        .unwrap();
    }
}

pub fn manifest(folder: &Path) {
    let rows: String = (0..LAYERS)
        .map(|layer| format!("many,l{layer}\n"))
        .collect();
    fs::write(folder.join("jobs.csv"), format!("map,layer\n{rows}")).unwrap();
}

pub fn export<'a>(sandbox: &Running, folder: &Path, args: &'a [&'a str]) -> Command {
    let mut command = felt(folder, &["export", "--manifest"]);
    command.args(args);
    sandbox.apply(&mut command);
    command
}

/// A sandbox with these layers, where these things go wrong, and an export takes so long.
pub fn sandbox(folder: &Path, rules: &Value, job_time: &str) -> Running {
    layers(folder);
    manifest(folder);
    fs::write(folder.join("rules.json"), rules.to_string()).unwrap();
    let faults = ["--data", "data", "--faults", "rules.json"];
    Running::start(folder, &[&faults[..], &["--job-time", job_time]].concat())
}

/// Each file is right, and nothing else is left.
pub fn are_all_there(folder: &Path) {
    for layer in 0..LAYERS {
        assert_eq!(rows(&folder.join(format!("l{layer}.csv"))), 1 + layer % 5);
    }
    let kept = names(folder);
    assert!(
        !kept
            .iter()
            .any(|name| name.contains("state") || name.contains("part")),
        "{kept:?}"
    );
}

/// The last event of each layer.
pub fn last_events(stdout: &str) -> Vec<Value> {
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    let schema = schema("events");
    for line in stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(schema.is_valid(&event), "{line}");
        if let Some(layer) = event["layer"].as_str().map(str::to_string) {
            let before = last.insert(layer, event);
            let is_final =
                |event: &Value| event["event"] == "finished" || event["event"] == "failed";
            assert!(!before.is_some_and(|before| is_final(&before)), "{line}");
        }
    }
    last.into_values().collect()
}

#[test]
fn each_gets_its_file_whatever_breaks_and_none_is_created_twice() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let broken = json!({ "probability": 0.1, "seed": 3 });
    let rule = |operation: &str, effect: Value| {
        let mut rule = broken.clone();
        rule["operation"] = operation.into();
        rule["effect"] = effect;
        rule
    };
    let rules = json!([
        rule("status", json!({ "type": "status", "code": 503 })),
        rule(
            "export",
            json!({ "type": "status", "code": 503, "headers": { "Retry-After": "0" } })
        ),
        rule("download", json!({ "type": "reset", "at": 10 })),
    ]);
    fs::write(folder.path().join("rules.json"), rules.to_string()).unwrap();
    let args = [
        "--data",
        "data",
        "--faults",
        "rules.json",
        "--rate-limit",
        "20",
        "--job-time",
        "500ms",
    ];
    let sandbox = Running::start(folder.path(), &args);
    let ended = run(&mut export(
        &sandbox,
        folder.path(),
        &["jobs.csv", "-o", "{layer}.{format}", "-f", "csv"],
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut printed: Vec<&str> = ended.stdout.lines().collect();
    printed.sort_unstable();
    let mut wanted: Vec<String> = (0..LAYERS).map(|layer| format!("l{layer}.csv")).collect();
    wanted.sort_unstable();
    assert_eq!(printed, wanted);
    assert!(
        ended
            .stderr
            .starts_with("40 files, 0 skipped, 0 failed in "),
        "{}",
        ended.stderr
    );
    for layer in 0..LAYERS {
        assert_eq!(
            rows(&folder.path().join(format!("l{layer}.csv"))),
            1 + layer % 5
        );
    }
    let mut created = created(&sandbox);
    created.sort_unstable();
    created.dedup();
    assert_eq!(created.len(), LAYERS);
    // What was created is over, and so is its state.
    assert_eq!(
        names(folder.path())
            .iter()
            .filter(|name| name.contains("state"))
            .count(),
        0
    );
}

#[test]
fn failures_do_not_stop_the_others_unless_they_should() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "10ms"]);
    let jobs = json!([
        { "map": "demo", "layer": "nope", "format": "csv" },
        { "map": "demo/cities", "output": "out/{map}-{layer}.geojson" },
        { "map": "demo", "layer": "countries", "format": "csv", "where": "pop_est > 1e9" },
        { "map": "demo", "layer": "countries", "format": "gpkg", "filter": ["pop_est", "gt", 1e9] },
        { "map": "demo", "layer": "relief", "format": "csv" },
    ]);
    fs::write(folder.path().join("jobs.json"), jobs.to_string()).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    let ended = run(&mut export(
        &sandbox,
        folder.path(),
        &["jobs.json", "--json", "--jobs", "1"],
    ));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let events: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = |layer: &str, format: &str| {
        let its = events
            .iter()
            .filter(|event| event["layer"] == layer && event["format"] == format);
        its.map(|event| event["event"].as_str().unwrap())
            .next_back()
    };
    assert_eq!(last("nope", "csv"), Some("failed"));
    assert_eq!(last("relief", "csv"), Some("failed"));
    assert_eq!(last("cities", "geojson"), Some("finished"));
    assert_eq!(last("countries", "gpkg"), Some("finished"));
    let summary = &events[events.len() - 1];
    assert_eq!(
        (&summary["event"], &summary["files"], &summary["failed"]),
        (&json!("summary"), &json!(3), &json!(2)),
        "{summary}"
    );
    assert_eq!(summary["exit_code"], 1);
    assert_eq!(names(&folder.path().join("out")), ["demo-cities.geojson"]);
    assert_eq!(rows(&folder.path().join("countries.csv")), 2);

    // What is there is left, what failed is tried again.
    let ended = run(&mut export(
        &sandbox,
        folder.path(),
        &["jobs.json", "--skip-existing"],
    ));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("0 files, 3 skipped, 2 failed in"),
        "{}",
        ended.stderr
    );
    let ended = run(&mut export(
        &sandbox,
        folder.path(),
        &["jobs.json", "--skip-existing", "--fail-fast", "--jobs", "1"],
    ));
    assert!(
        ended
            .stderr
            .contains("0 files, 0 skipped, 1 failed, 4 unfinished in"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_day_has_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobs.csv"), "map,layer\ndemo,cities\n").unwrap();
    let args = [
        "jobs.csv",
        "-f",
        "csv",
        "-o",
        "{date}/{map}/{layer}-{time}.{format}",
    ];
    let sandbox = Running::start(folder.path(), &["--job-time", "0s"]);
    let ended = run(&mut export(&sandbox, folder.path(), &args));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let path = ended.stdout.trim();
    let [day, map, file] = path.split('/').collect::<Vec<_>>()[..] else {
        panic!("{path}");
    };
    assert_eq!((day.len(), map), ("2026-11-25".len(), "demo"));
    assert_eq!(file.len(), "cities-220334.csv".len());
    assert_eq!(rows(&folder.path().join(path)), 243);
}

/// Nobody reads what is said: it goes on to its end.
#[cfg(target_os = "linux")]
#[test]
fn a_stderr_that_takes_nothing_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "map,layer\ndemo,nope\ndemo,cities\ndemo,neither\n";
    fs::write(folder.path().join("jobs.csv"), manifest).unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "10ms"]);
    for (args, code) in [
        ("export --manifest jobs.csv -f csv --jobs 1", 1),
        ("link demo nope", 1),
        ("export demo cities -f csv --overwrite -vv", 0),
        ("exprt", 2),
    ] {
        let mut command = felt(folder.path(), &args.split(' ').collect::<Vec<_>>());
        sandbox.apply(&mut command);
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let status = command.stderr(full).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args}");
    }
    assert_eq!(names(folder.path()), ["cities.csv", "jobs.csv"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_stdout_that_takes_nothing_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let sandbox = Running::start(folder.path(), &["--data", "data", "--job-time", "10ms"]);
    for more in [&[][..], &["--json"]] {
        let args = [&["jobs.csv", "-f", "csv"], more].concat();
        let mut command = export(&sandbox, folder.path(), &args);
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = command.stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.matches("cannot write to stdout").count(), 1, "{said}");
    }
}

/// What fails for all is told once, and stops them.
#[test]
fn a_token_that_is_refused_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let sandbox = Running::start(folder.path(), &["--data", "data"]);
    let mut command = export(&sandbox, folder.path(), &["jobs.csv", "-f", "csv"]);
    let ended = run(command.env("FELT_API_TOKEN", "felt_pat_wrong"));
    assert_eq!(ended.code, Some(4));
    assert_eq!(ended.stderr.matches("401").count(), 1, "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 4, "{}", ended.stderr);
    assert!(sandbox.requests().as_array().unwrap().len() <= 8);
}
