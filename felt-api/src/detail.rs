//! What the server said, whatever form it chose to say it in.

use std::fmt;

use serde_json::Value;

/// One of the `errors` in an answer. The vendor documents five schemas of one shape, everything in
/// them optional but in 422 and 429.
///
/// Control characters are replaced and long texts cut: it can be printed as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// A few words.
    pub title: Option<String>,
    /// A sentence.
    pub detail: Option<String>,
    /// The part of the request that is blamed.
    pub blames: Option<Blame>,
}

/// The part of a request that the server blames: `source` in its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// A header, by name.
    Header(String),
    /// A path or query parameter, by name.
    Parameter(String),
    /// A place in the body, as a JSON pointer.
    Pointer(String),
}

/// Entries that are kept of one answer; a message with more would not be read.
const ENTRIES: usize = 16;
/// Characters that are kept of one text.
const CHARS: usize = 300;

/// Reads an error body; what has another form than the documented one is kept as text.
///
/// `secret` is the token: a server that repeats it must not make us show it.
pub(crate) fn parse(body: &[u8], secret: &str) -> Vec<ErrorDetail> {
    let text = |text: &str| clean(text, secret);
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => from_json(&json, &text),
        Err(_) => from_text(&String::from_utf8_lossy(body), &text),
    }
}

fn from_json(json: &Value, text: &impl Fn(&str) -> Option<String>) -> Vec<ErrorDetail> {
    let entries = match json.get("errors") {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(entry) => std::slice::from_ref(entry),
        None => std::slice::from_ref(json),
    };
    entries
        .iter()
        .take(ENTRIES)
        .filter_map(|entry| from_entry(entry, text))
        .collect()
}

fn from_entry(entry: &Value, text: &impl Fn(&str) -> Option<String>) -> Option<ErrorDetail> {
    let member = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).and_then(text);
    let detail = ErrorDetail {
        title: member(entry, "title"),
        detail: ["detail", "message", "error"]
            .iter()
            .find_map(|name| member(entry, name)),
        blames: entry.get("source").and_then(|source| {
            member(source, "pointer")
                .map(Blame::Pointer)
                .or_else(|| member(source, "parameter").map(Blame::Parameter))
                .or_else(|| member(source, "header").map(Blame::Header))
        }),
    };
    // Where it is no form that we know, the JSON itself says more than nothing.
    match entry {
        _ if detail != ErrorDetail::default() => Some(detail),
        Value::Null => None,
        Value::Array(entries) if entries.is_empty() => None,
        Value::Object(members) if members.is_empty() => None,
        Value::String(said) => only(text(said)),
        other => only(text(&other.to_string())),
    }
}

/// All that is known is a text, if that.
fn only(detail: Option<String>) -> Option<ErrorDetail> {
    detail.is_some().then(|| ErrorDetail {
        detail,
        ..ErrorDetail::default()
    })
}

/// A proxy's page: its text, without the tags and what a browser would not show either.
fn from_text(body: &str, text: &impl Fn(&str) -> Option<String>) -> Vec<ErrorDetail> {
    let (first, rest) = body.split_once('<').unwrap_or((body, ""));
    let mut words = first.to_string();
    for piece in rest.split('<') {
        let (tag, shown) = piece.split_once('>').unwrap_or_default();
        let tag = tag.to_ascii_lowercase();
        if !tag.starts_with("style") && !tag.starts_with("script") {
            words.push(' ');
            words.push_str(shown.trim_start_matches(" -->"));
        }
    }
    only(text(&words)).into_iter().collect()
}

