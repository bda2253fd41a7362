//! One export of many, from the first look at what is there to the file.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use felt_api::{Error, ErrorKind, Export, ExportHandle, Target};

use super::subject;
use crate::args;
use crate::commands::create::{Created, create};
use crate::commands::save::{Fetch, Watch};
use crate::commands::server::Server;
use crate::events::Event;
use crate::failure::Failure;
use crate::manifest::state::{Known, State};
use crate::manifest::{Expectation, Job};
use crate::next::Resume;
use crate::output::Output;
use crate::progress::Shown;
use crate::report::Report;
use crate::stop::Stop;

/// How an export of many ended well.
pub enum Done {
    Saved,
    Skipped,
}

/// What all exports of a run share.
pub struct Run<'a> {
    args: &'a args::Export,
    server: Server,
    report: &'a Report,
    stop: &'a Stop,
    state: Option<Mutex<State>>,
    /// Why it can be written no more.
    broken: Mutex<Option<Failure>>,
    expectation: Mutex<Expectation>,
}

impl<'a> Run<'a> {
    pub fn new(
        args: &'a args::Export,
        server: Server,
        report: &'a Report,
        stop: &'a Stop,
        state: Option<Mutex<State>>,
    ) -> Self {
        Self {
            args,
            server,
            report,
            stop,
            state,
            broken: Mutex::default(),
            expectation: Mutex::default(),
        }
    }

    /// Whether a later run takes up what this one has created.
    pub fn takes_up(&self) -> bool {
        self.state.is_some() && self.broken().is_none()
    }

    /// All rows have come to an end; gives what went wrong with writing that down.
    pub fn end(&self, is_interrupted: bool) -> Option<Failure> {
        if !is_interrupted {
            self.note(State::ends);
        }
        self.broken().take()
    }

