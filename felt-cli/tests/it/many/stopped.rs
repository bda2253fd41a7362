//! Runs that end before they are done.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{LAYERS, are_all_there, export, last_events, sandbox};
use crate::running::Running;
use crate::{created, names, run};

/// Killed in the middle, a run goes on with what it has created, and says of what it does not know.
#[test]
fn what_a_killed_run_has_created_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let rules = json!([{ "operation": "export", "effect": { "type": "delay", "ms": 100 } }]);
    let sandbox = sandbox(folder.path(), &rules, "1s");
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

/// Stopped at some moment, a run waits for what it has sent, ends each row with an event, and the next one creates
/// what is missing and nothing else.
#[test]
fn a_run_that_is_stopped_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rules = json!([
        { "operation": "export", "effect": { "type": "delay", "ms": 400 } },
        { "operation": "download", "effect": { "type": "throttle", "bytes_per_second": 1000 } },
    ]);
    let sandbox = sandbox(folder.path(), &rules, "700ms");
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
    let rules = json!([{ "operation": "export", "calls": "4", "effect": { "type": "status", "code": 404 } }]);
    let sandbox = sandbox(folder.path(), &rules, "1s");
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
