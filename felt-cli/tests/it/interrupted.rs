//! Signals, and what takes up again what they have stopped.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::Running;
use crate::{created, felt, names, rows, run, shell};

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Anything from 0 to 1.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

/// At any moment it either has created nothing, or is done, or says how it goes on; and so it does. No export is
/// created that nobody knows of.
#[test]
fn an_export_that_is_interrupted_can_always_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    // Slow enough for each phase to be hit.
    let rules = r#"[{ "operation": "export", "effect": { "type": "delay", "ms": 300 } },
        { "operation": "download", "effect": { "type": "throttle", "bytes_per_second": 60000 } }]"#;
    fs::write(folder.path().join("rules.json"), rules).unwrap();
    let sandbox = Running::start(
        folder.path(),
        &["--job-time", "300ms", "--faults", "rules.json"],
    );
    let out = tempfile::tempdir().unwrap();
    let export = || {
        let mut export = felt(
            out.path(),
            &["export", "demo", "countries", "-o", "my countries.csv"],
        );
        sandbox.apply(&mut export);
        export.stdout(Stdio::piped()).stderr(Stdio::piped());
        export
    };
    let path = out.path().join("my countries.csv");
    let started = Instant::now();
    assert_eq!(run(&mut export()).code, Some(0));
    let whole = started.elapsed();
    let (mut resumed, mut unsent) = (0, 0);
    for _ in 0..50 {
        fs::remove_file(&path).unwrap();
        let before = created(&sandbox).len();
        let child = export().spawn().unwrap();
        let moment = whole.mul_f64(random());
        // Nothing is waited for: the moment is what is tested.
        std::thread::sleep(moment);
        signal(&child, "-INT");
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        let created = created(&sandbox).len() - before;
        match ended.status.code() {
            // The signal came before there was a handler.
            None => assert!(said.is_empty() && created == 0, "{moment:?}: {said}"),
            Some(0) => assert!(path.exists()),
            code => {
                assert_eq!(code, Some(130), "{moment:?}: {said}");
                assert!(said.lines().count() <= 3, "{said}");
                let command = said.split_once("interrupted\n").unwrap().1;
                let command = command.strip_prefix("hint: take it up with: felt ");
                assert_eq!(
                    command.is_some(),
                    created == 1,
                    "{moment:?}: {created} {said}"
                );
                // If it got its name at that moment it is whole, as is seen below.
                let is_open = !path.exists();
                unsent += usize::from(created == 0);
                if let (true, Some(command)) = (is_open, command) {
                    let program = format!("\"$FELT\" {command}");
                    let mut shell = shell("sh", out.path(), &program);
                    sandbox.apply(&mut shell);
                    let ended = run(&mut shell);
                    assert_eq!(
                        (ended.code, ended.stdout.as_str()),
                        (Some(0), "my countries.csv\n"),
                        "{}",
                        ended.stderr
                    );
                    resumed += 1;
                }
            }
        }
        if !path.exists() {
            assert_eq!(run(&mut export()).code, Some(0));
        }
        assert_eq!(rows(&path), 177);
        assert_eq!(names(out.path()), ["my countries.csv"]);
    }
    assert!(
        resumed > 10,
        "only {resumed} were interrupted after the export was created, and {unsent} before"
    );
}

/// What takes it up says all that was said before, however odd the name is.
#[test]
fn the_resume_line_repeats_the_options() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "1h"]);
    let token = folder.path().join("my token");
    fs::write(&token, "felt_pat_sandbox").unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let mut export = felt(
        folder.path(),
        &[
            "export",
            "demo/cities",
            "-f",
            "csv",
            "-o=-it's\n{{1}}",
            "--overwrite",
            "--timeout",
            "1s",
            "--connections",
            "2",
            "--min-rate",
            "5k",
            "--token-file",
            "my token",
        ],
    );
    export.env("FELT_BASE_URL", sandbox.base_url());
    let ended = run(&mut export);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    let (_, command) = ended.stderr.split_once("felt resume demo/cities/").unwrap();
    let (_, arguments) = command.split_once(":csv ").unwrap();
    assert_eq!(
        arguments,
        "-o $'./-it\\'s\\n{{1}}' --overwrite --timeout 1s --connections 2 --min-rate 5000 --token-file 'my token'\n"
    );
    // A shell takes it for what it was: the same place, and as patient.
    let program = format!("\"$FELT\" resume demo/cities/{command}");
    let mut shell = shell("bash", folder.path(), &program);
    shell.env("FELT_BASE_URL", sandbox.base_url());
    let again = run(&mut shell);
    assert_eq!(again.code, Some(5), "{}", again.stderr);
    let (_, repeated) = again.stderr.split_once("felt resume demo/cities/").unwrap();
    assert_eq!(repeated, command);
}

