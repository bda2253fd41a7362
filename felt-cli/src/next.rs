//! What to do if the command ends now, before it is done.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use felt_api::ExportHandle;

use crate::output::beside;
use crate::quote;

/// An export that goes on at Felt, or is finished there.
#[derive(Clone, Debug)]
pub struct Resume {
    pub export: ExportHandle,
    /// Where its file goes, and how.
    pub arguments: Vec<OsString>,
}

impl Resume {
    /// The command that takes it up, in words.
    pub fn hint(&self) -> String {
        let handle = self.export.to_string();
        let words = ["felt", "resume", &handle].map(OsStr::new);
        let arguments = self.arguments.iter().map(OsString::as_os_str);
        let command = quote::line(words.into_iter().chain(arguments));
        format!("take it up with: {command}")
    }
}

/// What would be lost otherwise.
#[derive(Clone, Debug)]
enum Next {
    /// The request to create an export is on its way.
    MayExist,
    Resume(Resume),
    /// What is downloaded by a direct link: its part, and what was remembered of it in the beginning.
    SameCommand(PathBuf, Vec<u8>),
}

static NEXT: Mutex<Option<Next>> = Mutex::new(None);

fn set(next: Option<Next>) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = next;
}

fn get() -> Option<Next> {
    NEXT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// An export may have been created, and nobody will ever know.
pub fn may_exist() {
    set(Some(Next::MayExist));
}

/// There is an export.
pub fn resumes(resume: Resume) {
    set(Some(Next::Resume(resume)));
}

/// There is a part that the same command goes on with.
pub fn same_command(part: &Path) {
    set(Some(Next::SameCommand(
        part.to_path_buf(),
        remembered(part),
    )));
}

/// Nothing would be lost.
pub fn nothing() {
    set(None);
}

/// Whether nobody knows if there is an export.
pub fn may_be_created() -> bool {
    matches!(get(), Some(Next::MayExist))
}

/// The export that would be.
pub fn export() -> Option<ExportHandle> {
    match get() {
        Some(Next::Resume(resume)) => Some(resume.export),
        _ => None,
    }
}

/// What to do, in words.
pub fn hint() -> Option<String> {
    match get()? {
        Next::MayExist => {
            Some("an export may have been created; look for it in Felt before trying again".into())
        }
        Next::Resume(resume) => Some(resume.hint()),
        // Otherwise it may be another file's part, which is there only until something arrives.
        Next::SameCommand(part, before) => (part.exists() && remembered(&part) != before)
            .then(|| "what has arrived is kept, and the same command goes on from there".into()),
    }
}

/// What is beside a part.
fn remembered(part: &Path) -> Vec<u8> {
    std::fs::read(beside(part, ".json")).unwrap_or_default()
}
