//! The generated client: what it offers, and that it is what the build makes.

use std::path::Path;

use quote::ToTokens;
use syn::{Item, Visibility};

fn committed() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated.rs");
    std::fs::read_to_string(path).unwrap()
}

/// `src/generated.rs` is what a build without the feature `codegen` uses.
#[test]
fn the_committed_code_is_what_the_build_makes() {
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    let generated = felt_api_codegen::run(&openapi).unwrap();
    assert!(
        generated.code == committed(),
        "out of date; mend it with: cargo run -p felt-api-codegen -- generate --out src/generated.rs"
    );
}

/// Every public item by its signature: what a change of the spec does to those who use it.
#[test]
fn public_surface() {
    let mut lines = Vec::new();
    list(
        &syn::parse_file(&committed()).unwrap().items,
        "",
        &mut lines,
    );
    insta::assert_snapshot!(lines.join("\n"));
}

fn list(items: &[Item], path: &str, lines: &mut Vec<String>) {
    let public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    for item in items {
        match item {
            Item::Mod(module) if public(&module.vis) => {
                let (_, items) = module.content.as_ref().unwrap();
                list(items, &format!("{path}{}::", module.ident), lines);
            }
            Item::Struct(item) if public(&item.vis) => {
                lines.push(format!("struct {path}{}", item.ident));
                for field in item.fields.iter().filter(|field| public(&field.vis)) {
                    let name = field.ident.as_ref().map_or("0".into(), ToString::to_string);
                    lines.push(format!("    {name}: {}", tokens(&field.ty)));
                }
            }
            Item::Enum(item) if public(&item.vis) => {
                let variants: Vec<String> = item
                    .variants
                    .iter()
                    .map(|one| one.ident.to_string())
                    .collect();
                lines.push(format!(
                    "enum {path}{} {{ {} }}",
                    item.ident,
                    variants.join(", ")
                ));
            }
            Item::Use(item) if public(&item.vis) => {
                lines.push(format!("use {}", tokens(&item.tree)));
            }
            Item::Impl(item) if item.trait_.is_none() => {
                for function in &item.items {
                    if let syn::ImplItem::Fn(function) = function
                        && public(&function.vis)
                    {
                        let target = tokens(&item.self_ty);
                        lines.push(format!("impl {path}{target}: {}", tokens(&function.sig)));
                    }
                }
            }
            _ => {}
        }
    }
}

/// On one line, without the spaces that tokens have between them.
fn tokens(item: &impl ToTokens) -> String {
    let mut text = item.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        (" > ", ">"),
        (" >", ">"),
        (" , ", ", "),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        (" :", ":"),
        (" ;", ";"),
        ("< ", "<"),
        (" <", "<"),
        (" ,)", ")"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}
