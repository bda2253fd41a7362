//! What a command says: its result to stdout, in words or as events, and everything else to stderr.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::args::Global;
use crate::events::{self, Event, Subject};
use crate::failure::Failure;

/// How a command, or one export of many, says things.
#[derive(Clone, Debug)]
pub struct Report {
    json: bool,
    /// What moves on the terminal, and has to make way for lines.
    bars: MultiProgress,
    /// What the events are about, once that is known.
    subject: Arc<Mutex<Subject>>,
}

impl Report {
    pub fn new(args: &Global) -> Self {
        let bars = MultiProgress::new();
        if args.quiet {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self {
            json: args.json,
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
        printed.map_err(|error| Failure::stdout(&error))
    }

    /// Something for people alone.
    pub fn note(&self, line: &str) {
        if !self.json {
            self.bars.suspend(|| eprintln!("{line}"));
        }
    }

    /// How it failed, and the exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        let code = failure.exit_code();
        if !self.json {
            self.bars.suspend(|| failure.print());
        } else if let Err(error) = self.write(Event::Failed(failure.data())) {
            error.print();
        }
        ExitCode::from(code)
    }

    fn write(&self, event: Event) -> Result<(), Failure> {
        let subject = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.bars.suspend(|| events::write(&subject, event));
        written.map_err(|error| Failure::stdout(&error))
    }
}
