//! `felt export --manifest`

mod job;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use futures_util::stream::{self, StreamExt};

use super::server::Server;
use crate::args;
use crate::events::{Event, Subject};
use crate::failure::Failure;
use crate::manifest::state::State;
use crate::manifest::{self, Job};
use crate::output::beside;
use crate::progress::Shown;
use crate::report::Report;
use crate::stop::Stop;
use job::{Done, Run};

/// Exports that are worked at at once, by default.
const JOBS: u16 = 8;

pub async fn run(
    args: &args::Export,
    path: &Path,
    report: &Report,
    stop: &Stop,
) -> Result<(), Failure> {
    let began = Instant::now();
    let stdin = Path::new("-");
    if path == stdin && args.server.token.token_file.as_deref() == Some(stdin) {
        let why = "--manifest - and --token-file - both need stdin: let one of them be a file";
        return Err(Failure::Usage(why.to_string()));
    }
    let jobs = manifest::read(args, path).await?;
    check_folders(&jobs)?;
    // The next embedded sandbox is another one.
    let has_state = !args.server.is_embedded() && path.is_file();
    let state = match has_state.then(|| State::open(beside(path, ".state"))) {
        Some(Err(Failure::Local(why))) => {
            report.note(&format!(
                "note: {why}: what is interrupted will not be taken up"
            ));
            None
        }
        state => state.transpose()?,
    };
    let server = Server::start(&args.server).await?;
    // From here on all that is begun is also ended, and said.
    let _hold = stop.hold();
    let run = Run::new(args, server, report, stop, state.map(Mutex::new));
    let mut ends = Ends::default();
    let shown = Shown::counting(report, jobs.len());
    {
        let at_once = usize::from(args.many.jobs.unwrap_or(JOBS));
        let mut ended = stream::iter(jobs.iter().map(|job| run.one(job))).buffer_unordered(at_once);
        while let Some((job, done)) = ended.next().await {
            if let Err(failure) = &done {
                run.tell(job, failure);
                if args.many.fail_fast || failure.is_of_all() {
                    stop.ask();
                }
            }
            ends.count(&done);
            shown.advance();
        }
    }
    drop(shown);
    let takes_up = run.takes_up();
    let is_interrupted = stop.is_by_signal() || ends.unfinished > 0;
    if let Some(failure) = run.end(is_interrupted) {
        report.failure(&failure);
        ends.failed_itself = Some(failure.exit_code());
    }
    let code = match stop.is_by_signal() {
        true => Failure::Interrupted.exit_code(),
        false => ends.exit_code(),
    };
    let is_timed = jobs.iter().any(|job| job.key.contains("{time}"));
    let hint = ends.hint(takes_up, is_timed && !is_interrupted, &args.output);
    let seconds = began.elapsed().as_secs_f64();
    let line = ends.line(seconds, stop.is_by_signal());
    match code {
        0 => report.note(&line),
        _ => report.say(&line),
    }
    if let Some(hint) = &hint {
        report.say(&format!("hint: {hint}"));
    }
    report.event(Event::Summary {
        files: ends.files,
        skipped: ends.skipped,
        failed: ends.failed.len() as u64,
        unfinished: ends.unfinished,
        seconds,
        exit_code: code,
        hint,
    })?;
    match code {
        0 => Ok(()),
        code => Err(Failure::Told(code)),
    }
}

/// What is missing for all is told once, and before anything is created.
fn check_folders(jobs: &[Job]) -> Result<(), Failure> {
    let missing = |job: &Job| job.output.missing_folder(&job.layer, job.format);
    let mut folders: Vec<PathBuf> = jobs.iter().filter_map(missing).collect();
    folders.sort();
    folders.dedup();
    let Some(first) = folders.first() else {
        return Ok(());
    };
    let first = first.display();
    Err(Failure::Local(match folders.len() - 1 {
        0 => format!("the folder {first} does not exist: create it first"),
        more => format!("the folder {first} and {more} more do not exist: create them first"),
    }))
}

pub(super) fn subject(job: &Job) -> Subject {
    Subject::new(&job.map, &job.layer, Some(job.format))
}

/// How all of them ended.
#[derive(Debug, Default)]
struct Ends {
    files: u64,
    skipped: u64,
    /// With which exit codes.
    failed: Vec<u8>,
    unfinished: u64,
    /// What went wrong with the run, and not with an export.
    failed_itself: Option<u8>,
}

impl Ends {
    fn count(&mut self, done: &Result<Done, Failure>) {
        match done {
            Ok(Done::Saved) => self.files += 1,
            Ok(Done::Skipped) => self.skipped += 1,
            Err(Failure::Stopped(_) | Failure::NotStarted) => self.unfinished += 1,
            Err(failure) => self.failed.push(failure.exit_code()),
        }
    }

    /// The exit code for all: what must not be tried again blindly first, what may be, last.
    fn exit_code(&self) -> u8 {
        let failed = || self.failed.iter().chain(&self.failed_itself);
        let first = [6, 4, 1, 2, 5]
            .into_iter()
            .find(|code| failed().any(|failed| failed == code));
        first.unwrap_or(0)
    }

    fn line(&self, seconds: f64, is_interrupted: bool) -> String {
        let before = if is_interrupted { "interrupted: " } else { "" };
        let unfinished = match self.unfinished {
            0 => String::new(),
            unfinished => format!(", {unfinished} unfinished"),
        };
        let (files, skipped, failed) = (self.files, self.skipped, self.failed.len());
        let files = match files {
            1 => "1 file".to_string(),
            _ => format!("{files} files"),
        };
        format!("{before}{files}, {skipped} skipped, {failed} failed{unfinished} in {seconds:.0} s")
    }

    fn hint(&self, takes_up: bool, is_anew: bool, output: &args::Output) -> Option<String> {
        if self.failed.is_empty() && self.unfinished == 0 {
            return None;
        }
        if is_anew {
            return Some(
                "the same command makes all of them anew: their names hold {time}".to_string(),
            );
        }
        let with = match (output.skip_existing, output.overwrite) {
            (true, _) => "",
            (false, true) => " with --skip-existing in place of --overwrite",
            (false, false) => " with --skip-existing",
        };
        let takes_up = if takes_up {
            ", and takes up what was created"
        } else {
            ""
        };
        Some(format!(
            "the same command{with} does what is missing{takes_up}"
        ))
    }
}
