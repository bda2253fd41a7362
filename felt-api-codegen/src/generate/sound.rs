//! Whether generated code can compile and its types can have values, as far as it shows without rustc.

use std::collections::BTreeSet;

use syn::{Fields, File, ImplItem, Item};

/// Why the code is no good; none if nothing is seen.
pub(super) fn fault(file: &File) -> Option<String> {
    let mut methods = BTreeSet::new();
    for item in &file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                if let Some(fault) = types(items.unwrap_or_default()) {
                    return Some(fault);
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                for item in &block.items {
                    if let ImplItem::Fn(method) = item
                        && !methods.insert(method.sig.ident.to_string())
                    {
                        let name = &method.sig.ident;
                        return Some(format!("it makes two methods `{name}`"));
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// A default that typify could not write down: where it makes a value of a type with one field, the field is left out.
/// `text` is the formatted code of `file`.
pub(super) fn lost_value(file: &File, text: &str) -> Option<String> {
    let mut wrapped = BTreeSet::new();
    for item in &file.items {
        let Item::Mod(module) = item else { continue };
        for item in module.content.iter().flat_map(|(_, items)| items) {
            if let Item::Struct(one) = item
                && matches!(one.fields, Fields::Unnamed(_))
            {
                wrapped.insert(one.ident.to_string());
            }
        }
    }
    let mut parts = text.split("()").peekable();
    while let (Some(before), Some(_)) = (parts.next(), parts.peek()) {
        let name = before
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        if wrapped.contains(name) {
            return Some(format!(
                "its type `{name}` has a default that cannot be written in Rust"
            ));
        }
    }
    None
}

/// Values that typify compares with, of which none is one of the type. `text` is the formatted code.
pub(super) fn no_values(text: &str) -> Option<String> {
    text.contains("![].contains(").then(|| {
        "one of its types has no value, since none of those that are listed is of the type that it has otherwise".to_string()
    })
}

/// What typify implements twice for a type, if two things that it makes it of are one in Rust. `text` is the formatted
/// code.
pub(super) fn twice(text: &str) -> Option<String> {
    let mut heads = BTreeSet::new();
    let blocks = text.split("\n    impl").skip(1);
    let heads_of = blocks.filter_map(|block| block.split_once('{'));
    let words = |head: &str| head.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut traits = heads_of
        .map(|(head, _)| words(head))
        .filter(|head| head.contains(" for "));
    let head = traits.find(|head| !heads.insert(head.clone()))?;
    Some(format!("it has `impl {head}` twice"))
}

fn types(items: &[Item]) -> Option<String> {
    let mut names = BTreeSet::new();
    for item in items {
        let (name, fault) = match item {
            Item::Struct(one) => (one.ident.to_string(), fields(&one.fields)),
            Item::Enum(one) if one.variants.is_empty() => {
                let why = "no value, since what makes it up excludes each other".to_string();
                (one.ident.to_string(), Some(why))
            }
            Item::Enum(one) => {
                let mut variants = one.variants.iter();
                let fault = variants.find_map(|variant| fields(&variant.fields));
                (one.ident.to_string(), fault)
            }
            _ => continue,
        };
        if let Some(fault) = fault {
            return Some(format!("its type `{name}` has {fault}"));
        }
        if !names.insert(name.clone()) {
            return Some(format!("it makes two types `{name}`"));
        }
    }
    None
}

fn fields(fields: &Fields) -> Option<String> {
    let mut names = BTreeSet::new();
    let named = fields.iter().filter_map(|field| field.ident.as_ref());
    let twice = named
        .map(ToString::to_string)
        .find(|name| !names.insert(name.clone()))?;
    Some(format!("two fields `{twice}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_compile_or_be_is_seen() {
        for (code, said) in [
            (
                "mod types { struct A; enum A { B } }",
                "it makes two types `A`",
            ),
            (
                "mod types { struct A { a: u8, b: u8, a: u8 } }",
                "its type `A` has two fields `a`",
            ),
            (
                "mod types { enum A { B { a: u8, a: u8 } } }",
                "its type `A` has two fields `a`",
            ),
            (
                "mod types { enum A {} }",
                "its type `A` has no value, since what makes it up excludes each other",
            ),
            (
                "impl C { fn a() {} } impl C { fn a() {} }",
                "it makes two methods `a`",
            ),
        ] {
            assert_eq!(fault(&syn::parse_str(code).unwrap()).as_deref(), Some(said));
        }
        let lost = "mod types { pub struct A(B); impl Default for B { fn default() -> Self { C { a: super::A() } } } }";
        let said = lost_value(&syn::parse_str(lost).unwrap(), lost);
        assert_eq!(
            said.as_deref(),
            Some("its type `A` has a default that cannot be written in Rust")
        );
        let one = "mod types {\n    impl From<u8> for A {\n    }\n    impl A {\n    }\n    impl A {\n    }\n";
        assert_eq!(twice(one), None);
        assert_eq!(no_values("if ![1_i64].contains(&value) {"), None);
        assert!(no_values("if ![].contains(&value) {").is_some());
        let two = one.to_string() + "    impl From<u8>\n    for A {\n    }\n}\n";
        let said = twice(&two);
        assert_eq!(said.as_deref(), Some("it has `impl From<u8> for A` twice"));
        let good = "mod types { pub struct A(B); fn a() -> A { A(B::default()) } }";
        assert_eq!(lost_value(&syn::parse_str(good).unwrap(), good), None);
        let good = "mod types { struct A { a: u8 } enum B { C { a: u8 }, D(u8, u8) } mod error { struct A; } } \
                    impl C { fn a() {} } impl Clone for C { fn a() {} }";
        assert_eq!(fault(&syn::parse_str(good).unwrap()), None);
    }
}
