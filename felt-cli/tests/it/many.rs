//! Many exports with one command.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::events::schema;
use crate::running::Running;
use crate::{created, felt, holds, names, rows, run};

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

/// Killed in the middle, a run goes on with what it has created, and says of what it does not know.
#[test]
fn what_a_killed_run_has_created_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let rules = json!([{ "operation": "export", "effect": { "type": "delay", "ms": 100 } }]);
    fs::write(folder.path().join("rules.json"), rules.to_string()).unwrap();
    let sandbox = Running::start(
        folder.path(),
        &[
            "--data",
            "data",
            "--job-time",
            "1s",
            "--faults",
            "rules.json",
        ],
    );
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
    let doubts = ended.stderr.matches("which may exist").count();
    assert!(doubts <= 5, "{}", ended.stderr);
    let code = if doubts == 0 { 0 } else { 6 };
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    // None was created twice, and those that may have been were not created again.
    let mut known = created(&sandbox);
    let all = known.len();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), all);
    // It has been said, and is done now.
    let ended = run(&mut export(&sandbox, folder.path(), &args));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(created(&sandbox).len() <= LAYERS + doubts);
    are_all_there(folder.path());
}

/// Each file is right, and nothing else is left.
fn are_all_there(folder: &Path) {
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
fn last_events(stdout: &str) -> Vec<Value> {
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

/// Stopped at some moment, a run waits for what it has sent, ends each row with an event, and the next one creates
/// what is missing and nothing else.
#[test]
fn a_run_that_is_stopped_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let rules = json!([
        { "operation": "export", "effect": { "type": "delay", "ms": 400 } },
        { "operation": "download", "effect": { "type": "throttle", "bytes_per_second": 1000 } },
    ]);
    fs::write(folder.path().join("rules.json"), rules.to_string()).unwrap();
    let sandbox = Running::start(
        folder.path(),
        &[
            "--data",
            "data",
            "--job-time",
            "700ms",
            "--faults",
            "rules.json",
        ],
    );
    let args = [
        "jobs.csv",
        "-f",
        "csv",
        "--skip-existing",
        "--jobs",
        "6",
        "--json",
    ];
    let mut stopped = 0;
    #[cfg(unix)]
    for after in [1, 9, 17] {
        let child = export(&sandbox, folder.path(), &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Requests for others are on their way then.
        while created(&sandbox).len() < after {
            std::thread::yield_now();
        }
        let sent = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), stderr.as_str()), (Some(130), ""));
        let stdout = String::from_utf8(ended.stdout).unwrap();
        let last = last_events(&stdout);
        assert_eq!(last.len(), LAYERS);
        let count = |kind: &str| last.iter().filter(|event| event["kind"] == kind).count();
        let summary: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
        let unfinished = count("interrupted") + count("not_started");
        assert_eq!(summary["unfinished"], unfinished, "{summary}");
        assert_eq!(summary["exit_code"], 130);
        let open = last.iter().filter(|event| event["kind"] == "interrupted");
        assert!(open.clone().all(|event| event["export"].is_string()));
        stopped += open.count();
        // All that exists at Felt is known here.
        let done = last.iter().filter(|event| event["event"] == "finished");
        let known = count("interrupted") + done.count();
        assert_eq!(created(&sandbox).len(), known, "{stdout}");
    }
    let ended = run(&mut export(&sandbox, folder.path(), &args));
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert_eq!(created(&sandbox).len(), LAYERS);
    assert!(cfg!(not(unix)) || stopped > 6, "{stopped}");
    are_all_there(folder.path());
}

