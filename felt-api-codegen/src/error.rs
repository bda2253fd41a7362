//! The one error of the pipeline: a message for a person.

use std::fmt;

use crate::visible;

/// What is wrong, where (block and line of a page, file, JSON pointer) and what to do about it.
///
/// Nothing in the pipeline can be retried or handled by a program, so there is only the message; it
/// may have several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    places: Vec<String>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            places: Vec::new(),
        }
    }

    /// That two places define one thing differently.
    pub(crate) fn conflict(places: [&str; 2], message: String) -> Self {
        Self {
            message,
            places: places.map(str::to_string).to_vec(),
        }
    }

    /// The places that define one thing differently, if that is what is wrong.
    pub(crate) fn places(&self) -> &[String] {
        &self.places
    }

    /// With something more at the end of what it says.
    pub(crate) fn with(mut self, more: &str) -> Self {
        self.message += more;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible::lines(&self.message))
    }
}

impl std::error::Error for Error {}

/// What is wrong with a text in JSON or YAML, and where: line and column in characters, both from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl Fault {
    /// The JSON parser counts bytes, and what is wrong at the beginning of a line is at none for it; an editor counts
    /// characters. The position that it appends to what it says may not be the one to look at.
    pub(crate) fn in_json(text: &str, error: &serde_json::Error) -> Self {
        let (line, bytes) = (error.line(), error.column());
        let begun = text.lines().nth(line.saturating_sub(1)).unwrap_or("");
        let before = begun.char_indices().take_while(|(at, _)| *at < bytes);
        let message = error.to_string();
        let position = format!(" at line {line} column {bytes}");
        Self {
            line,
            column: before.count().max(1),
            message: message
                .strip_suffix(&position)
                .unwrap_or(&message)
                .to_string(),
        }
    }
}
