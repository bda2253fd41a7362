//! Signals, and what takes up again what they have stopped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::Running;
use crate::{felt, names, rows, run};

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// At any moment it either has not begun, or is done, or says how it goes on; and so it does.
#[test]
fn an_export_that_is_interrupted_can_always_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let rules = r#"[{ "operation": "download", "effect": { "type": "throttle", "bytes_per_second": 60000 } }]"#;
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
    let mut resumed = 0;
    for round in 0..50 {
        fs::remove_file(&path).unwrap();
        let child = export().spawn().unwrap();
        // The moment is random: nothing is waited for.
        std::thread::sleep(whole.mul_f64(f64::from(round) / 50.0));
        signal(&child, "-INT");
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        match ended.status.code() {
            // The signal came before there was a handler.
            None => assert!(said.is_empty(), "{said}"),
            Some(0) => assert!(path.exists()),
            code => {
                assert_eq!(code, Some(130), "{said}");
                assert!(
                    said.lines().count() <= 3 && said.starts_with("interrupted\n"),
                    "{said}"
                );
                // If it got its name at that moment it is whole, as is seen below.
                let is_open = !path.exists();
                if let (true, Some((_, command))) = (is_open, said.split_once("felt resume ")) {
                    let program = format!("\"$FELT\" resume {command}");
                    let mut shell = Command::new("sh");
                    shell
                        .args(["-c", &program])
                        .current_dir(out.path())
                        .env("FELT", env!("CARGO_BIN_EXE_felt"));
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
        "only {resumed} were interrupted after the export was created"
    );
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
