//! What a run has created, for one that comes after it: a journal beside the manifest.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use felt_api::ExportHandle;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Exports that are older are not taken up any more: they are of another day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A line of the journal: an export was created for a job, or is over.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    job: String,
    export: Option<ExportHandle>,
    /// Seconds since 1970.
    at: u64,
    output: Option<PathBuf>,
}

/// An export that a run before this one has created, and where its file was to go.
#[derive(Clone, Debug)]
pub struct Created {
    pub export: ExportHandle,
    pub output: PathBuf,
}

/// The journal, held against other runs. It is removed when nothing in it is of use.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    file: File,
    open: HashMap<String, Created>,
}

impl State {
    /// Reads what a run before this one has left.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        let failed = |what: &str, error: io::Error| {
            Failure::Local(format!("cannot {what} {}: {error}", path.display()))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|error| failed("open", error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::Local(format!(
                    "another run of this manifest is under way ({} is locked): wait for it",
                    path.display()
                )));
            }
            // Some file systems have no locks: one run is then on its own.
            Err(TryLockError::Error(_)) => {}
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .map_err(|error| failed("read", error))?;
        // After a power failure it may be anything: what cannot be read was not written.
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut open = HashMap::new();
        let now = seconds();
        // The last line may be torn; it is as if it had not been written.
        for line in text
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok())
        {
            match (line.export, line.output) {
                (Some(export), Some(output)) if now.saturating_sub(line.at) < LONGEST.as_secs() => {
                    open.insert(line.job, Created { export, output });
                }
                _ => {
                    open.remove(&line.job);
                }
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file).map_err(|error| failed("write", error))?;
        }
        Ok(Self { path, file, open })
    }

    /// The export that was created for a job and is not over.
    pub fn created(&self, job: &str) -> Option<Created> {
        self.open.get(job).cloned()
    }

    /// An export was created.
    pub fn create(&mut self, job: &str, export: &ExportHandle, output: &Path) -> io::Result<()> {
        let created = Created {
            export: export.clone(),
            output: output.to_path_buf(),
        };
        self.open.insert(job.to_string(), created);
        self.write(Line {
            job: job.to_string(),
            export: Some(export.clone()),
            at: seconds(),
            output: Some(output.to_path_buf()),
        })
    }

    /// Its export is of no use any more: its file is there, or it failed.
    pub fn end(&mut self, job: &str) -> io::Result<()> {
        if self.open.remove(job).is_none() {
            return Ok(());
        }
        self.write(Line {
            job: job.to_string(),
            export: None,
            at: seconds(),
            output: None,
        })
    }

    fn write(&mut self, line: Line) -> io::Result<()> {
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        // In one piece, so that what is killed leaves all of it or, at worst, a torn last line.
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.open.is_empty() {
            // While it is locked. Nothing is left to do about a failure here.
            let _ = std::fs::remove_file(&self.path);
        } else {
            let _ = self.file.sync_all();
        }
    }
}

fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
