//! What a command says: its result to stdout, in words or as events, and everything else to stderr.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use crate::args::Global;
use crate::events::{self, Event, Subject};
use crate::failure::Failure;

/// How a command says things.
#[derive(Debug)]
pub struct Report {
    json: bool,
    /// Whether progress is shown.
    pub quiet: bool,
    /// What the events are about, once that is known.
    subject: Mutex<Subject>,
}

impl Report {
    pub fn new(args: &Global) -> Self {
        Self {
            json: args.json,
            quiet: args.quiet,
            subject: Mutex::default(),
        }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// From now on it is about this.
    pub fn about(&self, subject: Subject) {
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = subject;
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
        events::print(line).map_err(|error| Failure::stdout(&error))
    }

    /// How it failed, and the exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        let code = failure.exit_code();
        if !self.json {
            failure.print();
        } else if let Err(error) = self.write(Event::Failed(failure.data())) {
            error.print();
        }
        ExitCode::from(code)
    }

    fn write(&self, event: Event) -> Result<(), Failure> {
        let subject = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        events::write(&subject, event).map_err(|error| Failure::stdout(&error))
    }
}