/// So does one that fails.
#[test]
fn after_the_first_failure_each_row_has_its_end_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let rules = json!([{ "operation": "export", "calls": "4", "effect": { "type": "status", "code": 404 } }]);
    fs::write(folder.path().join("rules.json"), rules.to_string()).unwrap();
    let sandbox = Running::start(
        folder.path(),
        &[
            "--data",
            "data",
            "--job-time",
            "1s",
            "--faults",
            "rules.json",
        ],
    );
    let args = ["jobs.csv", "-f", "csv", "--fail-fast", "--skip-existing"];
    let ended = run(export(&sandbox, folder.path(), &args).arg("--json"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let last = last_events(&ended.stdout);
    assert_eq!(last.len(), LAYERS);
    let is_open = |event: &&Value| event["export"].is_string();
    assert_eq!(created(&sandbox).len(), last.iter().filter(is_open).count());
    // The next run takes up what was created, and creates the others.
    let ended = run(&mut export(
        &sandbox,
        folder.path(),
        &["jobs.csv", "-f", "csv", "--skip-existing"],
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(created(&sandbox).len(), LAYERS);
    are_all_there(folder.path());
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

/// Nothing is written down for it: what is open is said.
#[cfg(unix)]
#[test]
fn a_manifest_from_stdin_says_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "1h"]);
    let mut child = export(&sandbox, folder.path(), &["-", "-f", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::Write;
    let rows = b"map,layer\ndemo,cities\ndemo,countries\n";
    child.stdin.take().unwrap().write_all(rows).unwrap();
    while created(&sandbox).len() < 2 {
        std::thread::yield_now();
    }
    let sent = Command::new("kill").arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    for layer in ["cities", "countries"] {
        let line = format!("felt resume demo/{layer}/");
        assert!(said.contains(&line), "{said}");
        assert!(said.contains(&format!(":csv -o {layer}.csv")), "{said}");
    }
    assert!(
        said.contains("interrupted: 0 files, 0 skipped, 0 failed, 2 unfinished in"),
        "{said}"
    );
}

/// The time is another one in each run. What an interrupted run has done is left all the same; after one that has come
/// to its end, all is made anew, also if something failed in it.
#[test]
fn a_run_makes_new_files_unless_it_goes_on_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "map,layer\ndemo,cities\ndemo,nope\n";
    fs::write(folder.path().join("jobs.csv"), manifest).unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "0s"]);
    let next_second = || {
        let second = || {
            std::time::SystemTime::UNIX_EPOCH
                .elapsed()
                .unwrap()
                .as_secs()
        };
        let now = second();
        while second() <= now {
            std::thread::yield_now();
        }
    };
    let args = [
        "jobs.csv",
        "-f",
        "csv",
        "-o",
        "{layer}-{time}.csv",
        "--skip-existing",
    ];
    let run_it = |more: &[&str]| {
        next_second();
        let ended = run(&mut export(
            &sandbox,
            folder.path(),
            &[&args, more].concat(),
        ));
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended
    };
    let first = run_it(&[]);
    assert!(first.stderr.contains("anew"), "{}", first.stderr);
    let second = run_it(&[]);
    assert_ne!(second.stdout, first.stdout);
    assert_eq!(created(&sandbox).len(), 2);
    // One that is stopped, and goes on.
    let manifest = "map,layer\ndemo,cities\ndemo,nope\ndemo,countries\n";
    fs::write(folder.path().join("jobs.csv"), manifest).unwrap();
    let stopped = run_it(&["--fail-fast", "--jobs", "1"]);
    assert!(
        stopped.stderr.contains("1 unfinished"),
        "{}",
        stopped.stderr
    );
    let goes_on = run_it(&[]);
    assert!(
        goes_on.stdout.contains(&stopped.stdout),
        "{}",
        goes_on.stdout
    );
    assert!(
        goes_on.stderr.contains("1 file, 1 skipped, 1 failed"),
        "{}",
        goes_on.stderr
    );
    assert_eq!(created(&sandbox).len(), 4);
}

