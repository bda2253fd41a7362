//! What failed, said to people, to shells and to programs.

use std::error::Error as StdError;
use std::io;

use felt_api::{Error, ErrorKind};

use crate::events::Failed;
use crate::next;

/// The end of a command that did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The arguments can never work together.
    Usage(String),
    /// An operation failed.
    Api(Error),
    /// This machine failed: a pipe, the sandbox's port.
    Local(String),
    /// Some of many failed, and have said so: with the exit code that fits all of them.
    Some(String, u8),
    /// The user, or the system, stopped it.
    Interrupted,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Api(error)
    }
}

impl Failure {
    pub fn stdout(error: &io::Error) -> Self {
        Self::Local(format!("cannot write to stdout: {error}"))
    }

    /// Says it on stderr.
    pub fn print(&self) {
        let Failed {
            message,
            cause,
            hint,
            ..
        } = self.data();
        let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
        match self {
            Self::Interrupted => eprintln!("{message}"),
            _ => eprintln!("error: {message}{cause}"),
        }
        if let Some(hint) = hint {
            eprintln!("hint: {hint}");
        }
    }

    /// The same as data.
    pub fn data(&self) -> Failed {
        let local = |kind: &str, message: &str, hint: Option<String>| Failed {
            kind: kind.to_string(),
            message: message.to_string(),
            hint,
            exit_code: self.exit_code(),
            ..Failed::default()
        };
        let error = match self {
            Self::Usage(message) => {
                let hint = "felt --help, and --help behind each command, say what is possible";
                return local("usage", message, Some(hint.to_string()));
            }
            Self::Local(message) => return local("local", message, None),
            Self::Some(message, _) => return local("incomplete", message, next::hint()),
            Self::Interrupted => return local("interrupted", "interrupted", next::hint()),
            Self::Api(error) => error,
        };
        Failed {
            kind: snake_case(&format!("{:?}", error.kind())),
            message: error.to_string(),
            cause: cause(error),
            hint: hint(error),
            exit_code: self.exit_code(),
            http_status: error.status(),
            retryable: error.is_retryable(),
            export: error.export().cloned(),
            kept_bytes: error.kept(),
        }
    }

    pub fn exit_code(&self) -> u8 {
        let error = match self {
            Self::Usage(_) => return 2,
            Self::Local(_) => return 1,
            Self::Interrupted => return 130,
            Self::Some(_, code) => return *code,
            Self::Api(error) => error,
        };
        match error.kind() {
            ErrorKind::InvalidInput => 2,
            ErrorKind::Unauthorized | ErrorKind::Forbidden => 4,
            ErrorKind::OutcomeUnknown => 6,
            _ if error.is_retryable() => 5,
            _ => 1,
        }
    }
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
fn hint(error: &Error) -> Option<String> {
    let text = match error.kind() {
        ErrorKind::FileExists => "--overwrite replaces it, --skip-existing leaves it",
        ErrorKind::OutcomeUnknown => "look for it in Felt before trying again",
        ErrorKind::Unauthorized if error.status().is_some() && error.export().is_none() => {
            "the API token is not accepted; is it complete, and of this workspace?"
        }
        // There is nothing to go on with.
        ErrorKind::ExportFailed | ErrorKind::NotFound => return None,
        // The same command would find the same.
        ErrorKind::UnexpectedContent if error.kept().is_some() => {
            "what arrived is kept beside it, in the file that ends in .part"
        }
        _ => return next::hint_for_one(),
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
