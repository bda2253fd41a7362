//! Words as a shell takes them, for commands that people are to copy.

use std::ffi::OsStr;

/// Words in one line.
pub fn line<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    let words: Vec<String> = words.into_iter().map(word).collect();
    words.join(" ")
}

fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    !text.is_empty() && text.chars().all(plain)
}

/// For sh, and where that cannot say it, for bash, zsh and the like.
#[cfg(unix)]
fn word(word: &OsStr) -> String {
    use std::os::unix::ffi::OsStrExt;
    match word.to_str() {
        Some(text) if is_plain(text) => text.to_string(),
        Some(text) if !text.contains(char::is_control) => {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
        // Not one line, or no text at all.
        _ => {
            let bytes = word.as_bytes().iter();
            let escaped: String = bytes.map(|byte| byte.escape_ascii().to_string()).collect();
            format!("$'{escaped}'")
        }
    }
}

/// For cmd.exe and PowerShell: names of files have no quotation marks there.
#[cfg(not(unix))]
fn word(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    match is_plain(&text.replace('\\', "/")) {
        true => text.into_owned(),
        false => format!("\"{text}\""),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_takes_each_for_the_word_it_was() {
        for (text, quoted) in [
            (&b"maps/roads.gpkg"[..], "maps/roads.gpkg"),
            (b"my roads.gpkg", "'my roads.gpkg'"),
            (b"it's $HOME \"`\\", "'it'\\''s $HOME \"`\\'"),
            (b"", "''"),
            (b"two\nlines'\\", "$'two\\nlines\\'\\\\'"),
            (b"r\xC3\xA9seau", "'r\u{e9}seau'"),
            (b"\xFF\x1B0.csv", "$'\\xff\\x1b0.csv'"),
        ] {
            let said = line([OsStr::from_bytes(text)]);
            assert_eq!(said, quoted);
            let program = format!("printf %s {said}");
            let output = Command::new("bash")
                .args(["-c", &program])
                .output()
                .unwrap();
            assert_eq!(
                std::ffi::OsString::from_vec(output.stdout),
                OsStr::from_bytes(text)
            );
        }
    }
}
