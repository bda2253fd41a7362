//! The command as a process: what it prints, how it ends, and what is on disk then.
// A test that panics has failed, as it should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../tests/it/scripted.rs"]
mod scripted;

mod bad_input;
mod commands;
mod events;
mod exits;
mod exporting;
mod help;
#[cfg(unix)]
mod interrupted;
mod manual;
mod many;
mod running;
mod sandbox;
mod tokens;

use std::path::Path;
use std::process::{Command, Stdio};

/// How a run ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// The command in a folder, with nothing of Felt's in its environment.
fn felt(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_felt"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("FELT_API_TOKEN")
        .env_remove("FELT_BASE_URL")
        .env("COLUMNS", "100")
        .stdin(Stdio::null());
    command
}

/// A program of a shell in a folder, which knows the command as $FELT.
#[cfg(unix)]
fn shell(name: &str, folder: &Path, program: &str) -> Command {
    let mut shell = Command::new(name);
    shell
        .args(["-c", program])
        .current_dir(folder)
        .env("FELT", env!("CARGO_BIN_EXE_felt"));
    shell
}

fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it without blocking the test's own server.
async fn run_beside(mut command: Command) -> Ended {
    tokio::task::spawn_blocking(move || run(&mut command))
        .await
        .unwrap()
}

/// What a folder holds: names with contents, sorted.
fn holds(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

fn names(folder: &Path) -> Vec<String> {
    holds(folder).into_iter().map(|(name, _)| name).collect()
}

/// Features in the one layer of a GeoPackage.
fn features(path: &Path) -> i64 {
    let db = rusqlite::Connection::open(path).unwrap();
    let table: String = db
        .query_row("SELECT table_name FROM gpkg_contents", [], |row| row.get(0))
        .unwrap();
    db.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| {
        row.get(0)
    })
    .unwrap()
}

/// Records in a CSV file, without its header.
fn rows(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut quoted, mut lines) = (false, 0);
    for letter in text.chars() {
        quoted ^= letter == '"';
        lines += usize::from(letter == '\n' && !quoted);
    }
    lines - 1
}

/// Exports that were created, by the layers' paths.
fn created(sandbox: &running::Running) -> Vec<String> {
    let requests = sandbox.requests();
    let requests = requests.as_array().unwrap().iter();
    requests
        .filter(|request| request["method"] == "POST" && request["status"] == 200)
        .map(|request| request["path"].as_str().unwrap().to_string())
        .collect()
}
