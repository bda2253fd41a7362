//! The names of entries, as paths and in messages.

use crate::name::{is_control, is_forbidden, is_reserved};

/// The most bytes of UTF-8 that a name may have: what macOS takes of a path.
const LONGEST: usize = 1024;
/// The most bytes of one segment: what Linux takes.
const LONGEST_SEGMENT: usize = 255;
/// The most folders one in another. Each is made, and removed again, on its own.
const DEEPEST: usize = 32;

/// The segments of an entry's name, which is a path with `/` (APPNOTE 4.4.17), and whether it is a
/// folder's. A name has to be good on every system as it is, or else what is wrong with it is returned:
/// one that is changed could become another entry's.
///
/// Where no name becomes a path (`as_paths` is not set), what only Windows does not take is let through:
/// Felt names files after layers, and a layer may be called `Roads: who goes where?`.
pub(super) fn segments(name: &str, as_paths: bool) -> Result<(Vec<&str>, bool), &'static str> {
    if name.is_empty() {
        return Err("has no name");
    }
    if name.len() > LONGEST {
        return Err("has a name of more than 1024 bytes");
    }
    if name.chars().any(is_control) {
        return Err("has a control character in its name");
    }
    if name.contains('\\') {
        return Err("has a backslash in its name");
    }
    if name.starts_with('/') {
        return Err("has an absolute path for a name");
    }
    let mut bytes = name.bytes();
    if bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic()) && bytes.next() == Some(b':') {
        return Err("has a drive letter in its name");
    }
    let folder = name.ends_with('/');
    let path = name.strip_suffix('/').unwrap_or(name);
    let segments: Vec<&str> = path.split('/').collect();
    if segments.len() > DEEPEST {
        return Err("is in more than 32 folders, one in another");
    }
    segments
        .iter()
        .try_for_each(|segment| check(segment, as_paths))?;
    Ok((segments, folder))
}

fn check(segment: &str, as_path: bool) -> Result<(), &'static str> {
    if segment == ".." {
        return Err("has `..` in its name, which leads out of the folder");
    }
    if segment.is_empty() || segment == "." {
        return Err("has an empty segment or `.` in its name");
    }
    if !as_path {
        return Ok(());
    }
    if segment.len() > LONGEST_SEGMENT {
        return Err("has more than 255 bytes in its name between two slashes");
    }
    if segment.ends_with(['.', ' ']) {
        return Err("has a name that ends in a dot or a space, which Windows drops");
    }
    if segment.starts_with(' ') {
        return Err("has a name that begins with a space");
    }
    if segment.chars().any(is_forbidden) {
        return Err("has one of <>:\"|?* in its name, which Windows does not allow");
    }
    if is_reserved(segment) {
        return Err("has a name that Windows keeps for a device");
    }
    Ok(())
}

/// A name in a message: no terminal codes, and not more than is needed to recognise it.
pub(super) fn shown(name: &str) -> String {
    name.chars()
        .take(80)
        .collect::<String>()
        .escape_debug()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_are_paths() {
        for (name, wanted, folder) in [
            ("roads.shp", vec!["roads.shp"], false),
            (
                "a/b c/São Paulo.csv",
                vec!["a", "b c", "São Paulo.csv"],
                false,
            ),
            ("a/b/", vec!["a", "b"], true),
            (".hidden/..data", vec![".hidden", "..data"], false),
            ("__MACOSX/._a", vec!["__MACOSX", "._a"], false),
        ] {
            assert_eq!(segments(name, true), Ok((wanted, folder)), "{name}");
        }
        assert!(segments(&"a/".repeat(32), true).is_ok());
        assert!(segments(&"a".repeat(255), true).is_ok());
        assert!(segments(&"a".repeat(1024), false).is_ok());
    }

    #[test]
    fn bad_names_are_told_what_is_bad() {
        for (name, said) in [
            ("", "no name"),
            ("/etc/passwd", "absolute"),
            ("//host/share", "absolute"),
            ("/", "absolute"),
            ("..", "`..`"),
            ("a/../b", "`..`"),
            ("../", "`..`"),
            ("..\\a", "backslash"),
            ("\\\\host\\a", "backslash"),
            ("C:/a", "drive"),
            ("c:a", "drive"),
            ("a\0.csv", "control"),
            ("a\u{1b}[2J", "control"),
            ("a\u{85}", "control"),
            ("a\u{202e}vsc.exe", "control"),
            (" a", "begins with a space"),
            ("a//b", "empty segment"),
            ("a//", "empty segment"),
            ("./a", "empty segment"),
            ("a/./b", "empty segment"),
            (".", "empty segment"),
            ("a./b", "dot or a space"),
            ("a ", "dot or a space"),
            ("...", "dot or a space"),
            ("a/ /b", "dot or a space"),
            ("a/b:stream", "<>:"),
            ("what?", "<>:"),
            ("con", "device"),
            ("a/NUL.txt", "device"),
            ("COM1/a", "device"),
        ] {
            let error = segments(name, true).unwrap_err();
            assert!(error.contains(said), "{name:?}: {error}");
        }
        assert!(segments(&"a/".repeat(33), true).is_err());
        assert!(segments(&"a".repeat(1025), false).is_err());
        assert!(segments(&"é".repeat(128), true).is_err());
    }

    #[test]
    fn where_no_name_is_a_path_windows_has_no_say() {
        for name in ["Roads: who goes where?.csv", "con", "a./b "] {
            assert!(
                segments(name, true).is_err() && segments(name, false).is_ok(),
                "{name}"
            );
        }
        for name in [
            "C:/a", "c:", "/a", "..", "a/../b", "a\\b", "a\0", "a//b", "",
        ] {
            assert!(segments(name, false).is_err(), "{name}");
        }
    }

    #[test]
    fn what_is_shown_is_short_and_plain() {
        assert_eq!(shown("São Paulo.csv"), "São Paulo.csv");
        assert_eq!(shown("\u{1b}[2J\u{202e}"), "\\u{1b}[2J\\u{202e}");
        assert_eq!(shown(&"a".repeat(300)), "a".repeat(80));
    }
}