/// It may exist, and nobody knows: that is not to be tried again by a program.
#[test]
fn an_export_in_doubt_is_not_worth_trying_again() {
    let folder = tempfile::tempdir().unwrap();
    let rules = r#"[{ "operation": "export", "effect": { "type": "hang" } }]"#;
    fs::write(folder.path().join("rules.json"), rules).unwrap();
    let sandbox = Running::start(folder.path(), &["--faults", "rules.json"]);
    let mut export = felt(
        folder.path(),
        &["export", "demo/cities", "-f", "csv", "--json"],
    );
    sandbox.apply(&mut export);
    let child = export.stdout(Stdio::piped()).spawn().unwrap();
    while sandbox.requests().as_array().unwrap().is_empty() {
        std::thread::yield_now();
    }
    signal(&child, "-INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let event: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(event["kind"], "interrupted");
    assert_eq!(event["retryable"], false);
    let hint = event["hint"].as_str().unwrap();
    assert!(hint.contains("may have been created"), "{hint}");
}

/// An export exists, and its handle cannot be printed: it is said where it can be.
#[cfg(target_os = "linux")]
#[test]
fn a_handle_is_told_though_stdout_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &[]);
    for args in [
        "export demo/cities -f csv --detach",
        "export demo/cities -f csv --json",
    ] {
        let mut export = felt(folder.path(), &args.split(' ').collect::<Vec<_>>());
        sandbox.apply(&mut export);
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let ended = export.stdout(full).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("felt resume demo/cities/"), "{said}");
    }
}

/// While somebody is asked to type, too.
#[test]
fn a_signal_is_heard_while_stdin_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        "link demo cities --token-file - -vv",
        "export --manifest - -f csv -vv",
    ] {
        let mut command = felt(folder.path(), &args.split(' ').collect::<Vec<_>>());
        let mut child = command
            .env("FELT_API_TOKEN", "felt_pat_sandbox")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It stays open.
        let _stdin = child.stdin.take();
        wait_for_handlers(&child);
        signal(&child, "-INT");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{args}");
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(said, "interrupted\n");
    }
}

/// Whether a process has a handler for a signal, as the system sees it.
fn catches(child: &Child, bit: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    u64::from_str_radix(caught.unwrap().trim(), 16).unwrap() & (1 << (bit - 1)) != 0
}

const TERM: u32 = 15;
const HUP: u32 = 1;

fn wait_for_handlers(child: &Child) {
    while !catches(child, TERM) {
        std::thread::yield_now();
    }
}

/// What nohup, or a shell, has it ignore, it goes on ignoring.
#[cfg(target_os = "linux")]
#[test]
fn an_ignored_signal_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    for (before, catches_it) in [("", true), ("trap '' HUP; ", false)] {
        let program = format!("{before}exec \"$FELT\" sandbox");
        let mut child = shell("sh", folder.path(), &program)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It is ready, so it listens.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        wait_for_handlers(&child);
        assert_eq!(catches(&child, HUP), catches_it);
        signal(&child, "-TERM");
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}

/// The second time at once, whatever hangs.
#[test]
fn the_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "1h"]);
    let mut export = felt(
        folder.path(),
        &["export", "demo", "cities", "-o", "cities.csv", "--json"],
    );
    sandbox.apply(&mut export);
    let mut child = export
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut events = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    events.read_line(&mut line).unwrap();
    assert!(line.contains("\"created\""), "{line}");
    let begun = Instant::now();
    signal(&child, "-TERM");
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(10));
}
