//! What failed, said to people, to shells and to programs.

use std::error::Error as StdError;
use std::io;

use felt_api::{Error, ErrorKind};

use crate::events::{Failed, Subject, say};
use crate::next::{self, Resume};

/// The end of a command, or of one export of many, that did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The arguments can never work together.
    Usage(String),
    /// The same of a manifest: all that is wrong with it.
    Manifest(String, Vec<String>),
    /// An operation failed; of many, with what takes the export up.
    Api(Error, Option<Resume>),
    /// This machine failed: a pipe, the sandbox's port.
    Local(String),
    /// Another process is at the same.
    Busy(String),
    /// What was done cannot be written down beside the manifest.
    Journal(String),
    /// Nothing can be said any more.
    Stdout(io::Error),
    /// An export of many may have been created: nobody waited for the answer.
    InDoubt(&'static str),
    /// An export of many was stopped before it was done.
    Stopped(Option<Resume>),
    /// An export of many was not begun: all were to stop before.
    NotStarted,
    /// Some of many failed, and all has been said.
    Told(u8),
    /// The user, or the system, stopped it.
    Interrupted,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Api(error, None)
    }
}

impl Failure {
    /// Says on stderr what failed, on which map and layer, and what to do next.
    pub fn print(&self, subject: &Subject) {
        let Failed {
            mut message,
            cause,
            mut hint,
            ..
        } = self.data();
        // Names of files may be anything.
        message = message.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
        if let Self::Manifest(path, problems) = self {
            let (first, more) = first_problems(path, problems);
            (message, hint) = (first, more.or(hint));
        }
        let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
        let about = match subject.name() {
            Some(name) if self.is_about_it() && !message.contains(&name) => format!("{name}: "),
            _ => String::new(),
        };
        match self {
            Self::Told(_) => return,
            Self::Interrupted => say(&message),
            _ => say(&format!("error: {about}{message}{cause}")),
        }
        if let Some(hint) = hint {
            say(&format!("hint: {hint}"));
        }
    }

    /// The same as data.
    pub fn data(&self) -> Failed {
        let exit_code = self.exit_code();
        let told = |kind: &str, message: &str, hint: Option<String>| Failed {
            kind: kind.to_string(),
            message: message.to_string(),
            hint,
            exit_code,
            ..Failed::default()
        };
        match self {
            Self::Usage(message) => {
                // What has many lines shows the place, and says enough.
                let hint = "felt --help, and --help behind each command, say what is possible";
                let is_short = message.lines().count() < 3;
                told("usage", message, is_short.then(|| hint.to_string()))
            }
            Self::Manifest(path, problems) => {
                let first = problems.first().map_or("", |it| first_line(it));
                let hint = "felt export --help says what a manifest holds";
                Failed {
                    problems: problems.clone(),
                    ..told("usage", &format!("{path}: {first}"), Some(hint.to_string()))
                }
            }
            Self::Local(message) | Self::Journal(message) => told("local", message, None),
            Self::Stdout(error) => Failed {
                export: next::export(),
                ..told(
                    "local",
                    &format!("cannot write to stdout: {error}"),
                    next::hint(),
                )
            },
            Self::Busy(message) => Failed {
                retryable: true,
                ..told("busy", message, None)
            },
            Self::InDoubt(why) => {
                let hint = "look for it in Felt; the next run creates another";
                told("outcome_unknown", why, Some(hint.to_string()))
            }
            Self::NotStarted => Failed {
                retryable: true,
                ..told("not_started", "not begun", None)
            },
            Self::Stopped(resume) => {
                let hint = resume.as_ref().map(Resume::hint);
                Failed {
                    retryable: true,
                    export: resume.as_ref().map(|resume| resume.export.clone()),
                    ..told("interrupted", "stopped before it was done", hint)
                }
            }
            Self::Told(_) => told("incomplete", "some exports failed", None),
            Self::Interrupted => Failed {
                retryable: !next::may_be_created(),
                export: next::export(),
                ..told("interrupted", "interrupted", next::hint())
            },
            Self::Api(error, resume) => Failed {
                kind: snake_case(&format!("{:?}", error.kind())),
                message: error.to_string(),
                cause: cause(error),
                hint: hint(error, resume.as_ref()),
                exit_code,
                http_status: error.status(),
                retryable: error.is_retryable(),
                export: error.export().cloned(),
                kept_bytes: error.kept(),
                problems: Vec::new(),
            },
        }
    }

