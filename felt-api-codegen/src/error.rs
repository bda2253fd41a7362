//! The one error of the pipeline: a message for a person.

use std::fmt;

/// What is wrong, where (block and line of a page, file, JSON pointer) and what to do about it.
///
/// Nothing in the pipeline can be retried or handled by a program, so there is only the message; it
/// may have several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What the JSON parser said, without the position that it appends: where the text stands in a page,
/// that position is not the one to look at.
pub(crate) fn json_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    match message.strip_suffix(&position) {
        Some(bare) => bare.to_string(),
        None => message,
    }
}
