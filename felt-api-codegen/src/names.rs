//! The names that progenitor and typify make of what a spec says.

use heck::{ToPascalCase, ToSnakeCase};
use unicode_ident::{is_xid_continue, is_xid_start};

/// What generated code calls by these names without saying where it is from.
pub(crate) const TAKEN_TYPES: [&str; 4] = ["Default", "Err", "Ok", "String"];

/// The name of a type or of an enum's variant.
pub(crate) fn type_name(name: &str) -> String {
    identifier(name, |text| text.to_pascal_case(), "X")
}

/// The name of a field.
pub(crate) fn field_name(name: &str) -> String {
    identifier(name, |text| text.to_snake_case(), "x")
}

/// The name of a method or an argument, but for an underscore at its end.
pub(crate) fn method_name(name: &str) -> String {
    identifier(name, |text| text.to_snake_case(), "_")
}

fn identifier(name: &str, case: fn(&str) -> String, prefix: &str) -> String {
    // If every case was special, none would be.
    let made = match name {
        "+1" => "plus1".to_string(),
        "-1" => "minus1".to_string(),
        _ => case(&replaced(&name.replace('\'', ""), is_xid_continue, '-')),
    };
    match made.chars().next() {
        Some(first) if is_xid_start(first) => made,
        Some(_) => format!("{prefix}{made}"),
        None => case("x"),
    }
}

/// What is not kept of a text is this instead.
fn replaced(text: &str, is_kept: fn(char) -> bool, by: char) -> String {
    let chars = text.chars();
    chars.map(|c| if is_kept(c) { c } else { by }).collect()
}

/// The variants of an enum of strings, as far as they can be told apart; none if they cannot.
pub(crate) fn variant_names(values: &[&str]) -> Option<Vec<String>> {
    let distinct = |names: Vec<String>| {
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        (sorted.len() == names.len()).then_some(names)
    };
    let plain = values.iter().map(|value| type_name(value)).collect();
    let is_kept = |c| c != '_' && is_xid_continue(c);
    let marked = |value: &&str| type_name(&replaced(value, is_kept, 'X'));
    distinct(plain).or_else(|| distinct(values.iter().map(marked).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_as_typify_makes_them() {
        for (name, made) in [
            ("map_id", "MapId"),
            ("Map's layer", "MapsLayer"),
            ("1st", "X1st"),
            ("", "X"),
            ("<", "X"),
            ("-1", "minus1"),
            ("a.b/c", "ABC"),
            ("HTTPUrl", "HttpUrl"),
        ] {
            assert_eq!(type_name(name), made, "{name}");
        }
        assert_eq!(field_name("fooBar"), "foo_bar");
        assert_eq!(field_name("1st"), "x1st");
        assert_eq!(method_name("1st"), "_1st");
    }

    #[test]
    fn variants_that_are_alike_are_told_apart_once_more() {
        assert_eq!(
            variant_names(&["a-b", "ab"]),
            Some(vec!["AB".to_string(), "Ab".to_string()])
        );
        assert_eq!(
            variant_names(&["", "a"]),
            Some(vec!["X".to_string(), "A".to_string()])
        );
        for alike in [["asc", "ASC"], ["<", ">"], ["a", "a"], ["a-b", "a_b"]] {
            assert_eq!(variant_names(&alike), None, "{alike:?}");
        }
    }
}
