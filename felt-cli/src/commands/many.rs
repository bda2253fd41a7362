//! `felt export --manifest`

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use felt_api::{Error, ErrorKind, Export, Target};
use futures_util::stream::{self, StreamExt};

use super::save::{Fetch, Watch};
use super::server::Server;
use crate::args;
use crate::events::{Event, Subject};
use crate::failure::Failure;
use crate::manifest::state::{Created, State};
use crate::manifest::{self, Expectation, Job};
use crate::next;
use crate::output::beside;
use crate::progress::Shown;
use crate::report::Report;

/// Exports that are worked at at once, by default.
const JOBS: u16 = 8;

/// How an export of many ended well.
enum Done {
    Saved,
    Skipped,
}

pub async fn run(args: &args::Export, path: &Path, report: &Report) -> Result<(), Failure> {
    let began = Instant::now();
    let jobs = manifest::read(args, path)?;
    // The next embedded sandbox is another one.
    let state = match path == Path::new("-") || args.server.is_embedded() {
        true => None,
        false => Some(State::open(beside(path, ".state"))?),
    };
    next::rerun(state.is_some());
    let run = Run {
        args,
        server: Server::start(&args.server).await?,
        report,
        state: state.map(Mutex::new),
        expectation: Mutex::default(),
    };
    let (mut files, mut skipped) = (0, 0);
    let mut failures = Vec::new();
    let shown = Shown::counting(report, jobs.len());
    {
        let each = jobs.iter().map(|job| run.one(job));
        let mut ended =
            stream::iter(each).buffer_unordered(usize::from(args.many.jobs.unwrap_or(JOBS)));
        while let Some((job, done)) = ended.next().await {
            match done {
                Ok(Done::Saved) => files += 1,
                Ok(Done::Skipped) => skipped += 1,
                Err(failure) => {
                    report.of(subject(job)).failure(&failure);
                    failures.push(failure.exit_code());
                    if args.many.fail_fast {
                        break;
                    }
                }
            }
            shown.advance();
        }
    }
    drop(shown);
    let failed = failures.len();
    let seconds = began.elapsed().as_secs_f64();
    report.note(&format!(
        "{files} files, {skipped} skipped, {failed} failed in {seconds:.0} s"
    ));
    report.event(Event::Summary {
        files,
        skipped,
        failed: failed as u64,
        seconds,
    })?;
    match worst(&failures) {
        None => {
            next::nothing();
            Ok(())
        }
        Some(code) => {
            let message = format!("{failed} of {} exports failed", jobs.len());
            Err(Failure::Some(message, code))
        }
    }
}

/// The exit code for all: what must not be tried again blindly first, what may be, last.
fn worst(codes: &[u8]) -> Option<u8> {
    [6, 4, 1, 2, 5]
        .into_iter()
        .find(|code| codes.contains(code))
}

fn subject(job: &Job) -> Subject {
    Subject::new(&job.map, &job.layer, Some(job.format))
}

/// What all exports of a run share.
struct Run<'a> {
    args: &'a args::Export,
    server: Server,
    report: &'a Report,
    state: Option<Mutex<State>>,
    expectation: Mutex<Expectation>,
}

impl Run<'_> {
    async fn one<'j>(&self, job: &'j Job) -> (&'j Job, Result<Done, Failure>) {
        let report = self.report.of(subject(job));
        let done = self.export(job, &report).await;
        (job, done)
    }

    async fn export(&self, job: &Job, report: &Report) -> Result<Done, Failure> {
        let fetch = Fetch {
            output: &job.output,
            transfer: &self.args.transfer,
            report,
            began: Instant::now(),
        };
        if let Some(path) = job.output.existing(&job.layer, job.format) {
            fetch.skip(&path, None)?;
            self.end(job)?;
            return Ok(Done::Skipped);
        }
        if let Some(created) = self.state().and_then(|state| state.created(&job.key)) {
            match self.take_up(job, &created, &fetch).await {
                // It is gone, or came to nothing: there has to be another.
                Err(Failure::Api(error)) if is_of_no_use(&error) => self.end(job)?,
                done => return done,
            }
        }
        if let Some(folder) = job
            .output
            .path(&job.layer, job.format)
            .as_deref()
            .and_then(Path::parent)
            && job.makes_folder
        {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::Local(format!(
                    "cannot make the folder {}: {error}",
                    folder.display()
                ))
            })?;
        }
        let target = job.output.reserve(&job.layer, job.format)?;
        let path = target.as_ref().map(|target| target.path().to_path_buf());
        let shown = Shown::waiting(report, &format!("creating {}/{}", job.map, job.layer));
        let layer = self.server.layer(&job.map, &job.layer)?;
        let export = layer
            .export(job.format)
            .filters(job.filters.iter().cloned())
            .email_on_completion(self.args.email)
            .start()
            .await?;
        drop(shown);
        if let (Some(mut state), Some(path)) = (self.state(), path) {
            let written = state.create(&job.key, export.handle(), &path);
            written.map_err(|error| cannot_write(&error))?;
        }
        report.event(Event::Created {
            export: export.handle().clone(),
        })?;
        self.fetch(job, &export, target, &fetch).await
    }

    /// Goes on with an export that an earlier run has created, for the file that it was to be.
    async fn take_up(
        &self,
        job: &Job,
        created: &Created,
        fetch: &Fetch<'_>,
    ) -> Result<Done, Failure> {
        let output = job.output.at(&created.output);
        let fetch = Fetch {
            output: &output,
            ..*fetch
        };
        if let Some(path) = output.existing(&job.layer, job.format) {
            fetch.skip(&path, Some(&created.export))?;
            self.end(job)?;
            return Ok(Done::Skipped);
        }
        let target = output.reserve(&job.layer, job.format)?;
        let export = self.server.resume(created.export.clone());
        self.fetch(job, &export, target, &fetch).await
    }

    async fn fetch(
        &self,
        job: &Job,
        export: &Export,
        target: Option<Target>,
        fetch: &Fetch<'_>,
    ) -> Result<Done, Failure> {
        let created = Instant::now();
        let mut watch = Watch {
            expected: self.expectation().get(),
            ..Watch::default()
        };
        let timeout = self.args.wait.timeout;
        let saved = fetch.export(export, target, timeout, &mut watch).await;
        if let Some(was_done) = watch.was_done.filter(|_| watch.is_done) {
            self.expectation()
                .learn(watch.expected, was_done, created.elapsed());
        }
        match saved {
            Ok(()) => {
                self.end(job)?;
                Ok(Done::Saved)
            }
            Err(failure) => {
                if let Failure::Api(error) = &failure
                    && is_of_no_use(error)
                {
                    self.end(job)?;
                }
                Err(failure)
            }
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let state = self.state.as_ref()?;
        Some(state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn expectation(&self) -> MutexGuard<'_, Expectation> {
        self.expectation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is left to be taken up.
    fn end(&self, job: &Job) -> Result<(), Failure> {
        match self.state().map(|mut state| state.end(&job.key)) {
            Some(Err(error)) => Err(cannot_write(&error)),
            _ => Ok(()),
        }
    }
}

/// Whether another export is needed.
fn is_of_no_use(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ExportFailed | ErrorKind::NotFound | ErrorKind::UnexpectedContent
    )
}

fn cannot_write(error: &std::io::Error) -> Failure {
    Failure::Local(format!("cannot write down what was created: {error}"))
}
