//! `plain-text`: descriptions become comments, in which rustc does not take everything.
//! `plain-version`: the version becomes a header, in which HTTP does not take everything.

use serde_json::Value;

use crate::document::{Kind, nodes};

const DESCRIBES: [&str; 3] = ["description", "summary", "title"];

pub(super) fn plain_text(spec: &mut Value) -> Vec<String> {
    let mut touched = Vec::new();
    for node in nodes(Kind::Document, spec) {
        touched.extend(DESCRIBES.map(|key| format!("{}/{key}", node.pointer)));
    }
    touched.extend(DESCRIBES.map(|key| format!("/info/{key}")));
    touched.retain(|pointer| {
        let Some(Value::String(text)) = spec.pointer_mut(pointer) else {
            return false;
        };
        let plain = plain(text);
        std::mem::replace(text, plain) != *text
    });
    touched
}

/// Lines end as they do in Rust, and nothing turns the direction of what follows.
fn plain(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.retain(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    lines
}

/// The client sends the version with each call, and panics if it is no header's value.
pub(super) fn plain_version(spec: &mut Value) -> Vec<String> {
    let pointer = "/info/version";
    let Some(Value::String(version)) = spec.pointer_mut(pointer) else {
        return Vec::new();
    };
    let is_sent = |c: char| c == ' ' || c.is_ascii_graphic();
    let plain: String = version
        .trim()
        .chars()
        .map(|c| if is_sent(c) { c } else { '-' })
        .collect();
    match std::mem::replace(version, plain) == *version {
        true => Vec::new(),
        false => vec![pointer.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_text_that_becomes_a_comment_is_changed() {
        let mut spec = json!({
            "info": {"title": "A", "description": "one\r\ntwo\rthree"},
            "paths": {"/a": {"get": {"summary": "\u{202e}a\u{2069}", "responses": {"200": {"description": "ok"}}}}},
            "components": {"schemas": {"A": {
                "title": "a\rb", "default": "a\rb", "enum": ["a\rb"],
                "properties": {"description": {"type": "string", "description": "\r"}},
            }}},
        });
        let touched = plain_text(&mut spec);
        assert_eq!(
            touched,
            [
                "/components/schemas/A/title",
                "/components/schemas/A/properties/description/description",
                "/paths/~1a/get/summary",
                "/info/description",
            ]
        );
        assert_eq!(spec["info"]["description"], "one\ntwo\nthree");
        assert_eq!(spec["paths"]["/a"]["get"]["summary"], "a");
        let schema = &spec["components"]["schemas"]["A"];
        assert_eq!(schema["default"], "a\rb");
        assert_eq!(schema["enum"], json!(["a\rb"]));
        assert!(plain_text(&mut spec).is_empty());
    }

    #[test]
    fn a_version_is_what_a_header_may_be() {
        for (version, sent) in [
            ("2.0 – bêta", "2.0 - b-ta"),
            ("1.0\n", "1.0"),
            ("\u{7f}1\t2", "-1-2"),
        ] {
            let mut spec = json!({"info": {"version": version}});
            assert_eq!(plain_version(&mut spec), ["/info/version"]);
            assert_eq!(spec["info"]["version"], sent);
            assert!(plain_version(&mut spec).is_empty());
        }
        for version in [json!("1.0 beta~"), json!(""), json!(1)] {
            let mut spec = json!({"info": {"version": version}});
            assert!(plain_version(&mut spec).is_empty());
            assert_eq!(spec["info"]["version"], version);
        }
    }
}
