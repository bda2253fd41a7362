//! `felt sandbox`, and what is interrupted.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::Running;
use crate::{felt, names, run};

#[test]
fn it_prints_two_lines_for_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "0s"]);
    let [base_url, token] = &sandbox.lines;
    assert!(
        base_url.starts_with("FELT_BASE_URL=http://127.0.0.1:"),
        "{base_url}"
    );
    assert!(base_url.ends_with("/api/v2/"), "{base_url}");
    assert_eq!(token, "FELT_API_TOKEN=felt_pat_sandbox");

    let mut export = felt(
        folder.path(),
        &["export", "demo", "cities", "-o", "cities.csv"],
    );
    sandbox.apply(&mut export);
    let ended = run(&mut export);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "cities.csv\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn it_serves_a_folder_and_names_what_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("data/town");
    fs::create_dir_all(&map).unwrap();
    let point = r#"{"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{point}]}}"#);
    fs::write(map.join("trees.geojson"), collection).unwrap();
    fs::write(map.join("broken.geojson"), "{\n\n oops").unwrap();
    let mut sandbox = Running::start(folder.path(), &["--data", "data", "--job-time", "10ms"]);
    let mut export = felt(
        folder.path(),
        &["export", "town", "trees", "-o", "trees.geojson"],
    );
    sandbox.apply(&mut export);
    let ended = run(&mut export);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    sandbox.stop();
    let stderr = std::io::read_to_string(sandbox.child.stderr.take().unwrap()).unwrap();
    assert!(
        stderr.contains("broken.geojson") && stderr.contains("line 3"),
        "{stderr}"
    );
}

#[test]
fn a_port_that_is_taken_and_a_folder_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &[]);
    let addr = sandbox.lines[0].trim_start_matches("FELT_BASE_URL=http://");
    let addr = addr.trim_end_matches("/api/v2/");
    // What is refused leaves no temporary folder behind either.
    let temporary = tempfile::tempdir().unwrap();
    let mut taken = felt(folder.path(), &["sandbox", "--addr", addr]);
    let ended = run(taken.env("TMPDIR", temporary.path()));
    assert!(names(temporary.path()).is_empty());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains(addr), "{}", ended.stderr);
    let ended = run(&mut felt(folder.path(), &["sandbox", "--data", "none"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("none"), "{}", ended.stderr);
    for bad in [
        ["--addr", "localhost"],
        ["--job-time", "soon"],
        ["--link-ttl", "-1s"],
    ] {
        assert_eq!(
            run(felt(folder.path(), &["sandbox"]).args(bad)).code,
            Some(2)
        );
    }
}

#[test]
fn faults_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let rules =
        r#"[{ "operation": "link", "calls": 1, "effect": { "type": "status", "code": 403 } }]"#;
    fs::write(folder.path().join("rules.json"), rules).unwrap();
    let sandbox = Running::start(folder.path(), &["--faults", "rules.json"]);
    let link = || {
        let mut link = felt(folder.path(), &["link", "demo", "cities"]);
        sandbox.apply(&mut link);
        run(&mut link)
    };
    assert_eq!([link(), link()].map(|ended| ended.code), [Some(4), Some(0)]);

    fs::write(
        folder.path().join("bad.json"),
        "[{\"effect\": {\"type\": \"boom\"}}]",
    )
    .unwrap();
    for (file, code, message) in [
        (
            "bad.json",
            2,
            "error: bad.json: not an array of fault rules: unknown variant `boom`",
        ),
        ("none.json", 1, "error: cannot read none.json: No such file"),
    ] {
        let ended = run(&mut felt(folder.path(), &["sandbox", "--faults", file]));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""));
        assert!(ended.stderr.starts_with(message), "{}", ended.stderr);
    }
}

/// The first download is slow, and interrupted when some of it has arrived.
#[cfg(unix)]
#[test]
fn an_interrupted_download_goes_on_with_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    let rules = r#"[{ "operation": "download", "calls": 1, "effect": { "type": "throttle", "bytes_per_second": 20000 } }]"#;
    fs::write(folder.path().join("rules.json"), rules).unwrap();
    let sandbox = Running::start(folder.path(), &["--faults", "rules.json"]);
    let out = tempfile::tempdir().unwrap();
    let download = || {
        let mut download = felt(
            out.path(),
            &["download", "demo", "countries", "-o", "c.gpkg"],
        );
        sandbox.apply(&mut download);
        download
    };
    let child = download()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let part = out.path().join("c.gpkg.part");
    let deadline = Instant::now() + Duration::from_secs(60);
    while fs::metadata(&part).map_or(0, |part| part.len()) == 0 {
        assert!(Instant::now() < deadline, "nothing arrives");
        std::thread::yield_now();
    }
    // Another process at the same time is told so.
    let second = run(&mut download());
    assert_eq!(second.code, Some(5), "{}", second.stderr);
    assert!(
        second.stderr.contains("another download"),
        "{}",
        second.stderr
    );

    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(
        String::from_utf8(ended.stderr).unwrap(),
        "interrupted\nhint: what has arrived is kept, and the same command goes on from there\n"
    );
    assert_eq!(names(out.path()), ["c.gpkg.part", "c.gpkg.part.json"]);
    let arrived = fs::metadata(&part).unwrap().len();

    let ended = run(&mut download());
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "c.gpkg\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(names(out.path()), ["c.gpkg"]);
    assert!(fs::metadata(out.path().join("c.gpkg")).unwrap().len() > arrived);
}

#[cfg(unix)]
#[test]
fn it_takes_its_files_with_it() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut child = felt(folder.path(), &["sandbox"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(names(temporary.path()).len(), 1);
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(names(temporary.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_no_file_and_says_what_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--job-time", "1h"]);
    for signal in ["-INT", "-TERM"] {
        let mut export = felt(
            folder.path(),
            &["export", "demo", "cities", "-o", "cities.csv"],
        );
        sandbox.apply(&mut export);
        let mut child = export
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = child.id().to_string();
        // A signal before the handler is in place ends it without a code: that is no interruption yet.
        let deadline = Instant::now() + Duration::from_secs(60);
        while !catches(&pid, signal) {
            assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    }
    assert!(names(folder.path()).is_empty());
}

/// Whether the process has a handler for the signal; where that cannot be seen, it is taken to have.
#[cfg(unix)]
fn catches(pid: &str, signal: &str) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
        return true;
    };
    let number = if signal == "-INT" { 2 } else { 15 };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(caught.unwrap_or("0").trim(), 16).unwrap_or(0);
    mask & (1 << (number - 1)) != 0
}
