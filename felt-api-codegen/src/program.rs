//! How the program is called, in messages with a command that is to be copied.

use std::env;
use std::ffi::OsStr;
use std::path::Path;

/// `felt-api-codegen`, or what runs it from its workspace, if it was started so.
pub fn program() -> &'static str {
    // What cargo runs it tells the package.
    called(env::var_os("CARGO_PKG_NAME").as_deref())
}

fn called(package: Option<&OsStr>) -> &'static str {
    match package {
        Some(name) if name == env!("CARGO_PKG_NAME") => "cargo run -p felt-api-codegen --",
        _ => "felt-api-codegen",
    }
}

/// A path as a POSIX shell takes it, in a command that is to be copied.
pub(crate) fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    match path.chars().all(is_plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_as_it_was_started() {
        for (package, wanted) in [
            (None, "felt-api-codegen"),
            // A program of another workspace, and its build scripts.
            (Some("maps"), "felt-api-codegen"),
            (Some("felt-api-codegen"), "cargo run -p felt-api-codegen --"),
        ] {
            assert_eq!(called(package.map(OsStr::new)), wanted);
        }
    }
}
