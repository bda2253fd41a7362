//! What is written down beside a manifest, for the next run.

use std::fs;

use super::{LAYERS, export, last_events, layers, manifest};
use crate::running::Running;
#[cfg(unix)]
use crate::shell;
use crate::{created, names, run};

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
    // No file may have more than a kilobyte: the journal alone needs that.
    let program =
        "trap '' XFSZ; ulimit -f 1; exec \"$FELT\" export --manifest jobs.csv -f csv --json";
    let mut bash = shell("bash", folder.path(), program);
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
    let program = "exec \"$FELT\" export --manifest <(printf 'map,layer\\ndemo,cities\\n') -f csv";
    let mut bash = shell("bash", folder.path(), program);
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
