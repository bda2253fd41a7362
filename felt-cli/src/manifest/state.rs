//! What a run has done, for one that comes after it: a journal beside the manifest.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use felt_api::ExportHandle;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What is older is of another day: the run of the next night begins anew.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    job: String,
    /// Seconds since 1970.
    at: u64,
    #[serde(flatten)]
    known: Option<Known>,
}

/// What is known of a job. Nothing is as if it had never been begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Known {
    /// The request to create its export may have been sent, and nobody has seen the answer.
    InDoubt,
    /// Its export was created, for this file.
    Created {
        export: ExportHandle,
        output: PathBuf,
    },
    /// This file is whole.
    Done { output: PathBuf },
}

/// The journal, held against other runs. It is removed when nothing in it is of use.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    file: File,
    known: HashMap<String, Known>,
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
                return Err(Failure::Busy(format!(
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
        let known = read(&text, seconds());
        if known.is_empty() {
            file.set_len(0).map_err(|error| failed("write", error))?;
        } else if !text.ends_with('\n') {
            writeln!(file).map_err(|error| failed("write", error))?;
        }
        Ok(Self { path, file, known })
    }

    /// What is known of a job.
    pub fn known(&self, job: &str) -> Option<Known> {
        self.known.get(job).cloned()
    }

    /// The request for its export is about to be sent.
    pub fn is_sent(&mut self, job: &str) -> Result<(), Failure> {
        self.write(job, Some(Known::InDoubt), true)
    }

    /// Its export was created.
    pub fn is_created(
        &mut self,
        job: &str,
        export: &ExportHandle,
        output: &Path,
    ) -> Result<(), Failure> {
        let created = Known::Created {
            export: export.clone(),
            output: output.to_path_buf(),
        };
        self.write(job, Some(created), true)
    }

    /// Its file is there.
    pub fn is_done(&mut self, job: &str, output: &Path) -> Result<(), Failure> {
        let output = output.to_path_buf();
        self.write(job, Some(Known::Done { output }), false)
    }

    /// Its export is of no use: it failed, or there is none.
    pub fn is_over(&mut self, job: &str) -> Result<(), Failure> {
        match self.known.contains_key(job) {
            true => self.write(job, None, false),
            false => Ok(()),
        }
    }

    /// The run has come to its end. Only exports that are not over are left for another one: that is no repair of
    /// this one, and files whose names hold the time are to be made anew.
    pub fn ends(&mut self) -> Result<(), Failure> {
        let open = |known: &Known| matches!(known, Known::Created { .. });
        if !self.known.values().any(open) {
            self.known.clear();
        }
        let jobs = self.known.iter().filter(|(_, known)| !open(known));
        let jobs: Vec<String> = jobs.map(|(job, _)| job.clone()).collect();
        jobs.iter().try_for_each(|job| self.write(job, None, false))
    }

    fn write(&mut self, job: &str, known: Option<Known>, sync: bool) -> Result<(), Failure> {
        let line = Line {
            job: job.to_string(),
            at: seconds(),
            known,
        };
        let written = self.append(&line, sync).map_err(|error| {
            let path = self.path.display();
            Failure::Journal(format!(
                "cannot write down in {path} what was done: {error}"
            ))
        });
        match line.known {
            Some(known) => self.known.insert(line.job, known),
            None => self.known.remove(&line.job),
        };
        written
    }

    /// In one piece, so that what is killed leaves all of it or, at worst, a torn last line.
    fn append(&mut self, line: &Line, sync: bool) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        match sync {
            true => self.file.sync_data(),
            false => Ok(()),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.known.is_empty() {
            // While it is locked. Nothing is left to do about a failure here.
            let _ = std::fs::remove_file(&self.path);
        } else {
            let _ = self.file.sync_all();
        }
    }
}

/// The last that is said of each job. The last line may be torn; it is as if it had not been written.
fn read(text: &str, now: u64) -> HashMap<String, Known> {
    let mut all = HashMap::new();
    let lines = text.lines();
    for line in lines.filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        let is_fresh = now.saturating_sub(line.at) < LONGEST.as_secs();
        match line.known.filter(|_| is_fresh) {
            Some(known) => all.insert(line.job, known),
            None => all.remove(&line.job),
        };
    }
    all
}

fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(job: &str, at: u64, known: Option<Known>) -> String {
        let job = job.to_string();
        serde_json::to_string(&Line { job, at, known }).unwrap() + "\n"
    }

    #[test]
    fn the_last_word_counts_for_twelve_hours() {
        let done = |name: &str| Known::Done {
            output: name.into(),
        };
        let export = "m/l/e:csv".parse().unwrap();
        let output = PathBuf::from("x.csv");
        let created = Known::Created { export, output };
        let text = [
            line("old", 1_000, Some(done("old"))),
            line("open", 50_000, Some(Known::InDoubt)),
            line("open", 50_000, Some(created.clone())),
            line("over", 50_000, Some(created.clone())),
            line("over", 50_001, None),
            line("done", 50_000, Some(done("b"))),
            "{\"job\":\"torn\",\"at\":500".to_string(),
        ];
        let known = read(&text.concat(), 1_000 + 12 * 60 * 60);
        let wanted = [
            ("open".to_string(), created),
            ("done".to_string(), done("b")),
        ];
        assert_eq!(known, HashMap::from(wanted));
    }
}