    pub fn exit_code(&self) -> u8 {
        let error = match self {
            Self::Usage(_) | Self::Manifest(..) => return 2,
            Self::Local(_) | Self::Journal(_) | Self::Stdout(_) => return 1,
            Self::Busy(_) => return 5,
            Self::InDoubt(_) => return 6,
            Self::Interrupted | Self::Stopped(_) | Self::NotStarted => return 130,
            Self::Told(code) => return *code,
            Self::Api(error, _) => error,
        };
        match error.kind() {
            ErrorKind::InvalidInput => 2,
            ErrorKind::Unauthorized | ErrorKind::Forbidden => 4,
            ErrorKind::OutcomeUnknown => 6,
            _ if error.is_retryable() => 5,
            _ => 1,
        }
    }

    /// Whether it is about a map and a layer, or a file for them, and not about how Felt is asked at all.
    fn is_about_it(&self) -> bool {
        match self {
            Self::Api(error, _) => !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unauthorized | ErrorKind::Setup
            ),
            Self::InDoubt(_) | Self::Stopped(_) | Self::NotStarted => true,
            _ => false,
        }
    }

    /// Whether every other export of many would fail in the same way.
    pub fn is_of_all(&self) -> bool {
        match self {
            Self::Api(error, _) => error.kind() == ErrorKind::Unauthorized,
            Self::Stdout(_) => true,
            _ => false,
        }
    }
}

/// What people are told of a manifest: no more than they read at once.
fn first_problems(path: &str, problems: &[String]) -> (String, Option<String>) {
    const SHOWN: usize = 2;
    let shown: Vec<&str> = problems
        .iter()
        .take(SHOWN)
        .map(|it| first_line(it))
        .collect();
    let more = problems.len().saturating_sub(SHOWN);
    let hint = (more > 0).then(|| format!("and {more} more, all of which --json tells"));
    (format!("{path}: {}", shown.join("\n  ")), hint)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The last cause in the chain: between it and the message stand only layers of libraries.
fn cause(error: &Error) -> Option<String> {
    let mut root: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(next) = root.and_then(StdError::source) {
        root = Some(next);
    }
    root.map(ToString::to_string)
}

/// What to do next, where the message does not say it.
fn hint(error: &Error, resume: Option<&Resume>) -> Option<String> {
    let is_answer = error.status().is_some();
    let text = match error.kind() {
        ErrorKind::FileExists => "--overwrite replaces it, --skip-existing leaves it",
        ErrorKind::OutcomeUnknown => "look for it in Felt before trying again",
        ErrorKind::Unauthorized if is_answer && error.export().is_none() => {
            "the API token is not accepted; is it complete, and of this workspace?"
        }
        // The same command would find the same.
        ErrorKind::UnexpectedContent if error.kept().is_some() => {
            "what arrived is kept beside it, in the file that ends in .part"
        }
        // There is nothing to go on with.
        ErrorKind::ExportFailed => "start another; with other filters or another format it may do",
        ErrorKind::NotFound => "are the ids right, and may the token's owner see that map?",
        _ => {
            let resume = resume.map(Resume::hint).or_else(next::hint);
            return resume.or_else(|| {
                let text = match error.kind() {
                    ErrorKind::Forbidden => "have the map shared with the token's owner",
                    ErrorKind::Rejected => "change what Felt names, and try again",
                    ErrorKind::RateLimited | ErrorKind::Server if error.export().is_none() => {
                        "nothing was lost; try again in a few minutes"
                    }
                    ErrorKind::Unreachable if error.export().is_none() => {
                        "are network, proxy and FELT_BASE_URL as they should be?"
                    }
                    _ => return None,
                };
                Some(text.to_string())
            });
        }
    };
    Some(text.to_string())
}

/// `NotFound` as `not_found`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
