//! One function for each command.

mod download;
mod export;
mod link;
#[cfg(feature = "sandbox")]
mod sandbox;
mod server;
mod status;

use std::error::Error as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use felt_api::{Download, Target};

use crate::args::Command;
use crate::failure::Failure;
use crate::progress::{self, Shown};

/// Runs the command to its end.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Export(args) => export::run(args).await,
        Command::Download(args) => download::run(args).await,
        Command::Link(args) => link::run(args).await,
        Command::Status(args) => status::run(args).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args).await,
    }
}

/// One line on stdout: the result. A reader that has gone away is no failure.
fn print(result: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{result}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Local(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Where what arrives is collected, and what was remembered of it in the beginning.
static PART: OnceLock<(PathBuf, Vec<u8>)> = OnceLock::new();

/// Whether some of what has arrived is there to be gone on with.
pub fn is_part_kept() -> bool {
    PART.get().is_some_and(|(part, before)| {
        // Otherwise it may be another file's part, which is there only until something arrives.
        part.exists() && (progress::has_arrived() || remembered(part) != *before)
    })
}

/// What is beside a part.
fn remembered(part: &Path) -> Vec<u8> {
    let mut path = part.as_os_str().to_owned();
    path.push(".json");
    std::fs::read(path).unwrap_or_default()
}

/// Downloads to the place and prints its path, or to stdout.
async fn save(download: Download<'_>, target: Option<Target>) -> Result<(), Failure> {
    let (shown, update) = Shown::downloading();
    let download = download.on_progress(update);
    match target {
        Some(target) => {
            // Set once: a command saves one file.
            let part = target.part_path();
            let _ = PART.set((part.to_path_buf(), remembered(part)));
            let file = download.to_target(target).await?;
            drop(shown);
            print(&file.path.display().to_string())
        }
        None => match download.to_writer(&mut tokio::io::stdout()).await {
            Err(error) if !reader_is_gone(&error) => Err(error.into()),
            _ => Ok(()),
        },
    }
}

/// Whether the pipe was closed at its other end, as `head` does.
fn reader_is_gone(error: &felt_api::Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| source.kind() == io::ErrorKind::BrokenPipe)
}