    pub async fn one<'j>(&self, job: &'j Job) -> (&'j Job, Result<Done, Failure>) {
        let report = self.report.of(subject(job));
        let done = match self.stop.is_asked() {
            true => Err(Failure::NotStarted),
            false => self.export(job, &report).await,
        };
        (job, done)
    }

    /// Says how one failed: to people not what all have in common, nor what a later run takes up by itself.
    pub fn tell(&self, job: &Job, failure: &Failure) {
        let is_said = match failure {
            Failure::NotStarted => true,
            Failure::Stopped(resume) => resume.is_none() || self.takes_up(),
            failure => failure.is_of_all() && self.stop.is_asked(),
        };
        if !is_said || self.report.is_json() {
            self.report.of(subject(job)).failure(failure);
        }
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
            self.is_over(job);
            return Ok(Done::Skipped);
        }
        let known = self.state().and_then(|state| state.known(&job.key));
        match known {
            Some(Known::Done { output }) if job.output.existing_at(&output) => {
                fetch.skip(&output, None)?;
                return Ok(Done::Skipped);
            }
            Some(Known::Created { export, output }) => {
                match self.take_up(job, export, &output, &fetch).await {
                    // It is gone, or came to nothing: there has to be another.
                    Err(Failure::Api(error, _)) if is_of_no_use(&error) => self.is_over(job),
                    done => return done,
                }
            }
            Some(Known::InDoubt) => {
                self.is_over(job);
                return Err(Failure::InDoubt(
                    "an earlier run was ended while it was creating this export, which may exist",
                ));
            }
            _ => {}
        }
        let target = job.output.reserve(&job.layer, job.format)?;
        let path = target.as_ref().map(|target| target.path().to_path_buf());
        let export = self.create(job, report, path.as_deref()).await?;
        report.event(Event::Created {
            export: export.handle().clone(),
        })?;
        self.fetch(job, &export, target, &fetch).await
    }

    async fn create(
        &self,
        job: &Job,
        report: &Report,
        path: Option<&Path>,
    ) -> Result<Export, Failure> {
        let layer = self.server.layer(&job.map, &job.layer)?;
        let _shown = Shown::waiting(report, &format!("creating {layer}"));
        let request = layer
            .export(job.format)
            .filters(job.filters.iter().cloned())
            .email_on_completion(self.args.email);
        self.note(|state| state.is_sent(&job.key));
        if self.broken().is_some() {
            // Nobody would ever know of it.
            return Err(Failure::NotStarted);
        }
        let created = create(request, self.stop).await;
        if let Ok(Created::Export(export)) = created {
            if let Some(path) = path {
                self.note(|state| state.is_created(&job.key, export.handle(), path));
            }
            return Ok(export);
        }
        // There is none, or whether there is one is said now.
        self.is_over(job);
        Err(match created {
            Err(failure) => failure,
            Ok(Created::InDoubt) => Failure::InDoubt(
                "stopped before Felt had answered: an export may have been created",
            ),
            Ok(_) => Failure::NotStarted,
        })
    }

    /// Goes on with an export that an earlier run has created, for the file that it was to be.
    async fn take_up(
        &self,
        job: &Job,
        export: ExportHandle,
        path: &Path,
        fetch: &Fetch<'_>,
    ) -> Result<Done, Failure> {
        let output = job.output.at(path);
        let fetch = Fetch {
            output: &output,
            ..*fetch
        };
        if let Some(path) = output.existing(&job.layer, job.format) {
            fetch.skip(&path, Some(&export))?;
            self.is_done(job, &path);
            return Ok(Done::Skipped);
        }
        let target = output.reserve(&job.layer, job.format)?;
        let export = self.server.resume(export);
        self.fetch(job, &export, target, &fetch).await
    }

    async fn fetch(
        &self,
        job: &Job,
        export: &Export,
        target: Option<Target>,
        fetch: &Fetch<'_>,
    ) -> Result<Done, Failure> {
        let path = target.as_ref().map(|target| target.path().to_path_buf());
        let created = Instant::now();
        let mut watch = Watch {
            expected: self.expectation().get(),
            ..Watch::default()
        };
        let timeout = self.args.wait.timeout;
        let saved = tokio::select! {
            biased;
            saved = fetch.export(export, target, timeout, &mut watch) => saved,
            () = self.stop.asked() => Err(Failure::Stopped(self.resume(export, fetch.output))),
        };
        if let Some(was_done) = watch.was_done.filter(|_| watch.is_done) {
            self.expectation()
                .learn(watch.expected, was_done, created.elapsed());
        }
        match (saved, path) {
            (Ok(()), Some(path)) => {
                self.is_done(job, &path);
                Ok(Done::Saved)
            }
            (Ok(()), None) => Ok(Done::Saved),
            (Err(Failure::Api(error, _)), _) => {
                let is_of_no_use = is_of_no_use(&error);
                if is_of_no_use {
                    self.is_over(job);
                }
                let is_said = is_of_no_use || self.takes_up();
                let resume = (!is_said).then(|| self.resume(export, fetch.output));
                Err(Failure::Api(error, resume.flatten()))
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// What takes it up, unless its server ends with this command.
    fn resume(&self, export: &Export, output: &Output) -> Option<Resume> {
        let is_embedded = self.args.server.is_embedded();
        (!is_embedded).then(|| self.args.resume(export.handle(), output))
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

    fn is_done(&self, job: &Job, path: &Path) {
        self.note(|state| state.is_done(&job.key, path));
    }

    /// Nothing is left to be taken up.
    fn is_over(&self, job: &Job) {
        self.note(|state| state.is_over(&job.key));
    }

    /// Writes down what was done. If that fails, what was done is done all the same, and nothing more is begun.
    fn note(&self, write: impl FnOnce(&mut State) -> Result<(), Failure>) {
        if let Some(Err(failure)) = self.state().map(|mut state| write(&mut state)) {
            self.broken().get_or_insert(failure);
            self.stop.ask();
        }
    }

    fn broken(&self) -> MutexGuard<'_, Option<Failure>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another export is needed.
fn is_of_no_use(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ExportFailed | ErrorKind::NotFound | ErrorKind::UnexpectedContent
    )
}