/// One line that a terminal can show: no control characters, white space folded, not endless, and no
/// secret.
pub(crate) fn clean(text: &str, secret: &str) -> Option<String> {
    let text = match secret {
        "" => text.to_string(),
        _ => text.replace(secret, "[token]"),
    };
    let printable = text.replace(char::is_control, " ");
    let words: Vec<_> = printable.split_whitespace().map(without_secrets).collect();
    let mut line = words.join(" ");
    if let Some((cut, _)) = line.char_indices().nth(CHARS) {
        line.truncate(cut);
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

/// Without what signs a link, and without any token: a server may repeat ours in part, or encoded.
fn without_secrets(whole: &str) -> String {
    let is_link = ["://", ":\\/", "=", "%3", "%25"]
        .iter()
        .any(|mark| whole.contains(mark));
    let marks = ["?", "#", "%3F", "%3f", "%253F", "\\u003f"].iter();
    let query = marks
        .filter_map(|mark| whole.find(mark))
        .min()
        .filter(|_| is_link);
    let word = query.and_then(|at| whole.get(..at)).unwrap_or(whole);
    match word.split_once("felt_pat_") {
        Some((before, _)) => format!("{before}[token]"),
        None => word.to_string(),
    }
}

impl ErrorDetail {
    pub(crate) fn untitled(&self) -> Self {
        Self {
            title: None,
            ..self.clone()
        }
    }
}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.title, &self.detail) {
            (Some(title), Some(detail)) if title != detail => write!(f, "{title}: {detail}")?,
            (Some(text), _) | (None, Some(text)) => f.write_str(text)?,
            (None, None) => f.write_str("no text")?,
        }
        match &self.blames {
            Some(blame) => write!(f, " ({blame})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Parameter(name) => write!(f, "parameter {name}"),
            Self::Pointer(pointer) => write!(f, "at {pointer}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> Vec<String> {
        parse(body.as_bytes(), "felt_pat_secret")
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn documented_bodies() {
        assert_eq!(
            said(
                r#"{"errors":[{"title":"Unauthorized","detail":"Bad token","source":{"header":"authorization"}}]}"#
            ),
            ["Unauthorized: Bad token (header authorization)"]
        );
        assert_eq!(
            said(
                r#"{"errors":[{"detail":"no","source":{"parameter":"layer_id"}},{"title":"x","source":{"pointer":"/filters/0"},"detail":"y"}]}"#
            ),
            ["no (parameter layer_id)", "x: y (at /filters/0)"]
        );
    }

    #[test]
    fn everything_in_them_is_optional() {
        for silent in [
            "",
            "{}",
            "[]",
            r#"{"errors":[]}"#,
            r#"{"errors":[{}]}"#,
            "null",
            "  ",
            r#"{"errors":null}"#,
        ] {
            assert!(said(silent).is_empty(), "{silent}: {:?}", said(silent));
        }
        assert_eq!(
            said(r#"{"errors":[{"source":{"header":"x"}}]}"#),
            ["no text (header x)"]
        );
    }

    #[test]
    fn other_forms_are_kept_as_text() {
        assert_eq!(said(r#"{"errors":{"detail":"Not Found"}}"#), ["Not Found"]);
        assert_eq!(said(r#"{"error":"slow down"}"#), ["slow down"]);
        assert_eq!(said(r#"{"errors":["a","b"]}"#), ["a", "b"]);
        assert_eq!(said(r#"{"code":7}"#), [r#"{"code":7}"#]);
        assert_eq!(said("42"), ["42"]);
        assert_eq!(said("upstream is down\n"), ["upstream is down"]);
        assert_eq!(
            said(
                "<html><head><style>p{}</style><title>502 Bad Gateway</title></head>\n<body><!-- <p> --><h1>nginx</h1></body></html>"
            ),
            ["502 Bad Gateway nginx"]
        );
    }

    #[test]
    fn nothing_that_harms_a_terminal_or_tells_the_token() {
        assert_eq!(
            said("\u{1b}[2Jgone\r\nfelt_pat_secret"),
            ["[2Jgone [token]"]
        );
        assert_eq!(
            said("try https://example.com/x?sig=secret again?"),
            ["try https://example.com/x again?"]
        );
        assert_eq!(said(&"x".repeat(10_000))[0].chars().count(), CHARS + 1);
        assert_eq!(said(&format!("[{}]", vec!["1"; 1000].join(","))).len(), 1);
        let many = format!(r#"{{"errors":[{}]}}"#, vec!["\"e\""; 1000].join(","));
        assert_eq!(said(&many).len(), ENTRIES);
    }

    #[test]
    fn broken_markup_does_not_panic() {
        for body in [
            "<",
            "<é",
            "<st",
            "<style",
            "<!--",
            "a<b>c<",
            "<script>x",
            "<styleé>",
        ] {
            said(body);
        }
    }
}
