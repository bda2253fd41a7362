//! Many exports with one command.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::running::Running;
use crate::{felt, holds, names, rows, run};

const LAYERS: usize = 40;

/// Layers of a few features each, on the map `many`.
fn layers(folder: &Path) {
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

fn manifest(folder: &Path) {
    let rows: String = (0..LAYERS)
        .map(|layer| format!("many,l{layer}\n"))
        .collect();
    fs::write(folder.join("jobs.csv"), format!("map,layer\n{rows}")).unwrap();
}

/// Exports that were created, by the layers' paths.
fn created(sandbox: &Running) -> Vec<String> {
    let requests = sandbox.requests();
    let requests = requests.as_array().unwrap().iter();
    requests
        .filter(|request| request["method"] == "POST" && request["status"] == 200)
        .map(|request| request["path"].as_str().unwrap().to_string())
        .collect()
}

fn export<'a>(sandbox: &Running, folder: &Path, args: &'a [&'a str]) -> Command {
    let mut command = felt(folder, &["export", "--manifest"]);
    command.args(args);
    sandbox.apply(&mut command);
    command
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
    let summary = &events[events.len() - 2];
    assert_eq!(
        (&summary["files"], &summary["failed"]),
        (&json!(3), &json!(2)),
        "{summary}"
    );
    assert_eq!(events[events.len() - 1]["message"], "2 of 5 exports failed");
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
        ended.stderr.contains("0 files, 0 skipped, 1 failed in"),
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

/// Killed in the middle, a run goes on with what it has created.
#[test]
fn what_an_interrupted_run_has_created_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let sandbox = Running::start(folder.path(), &["--data", "data", "--job-time", "1s"]);
    let args = ["jobs.csv", "-f", "csv", "--skip-existing", "--jobs", "5"];
    let mut child = export(&sandbox, folder.path(), &args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while created(&sandbox).len() < 12 {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(names(folder.path()).contains(&"jobs.csv.state".to_string()));
    let ended = run(&mut export(&sandbox, folder.path(), &args));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for layer in 0..LAYERS {
        assert_eq!(
            rows(&folder.path().join(format!("l{layer}.csv"))),
            1 + layer % 5
        );
    }
    let created = created(&sandbox);
    // An answer that was on its way when it was killed is known to nobody.
    assert!(
        (LAYERS..=LAYERS + 5).contains(&created.len()),
        "{}",
        created.len()
    );
    let kept = names(folder.path());
    assert!(
        !kept
            .iter()
            .any(|name| name.contains("state") || name.contains("part")),
        "{kept:?}"
    );
}

/// After a power failure it may hold anything.
#[test]
fn a_state_that_cannot_be_read_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("jobs.csv"),
        "map,layer,format\ndemo,cities,csv\n",
    )
    .unwrap();
    fs::write(folder.path().join("jobs.csv.state"), b"\xFF\0\0{\n{}\nx").unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "0s"]);
    let ended = run(&mut export(&sandbox, folder.path(), &["jobs.csv"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(names(folder.path()), ["cities.csv", "jobs.csv"]);
}

#[test]
fn what_is_for_many_needs_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    for more in [&["--jobs", "2"][..], &["--fail-fast"]] {
        let args = [
            &["export", "demo", "cities", "-f", "csv", "--sandbox"],
            more,
        ]
        .concat();
        let ended = run(&mut felt(folder.path(), &args));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains("need --manifest"), "{}", ended.stderr);
    }
}

#[test]
fn a_manifest_that_cannot_work_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for (name, text) in [
        (
            "a.csv",
            "map,layer,format\ndemo,cities,shp\ndemo,a b,csv\ndemo,,csv\n",
        ),
        ("b.csv", "map,layer,formt\ndemo,cities,csv\n"),
        ("c.csv", "map,layer,format,where\ndemo,cities,csv,name >\n"),
        (
            "d.csv",
            "map,layer,format\ndemo,cities,csv\nother,cities,csv\n",
        ),
        (
            "e.csv",
            "map,layer,output\ndemo,cities,{layr}.csv\ndemo,cities,\"{layer\"\n",
        ),
        ("f.csv", "map,layer\n"),
        ("g.csv", "map,layer\ndemo,cities\n"),
        (
            "h.json",
            "[{\"map\": \"demo\", \"layer\": \"cities\", \"format\": \"csv\"}, 3, {\"layer\": \"x\"}]",
        ),
        ("i.json", "[{\"map\": "),
        ("j.csv", "map,layer,format\ndemo,cities\n"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let before = holds(folder.path());
        let ended = run(&mut felt(
            folder.path(),
            &["export", "--manifest", name, "--sandbox"],
        ));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{name}");
        said.push_str(&ended.stderr);
        assert_eq!(holds(folder.path()), before);
    }
    insta::assert_snapshot!(said);
}
