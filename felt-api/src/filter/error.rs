//! What is wrong with a text, and where.

use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::Error;

/// Why a text is no filter, and where: returned by [`Filter::parse`](crate::Filter::parse).
///
/// `Display` is three lines, for a font of fixed width: what is wrong, the line of the text, and a
/// caret under the place. As an [`Error`], it is the first of them.
///
/// ```
/// use felt_api::{Error, Filter};
///
/// let error = Filter::parse("state = CA").unwrap_err();
/// assert_eq!(error.offset(), 8);
/// assert_eq!(
///     error.to_string(),
///     "column 9: expected a value (strings go in quotes, numbers as in JSON), found `CA`\n\
///     \x20 state = CA\n\
///     \x20         ^"
/// );
/// assert_eq!(
///     Error::from(error).to_string(),
///     "filter, column 9: expected a value (strings go in quotes, numbers as in JSON), found `CA`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFilterError {
    offset: usize,
    lines: String,
}

impl ParseFilterError {
    pub(super) fn new(text: &str, offset: usize, message: &str) -> Self {
        let (before, after) = text.split_at_checked(offset).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let before = before.rsplit('\n').next().unwrap_or_default();
        let after = after.split('\n').next().unwrap_or_default();
        let mut place = format!("column {}", 1 + before.chars().count());
        if text.contains('\n') {
            place = format!("line {line}, {place}");
        }
        // 70 columns, of which what is before the place gets 40 if there is more after it.
        let after = fit(after.chars(), 70 - before.width().min(40));
        let before = fit(before.chars().rev(), 71_usize.saturating_sub(after.width()));
        let before: String = before.chars().rev().collect();
        let indent = 2 + before.width();
        let lines = format!("{place}: {message}\n  {before}{after}\n{:indent$}^", "");
        Self { offset, lines }
    }

    /// The place in the text, in bytes from its beginning: at most its length, and never within a
    /// character.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

/// As many characters as there are columns for, and what a terminal can show of them.
pub(super) fn fit(chars: impl Iterator<Item = char>, mut columns: usize) -> String {
    let mut fitted = String::new();
    for char in chars {
        // Characters without a width would go on for ever.
        let Some(rest) = columns.checked_sub(char.width().unwrap_or(1).max(1)) else {
            return fitted + "…";
        };
        columns = rest;
        fitted.push(if char.is_control() { ' ' } else { char });
    }
    fitted
}

impl fmt::Display for ParseFilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines)
    }
}

impl std::error::Error for ParseFilterError {}

/// One line, of kind [`InvalidInput`](crate::ErrorKind::InvalidInput); all lines are its `source()`.
impl From<ParseFilterError> for Error {
    fn from(error: ParseFilterError) -> Self {
        let line = error.lines.lines().next().unwrap_or_default();
        Self::invalid(format!("filter, {line}")).with_source(error)
    }
}
