//! What failed, said to people and to shells.

use std::error::Error as StdError;
use std::process::ExitCode;

use felt_api::{Error, ErrorKind, ExportHandle};

/// The end of a command that did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The arguments can never work together.
    Usage(String),
    /// An operation failed.
    Api(Error),
    /// This machine failed: a pipe, the sandbox's port.
    Local(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Api(error)
    }
}

impl Failure {
    /// Says it on stderr, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                eprintln!("error: {message}\n\nFor more information, try '--help'.")
            }
            Self::Local(message) => eprintln!("error: {message}"),
            Self::Api(error) => {
                eprintln!("error: {error}{}", cause(error));
                if let Some(hint) = hint(error) {
                    eprintln!("{hint}");
                }
            }
        }
        ExitCode::from(self.exit_code())
    }

    fn exit_code(&self) -> u8 {
        let error = match self {
            Self::Usage(_) => return 2,
            Self::Local(_) => return 1,
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
fn cause(error: &Error) -> String {
    let mut root: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(next) = root.and_then(StdError::source) {
        root = Some(next);
    }
    match root {
        Some(root) => format!(": {root}"),
        None => String::new(),
    }
}

/// Where a download can be taken up.
pub const GOES_ON: &str = "hint: what has arrived is kept, and the same command goes on from there";

/// What to do next, where the message does not say it.
fn hint(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::FileExists => Some("hint: --overwrite replaces it".to_string()),
        ErrorKind::OutcomeUnknown => {
            Some("hint: look for it in Felt before trying again".to_string())
        }
        ErrorKind::Unauthorized if error.status().is_some() && error.export().is_none() => Some(
            "hint: FELT_API_TOKEN is not accepted; is it complete, and of this workspace?"
                .to_string(),
        ),
        ErrorKind::ExportFailed => None,
        // The same command would find the same.
        ErrorKind::UnexpectedContent if error.kept().is_some() => {
            Some("hint: what arrived is kept beside it, in the file that ends in .part".to_string())
        }
        // The same command makes another export, but asks for the same link.
        _ if error.kept().is_some() && error.export().is_none() => Some(GOES_ON.to_string()),
        _ => error.export().map(still_there),
    }
}

/// How to ask for an export that this command did not see to its end.
pub fn still_there(handle: &ExportHandle) -> String {
    format!(
        "hint: the export is still at Felt; ask for it with: felt status {} {} {}",
        handle.map_id(),
        handle.layer_id(),
        handle.export_id()
    )
}
