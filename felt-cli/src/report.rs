//! What a command says: its result to stdout, in words or as events, and everything else to stderr.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::args::Global;
use crate::events::{self, Event, Subject};
use crate::failure::Failure;

/// How a command, or one export of many, says things.
#[derive(Clone, Debug)]
pub struct Report {
    json: bool,
    quiet: bool,
    /// Whether it has been told that stdout takes nothing.
    is_broken: Arc<AtomicBool>,
    /// Bytes that were downloaded, all in all.
    bytes: Arc<AtomicU64>,
    /// What moves on the terminal, and has to make way for lines.
    bars: MultiProgress,
    /// What the events are about, once that is known.
    subject: Arc<Mutex<Subject>>,
}

impl Report {
    pub fn new(args: &Global, bars: MultiProgress) -> Self {
        if args.quiet {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self {
            json: args.json,
            quiet: args.quiet,
            is_broken: Arc::default(),
            bytes: Arc::default(),
            bars,
            subject: Arc::default(),
        }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    pub fn bytes(&self) -> &Arc<AtomicU64> {
        &self.bytes
    }

    /// From now on it is about this.
    pub fn about(&self, subject: Subject) {
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = subject;
    }

    /// One that is about this, beside others.
    pub fn of(&self, subject: Subject) -> Self {
        Self {
            subject: Arc::new(Mutex::new(subject)),
            ..self.clone()
        }
    }

    /// Something has happened on the way: for programs only.
    pub fn event(&self, event: Event) -> Result<(), Failure> {
        match self.json {
            true => self.write(event),
            false => Ok(()),
        }
    }

    /// The result: for people the one line that a script would want.
    pub fn result(&self, line: &str, event: Event) -> Result<(), Failure> {
        match self.json {
            true => self.write(event),
            false => self.line(line),
        }
    }

    /// A line that has only one form.
    pub fn line(&self, line: &str) -> Result<(), Failure> {
        let printed = self.bars.suspend(|| events::print(line));
        printed.map_err(Failure::Stdout)
    }

    /// Something for people alone, which is no error.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// Something for people alone.
    pub fn say(&self, line: &str) {
        if !self.json {
            self.bars.suspend(|| events::say(line));
        }
    }

    /// How it failed, and the exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        match (failure, self.json) {
            // It has been said.
            (Failure::Told(_), _) => {}
            (_, true) => {
                if let Err(error) = self.write(Event::Failed(failure.data())) {
                    self.print(&error);
                }
            }
            _ => self.print(failure),
        }
        ExitCode::from(failure.exit_code())
    }

    fn print(&self, failure: &Failure) {
        let is_stdout = matches!(failure, Failure::Stdout(_));
        if !is_stdout || !self.is_broken.swap(true, Ordering::Relaxed) {
            self.bars.suspend(|| failure.print(&self.subject()));
        }
    }

    fn write(&self, event: Event) -> Result<(), Failure> {
        let written = self.bars.suspend(|| events::write(&self.subject(), event));
        written.map_err(Failure::Stdout)
    }

    fn subject(&self) -> Subject {
        let subject = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        subject.clone()
    }
}