/// What cannot be written down stops a run, and loses nothing of what it has done.
#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_cannot_be_written_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    layers(folder.path());
    manifest(folder.path());
    let sandbox = Running::start(folder.path(), &["--data", "data", "--job-time", "300ms"]);
    let mut bash = Command::new("bash");
    // No file may have more than a kilobyte: the journal alone needs that.
    let program =
        "trap '' XFSZ; ulimit -f 1; exec \"$FELT\" export --manifest jobs.csv -f csv --json";
    bash.args(["-c", program])
        .current_dir(folder.path())
        .env("FELT", env!("CARGO_BIN_EXE_felt"));
    sandbox.apply(&mut bash);
    let ended = run(&mut bash);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(1), ""),
        "{}",
        ended.stdout
    );
    let last = last_events(&ended.stdout);
    assert_eq!(last.len(), LAYERS);
    let known = last
        .iter()
        .filter(|event| event["export"].is_string())
        .count();
    assert_eq!(created(&sandbox).len(), known, "{}", ended.stdout);
    assert!(known < LAYERS);
    assert_eq!(ended.stdout.matches("cannot write down").count(), 1);
    let files = names(folder.path())
        .into_iter()
        .filter(|name| name.starts_with('l'));
    let finished = last.iter().filter(|event| event["event"] == "finished");
    assert_eq!(files.count(), finished.count());
}

/// A manifest that is no file has no journal, and neither has one beside which nothing can be written.
#[cfg(unix)]
#[test]
fn no_journal_is_no_reason_not_to_export() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "0s"]);
    let mut bash = Command::new("bash");
    let program = "exec \"$FELT\" export --manifest <(printf 'map,layer\\ndemo,cities\\n') -f csv";
    bash.args(["-c", program])
        .current_dir(folder.path())
        .env("FELT", env!("CARGO_BIN_EXE_felt"));
    sandbox.apply(&mut bash);
    let ended = run(&mut bash);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "cities.csv\n"),
        "{}",
        ended.stderr
    );
    let manifest = "map,layer\ndemo,countries\n";
    fs::write(folder.path().join("jobs.csv"), manifest).unwrap();
    fs::create_dir(folder.path().join("jobs.csv.state")).unwrap();
    let ended = run(&mut export(
        &sandbox,
        folder.path(),
        &["jobs.csv", "-f", "csv"],
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("will not be taken up"),
        "{}",
        ended.stderr
    );
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
        ("k.json", "{\"map\": \"demo\"}"),
        ("l.csv", "demo,cities,csv\n"),
        (
            "m.csv",
            "map,layer,output\ndemo,cities,a.csv\ndemo,countries,./a.csv\ndemo,relief,none/../a.tif\n",
        ),
        (
            "n.csv",
            "map,layer,output\ndemo,cities,n.csv\ndemo,countries,n.csv.state\n",
        ),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let before = holds(folder.path());
        let ended = run(&mut felt(
            folder.path(),
            &["export", "--manifest", name, "--sandbox"],
        ));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{name}");
        assert!(ended.stderr.lines().count() <= 3, "{}", ended.stderr);
        said.push_str(&ended.stderr);
        assert_eq!(holds(folder.path()), before);
    }
    // A program is told all of it.
    let args = ["export", "--manifest", "a.csv", "--json"];
    let ended = run(&mut felt(folder.path(), &args));
    said.push_str(&ended.stdout);
    // A folder is missing for both, and is told once.
    fs::write(
        folder.path().join("o.csv"),
        "map,layer,output\ndemo,cities,none/a.csv\ndemo,countries,none/b.csv\n",
    )
    .unwrap();
    let ended = run(&mut felt(
        folder.path(),
        &["export", "--manifest", "o.csv", "--sandbox"],
    ));
    assert_eq!(ended.code, Some(1));
    said.push_str(&ended.stderr);
    let args = ["export", "--manifest", "-", "--token-file", "-"];
    said.push_str(&run(&mut felt(folder.path(), &args)).stderr);
    insta::assert_snapshot!(said);
}
