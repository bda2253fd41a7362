//! What the commands are for.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
#[cfg(unix)]
use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{features, felt, holds, names, run};

#[test]
fn the_command_of_the_readme() {
    let folder = tempfile::tempdir().unwrap();
    let args = "export demo countries -f gpkg -o countries.gpkg --sandbox";
    let args: Vec<&str> = args.split(' ').collect();
    let ended = run(&mut felt(folder.path(), &args));
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "countries.gpkg\n", "")
    );
    assert_eq!(names(folder.path()), ["countries.gpkg"]);
    assert_eq!(features(&folder.path().join("countries.gpkg")), 177);

    // A second time the file is in the way; with --overwrite it is not.
    let before = holds(folder.path());
    let ended = run(&mut felt(folder.path(), &args));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended.stderr.contains("countries.gpkg exists already"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("--overwrite"), "{}", ended.stderr);
    assert_eq!(holds(folder.path()), before);
    let ended = run(felt(folder.path(), &args).arg("--overwrite"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn the_name_of_the_output_decides() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    for (args, path, begins) in [
        ("demo cities -o out.csv", "out.csv", &b"name,"[..]),
        ("demo cities -o out.geojson", "out.geojson", b"{"),
        ("demo relief -o out.tif", "out.tif", b"II"),
        ("demo cities -f csv -o out.zip", "out.zip", b"PK\x03\x04"),
        ("demo cities -f csv -o out.bin", "out.bin", b"name,"),
        ("demo cities -f csv", "cities.csv", b"name,"),
        ("demo relief -f geotiff -o sub", "sub/relief.tif", b"II"),
        (
            "demo cities -f gpkg -o sub/",
            "sub/cities.gpkg",
            b"SQLite format 3\0",
        ),
    ] {
        let mut command = felt(folder.path(), &["export", "--sandbox"]);
        let ended = run(command.args(args.split(' ')));
        assert_eq!(ended.code, Some(0), "{args}: {}", ended.stderr);
        assert_eq!(ended.stdout, format!("{path}\n"), "{args}");
        let content = fs::read(folder.path().join(path)).unwrap();
        assert!(content.starts_with(begins), "{args}");
    }
    assert_eq!(names(folder.path()).len(), 7, "{:?}", names(folder.path()));
}

#[test]
fn a_direct_link_is_downloaded_under_the_name_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    for (args, path) in [
        ("demo countries", "countries.gpkg"),
        ("demo relief", "relief.tif"),
        ("demo countries -o out.gpkg", "out.gpkg"),
        ("demo relief -o out.bin", "out.bin"),
    ] {
        let mut command = felt(folder.path(), &["download", "--sandbox"]);
        let ended = run(command.args(args.split(' ')));
        assert_eq!(
            (ended.code, ended.stdout),
            (Some(0), format!("{path}\n")),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(features(&folder.path().join("out.gpkg")), 177);

    // A name that says something else than what arrives gets no file.
    for (args, code) in [
        ("demo relief -o no.gpkg", 1),
        ("demo countries -o no.zip", 1),
        ("demo countries -o no.csv", 2),
    ] {
        let mut command = felt(folder.path(), &["download", "--sandbox"]);
        let ended = run(command.args(args.split(' ')));
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), ""),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(names(folder.path()).len(), 4, "{:?}", names(folder.path()));
}

#[test]
fn a_dash_is_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "export",
        "demo",
        "cities",
        "-f",
        "csv",
        "-o",
        "-",
        "--sandbox",
    ];
    let ended = run(&mut felt(folder.path(), &args));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().count(), 244);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn filters_may_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = felt(
        folder.path(),
        &["export", "demo", "countries", "-o", "x.gpkg", "--sandbox"],
    );
    let ended = run(command.args([
        "--filter",
        r#"["continent", "eq", "Africa"]"#,
        "--filter",
        r#"["pop_est", "gt", 50000000]"#,
    ]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let found = features(&folder.path().join("x.gpkg"));
    assert!((1..20).contains(&found), "{found}");
}

#[test]
fn a_link_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(&mut felt(
        folder.path(),
        &["link", "demo", "relief", "--sandbox"],
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.starts_with("http://127.0.0.1:"),
        "{}",
        ended.stdout
    );
    assert_eq!(ended.stdout.lines().count(), 1);
}

/// An export to a pipe of which one byte has been read: more than a pipe holds is on its way, so that
/// it waits for a reader.
fn writing_to_a_pipe(folder: &Path) -> (Child, ChildStdout) {
    let args = [
        "export",
        "demo",
        "countries",
        "-f",
        "geojson",
        "-o",
        "-",
        "--sandbox",
    ];
    let mut child = felt(folder, &args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    (child, stdout)
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let (child, stdout) = writing_to_a_pipe(folder.path());
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
}

#[test]
fn this_machine_is_reached_without_certificates_and_past_any_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let bare = |args: &[&str]| {
        let mut command = felt(folder.path(), args);
        for proxy in [
            "http_proxy",
            "HTTP_PROXY",
            "https_proxy",
            "all_proxy",
            "ALL_PROXY",
        ] {
            command.env(proxy, "http://127.0.0.1:9");
        }
        command
            .env("SSL_CERT_FILE", "/nowhere")
            .env("SSL_CERT_DIR", "/nowhere");
        command
    };
    let ended = run(&mut bare(&[
        "export",
        "demo",
        "cities",
        "-o",
        "cities.csv",
        "--sandbox",
    ]));
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "cities.csv\n"),
        "{}",
        ended.stderr
    );

    // The rest of the world needs certificates, and without any that is what is said.
    let ended = run(bare(&["link", "m", "l"]).env("FELT_API_TOKEN", "felt_pat_x"));
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!(ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_does_not_keep_it_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, stdout) = writing_to_a_pipe(folder.path());
    let pid = child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(60);
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it goes on although it was told to stop");
        }
        std::thread::yield_now();
    };
    assert_eq!(ended.code(), Some(130));
    drop(stdout);
}
