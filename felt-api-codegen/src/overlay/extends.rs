//! Which file an overlay is for.

/// The name of the file that `extends` names, as far as it is a reference that is relative to the overlay; none if it
/// says where else the spec is, as the vendor's has a URL.
pub(super) fn file(extends: &str) -> Option<String> {
    let first = extends.split(['/', '?', '#']).next().unwrap_or_default();
    if first.contains(':') || extends.starts_with("//") {
        return None;
    }
    let name = extends.strip_prefix("./").unwrap_or(extends);
    Some(decoded(name).unwrap_or_else(|| name.to_string()))
}

/// A name as it stands in a URL: a space is written as `%20`.
fn decoded(name: &str) -> Option<String> {
    let mut pieces = name.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(piece.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_reference_names_a_file_and_a_url_does_not() {
        for (extends, name) in [
            ("layers.json", Some("layers.json")),
            ("./layers.json", Some("layers.json")),
            ("./a:b.yaml", Some("a:b.yaml")),
            ("Layer%20Exports.yaml", Some("Layer Exports.yaml")),
            ("caf%C3%A9.json", Some("café.json")),
            ("100%.json", Some("100%.json")),
            ("../layers.json", Some("../layers.json")),
            ("https://felt.com/openapi.json", None),
            ("file:///layers.json", None),
            ("//felt.com/openapi.json", None),
            ("urn:felt:api", None),
        ] {
            assert_eq!(file(extends).as_deref(), name, "{extends}");
        }
    }
}
