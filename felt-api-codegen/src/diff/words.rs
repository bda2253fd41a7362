//! How what a spec says is put into words: short, and without anything that a terminal would obey.

use serde_json::Value;

use crate::visible::{line, visible};

/// Longer texts of a spec are cut here, in characters.
const LONGEST: usize = 60;

/// A name or text of a spec, between backticks.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        match c {
            '`' => shown.push('\''),
            c => shown.push_str(&visible(c)),
        }
    }
    format!("`{shown}`")
}

/// A pointer between backticks: what is cut off leads nowhere.
pub(super) fn pointed(pointer: &str) -> String {
    format!("`{}`", line(pointer).replace('`', "'"))
}

/// A value of a spec, between backticks.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(&format!("\"{text}\"")),
        value => quoted(&value.to_string()),
    }
}

/// A value that may be missing.
pub(super) fn shown_or(value: Option<&Value>, missing: &str) -> String {
    value.map_or_else(|| missing.to_string(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spec_says_cannot_speak_to_a_terminal() {
        assert_eq!(
            quoted("a`b\n\u{1b}[2J\u{202e}"),
            "`a'b\\u{a}\\u{1b}[2J\\u{202e}`"
        );
        assert_eq!(
            quoted(&"x".repeat(100)),
            format!("`{}…`", "x".repeat(LONGEST))
        );
        assert_eq!(shown(&serde_json::json!({"a": ["b"]})), "`{\"a\":[\"b\"]}`");
    }
}
