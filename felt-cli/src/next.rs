//! What to do if the command ends now, before it is done.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use felt_api::ExportHandle;

use crate::output::beside;

/// What would be lost otherwise.
#[derive(Clone, Debug)]
enum Next {
    /// The request to create an export is on its way.
    MayExist,
    /// An export goes on at Felt, or is finished there: with the arguments that say where its file goes.
    Resume(ExportHandle, Vec<String>),
    /// A manifest, of which some is done; whether what was created is written down.
    Rerun(bool),
    /// What is downloaded by a direct link: its part, and what was remembered of it in the beginning.
    SameCommand(PathBuf, Vec<u8>),
}

static NEXT: Mutex<Option<Next>> = Mutex::new(None);

fn set(next: Option<Next>) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = next;
}

/// An export is being created.
pub fn may_exist() {
    set(Some(Next::MayExist));
}

/// There is an export; `output` are the arguments that say where its file goes.
pub fn resumes(handle: &ExportHandle, output: &[String]) {
    set(Some(Next::Resume(handle.clone(), output.to_vec())));
}

/// There is a part that the same command goes on with.
pub fn same_command(part: &Path) {
    set(Some(Next::SameCommand(
        part.to_path_buf(),
        remembered(part),
    )));
}

/// There is a manifest, and perhaps a file that says what was created for it.
pub fn rerun(has_state: bool) {
    set(Some(Next::Rerun(has_state)));
}

/// Nothing would be lost.
pub fn nothing() {
    set(None);
}

/// What to do about one export that failed: of many, all are told of at the end.
pub fn hint_for_one() -> Option<String> {
    let is_of_many = matches!(
        *NEXT.lock().unwrap_or_else(PoisonError::into_inner),
        Some(Next::Rerun(_))
    );
    (!is_of_many).then(hint).flatten()
}

/// What to do, in words.
pub fn hint() -> Option<String> {
    let next = NEXT.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match next? {
        Next::MayExist => {
            Some("an export may have been created; look for it in Felt before trying again".into())
        }
        Next::Resume(handle, output) => {
            let output: String = output
                .iter()
                .map(|argument| format!(" {}", quoted(argument)))
                .collect();
            Some(format!("take it up with: felt resume {handle}{output}"))
        }
        Next::Rerun(true) => Some(
            "the same command with --skip-existing does what is missing, and takes up what was created"
                .into(),
        ),
        Next::Rerun(false) => {
            Some("the same command with --skip-existing does what is missing".into())
        }
        // Otherwise it may be another file's part, which is there only until something arrives.
        Next::SameCommand(part, before) => (part.exists() && remembered(&part) != before)
            .then(|| "what has arrived is kept, and the same command goes on from there".into()),
    }
}

/// What is beside a part.
fn remembered(part: &Path) -> Vec<u8> {
    std::fs::read(beside(part, ".json")).unwrap_or_default()
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_split_it() {
        assert_eq!(quoted("maps/roads.gpkg"), "maps/roads.gpkg");
        assert_eq!(quoted("my roads.gpkg"), "'my roads.gpkg'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
