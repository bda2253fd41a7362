//! What is said of Rust, held against the code that is generated before and after.

use std::collections::BTreeSet;

use felt_api_codegen::{Finding, RustEffect, Severity, adapt, diff, generate, load, preflight};
use serde_json::Value;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, File, FnArg, Ident, ImplItem, Item, ItemImpl, Pat, Path, Token, Visibility,
    parse_quote,
};

use super::random::{Numbers, edit};
use super::{corpus, lines};

/// How often each spec is edited, and where the numbers begin: always the same. `DIFFED_SPECS=20000` looks at
/// so many others.
fn edits_of_each(specs: usize) -> (usize, Numbers) {
    let asked = std::env::var("DIFFED_SPECS").ok();
    match asked.and_then(|count| count.parse::<usize>().ok()) {
        Some(count) => (count / specs + 1, Numbers(u64::try_from(count).unwrap())),
        None => (3, Numbers(11)),
    }
}

/// The code, without what nobody but people reads; none if there is something in the way of it.
pub fn code(spec: &Value) -> Option<File> {
    let mut spec = spec.clone();
    adapt(&mut spec);
    let is_refused = |finding: &Finding| finding.severity == Severity::Refused;
    if preflight(&spec).iter().any(is_refused) {
        return None;
    }
    let mut file = syn::parse_file(&generate(&spec).ok()?).unwrap();
    file.attrs.retain(is_code);
    file.items.iter_mut().for_each(without_comments);
    Some(file)
}

fn is_code(attribute: &Attribute) -> bool {
    !attribute.path().is_ident("doc")
}

fn without_comments(item: &mut Item) {
    match item {
        Item::Mod(module) => {
            module.attrs.retain(is_code);
            let items = module.content.iter_mut().flat_map(|(_, items)| items);
            items.for_each(without_comments);
        }
        Item::Struct(item) => {
            item.attrs.retain(is_code);
            item.fields
                .iter_mut()
                .for_each(|field| field.attrs.retain(is_code));
        }
        Item::Enum(item) => {
            item.attrs.retain(is_code);
            for variant in &mut item.variants {
                variant.attrs.retain(is_code);
                variant
                    .fields
                    .iter_mut()
                    .for_each(|field| field.attrs.retain(is_code));
            }
        }
        Item::Impl(item) => {
            item.attrs.retain(is_code);
            for item in &mut item.items {
                if let ImplItem::Fn(method) = item {
                    method.attrs.retain(is_code);
                }
            }
        }
        Item::Type(item) => item.attrs.retain(is_code),
        _ => {}
    }
}

/// What a caller can write down: types with their public fields and variants, methods with the types of
/// their arguments, and which traits there are for which type. In no order: none of it is called by its
/// place.
fn surface(file: &File) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    file.items.iter().for_each(|item| expose(item, &mut found));
    found
}

fn expose(item: &Item, found: &mut BTreeSet<String>) {
    let mut item = item.clone();
    match &mut item {
        Item::Mod(module) => {
            let items = module.content.iter().flat_map(|(_, items)| items);
            return items.for_each(|item| expose(item, found));
        }
        Item::Struct(item) => {
            expose_traits(&item.ident, &item.attrs, found);
            item.attrs.clear();
            bare_fields(&mut item.fields);
        }
        Item::Enum(item) => {
            expose_traits(&item.ident, &item.attrs, found);
            for variant in &item.variants {
                let mut variant = variant.clone();
                variant.attrs.clear();
                bare_fields(&mut variant.fields);
                let alone: Item = parse_quote!(enum Variant { #variant });
                found.insert(format!("{} {}", item.ident, text(alone)));
            }
            return;
        }
        Item::Impl(item) => match &item.trait_ {
            Some((path, _)) if path.segments.last().unwrap().ident == "Default" => {
                let of = &item.self_ty;
                let alone: Item = parse_quote!(impl Default for #of {});
                found.insert(text(alone));
                return;
            }
            Some(_) => item.items.clear(),
            None => {
                item.items.retain(|item| {
                    matches!(item, ImplItem::Fn(one) if matches!(one.vis, Visibility::Public(_)))
                });
                item.items.iter_mut().for_each(bare_method);
                return each_alone(item, found);
            }
        },
        // How a default is made is nobody's business.
        Item::Fn(_) => return,
        _ => {}
    }
    found.insert(text(item));
}

/// The traits that are derived.
fn expose_traits(name: &Ident, attributes: &[Attribute], found: &mut BTreeSet<String>) {
    for attribute in attributes {
        if attribute.path().is_ident("derive") {
            let paths = Punctuated::<Path, Token![,]>::parse_terminated;
            for path in attribute.parse_args_with(paths).unwrap() {
                let alone: Item = parse_quote!(impl #path for #name {});
                found.insert(text(alone));
            }
        }
    }
}

fn text(item: Item) -> String {
    let mut file: File = parse_quote!();
    file.items.push(item);
    prettyplease::unparse(&file)
}

fn bare_method(item: &mut ImplItem) {
    if let ImplItem::Fn(method) = item {
        method.attrs.clear();
        method.block = parse_quote!({});
        for argument in &mut method.sig.inputs {
            if let FnArg::Typed(argument) = argument {
                *argument.pat = parse_quote!(_);
            }
        }
    }
}

fn bare_fields(fields: &mut Fields) {
    for field in fields {
        field.attrs.clear();
    }
}

/// The items of a block, each in one of its own.
fn each_alone(block: &mut ItemImpl, found: &mut BTreeSet<String>) {
    for item in std::mem::take(&mut block.items) {
        let mut alone = block.clone();
        alone.items.push(item);
        found.insert(text(Item::Impl(alone)));
    }
}

/// The code in pieces, each with all that it does: what is only added leaves the others as they were.
fn pieces(file: &File) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    file.items.iter().for_each(|item| take(item, &mut found));
    found
}

fn take(item: &Item, found: &mut BTreeSet<String>) {
    let mut item = item.clone();
    match &mut item {
        Item::Mod(module) => {
            let items = module.content.iter().flat_map(|(_, items)| items);
            return items.for_each(|item| take(item, found));
        }
        Item::Struct(item) => {
            expose_traits(&item.ident, &item.attrs, found);
            item.attrs.retain(|one| !one.path().is_ident("derive"));
        }
        Item::Enum(item) => {
            expose_traits(&item.ident, &item.attrs, found);
            item.attrs.retain(|one| !one.path().is_ident("derive"));
        }
        Item::Use(_) => return,
        Item::Impl(block) if block.trait_.is_none() => return each_alone(block, found),
        _ => {}
    }
    found.insert(text(item));
}

/// Which argument of a method comes before which other one.
fn orders(file: &File) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    let blocks = file.items.iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() => Some(&block.items),
        _ => None,
    });
    for item in blocks.flatten() {
        let ImplItem::Fn(method) = item else { continue };
        let names = method
            .sig
            .inputs
            .iter()
            .filter_map(|argument| match argument {
                FnArg::Typed(argument) => match &*argument.pat {
                    Pat::Ident(name) => Some(name.ident.to_string()),
                    _ => None,
                },
                FnArg::Receiver(_) => None,
            });
        let names: Vec<_> = names.collect();
        for (index, name) in names.iter().enumerate() {
            for later in &names[index + 1..] {
                let method = method.sig.ident.to_string();
                found.insert((method, name.clone(), later.clone()));
            }
        }
    }
    found
}

/// Whether arguments change places. If they are of one type, the surface does not show it.
fn mixes_up(old: &File, new: &File) -> bool {
    let new = orders(new);
    let mut old = orders(old).into_iter();
    old.any(|(method, one, other)| new.contains(&(method, other, one)))
}

/// Whether the code is the same, in whatever order it lists the numbers that a type takes.
fn is_equal(old: &File, new: &File) -> bool {
    let sorted = |file: &File| {
        let code = prettyplease::unparse(file);
        let pieces = code.split("if ![").map(|piece| {
            let (list, rest) = piece
                .split_once("].contains(&value)")
                .unwrap_or(("", piece));
            let mut values: Vec<_> = list.split(',').map(str::trim).collect();
            values.sort_unstable();
            format!("{values:?} {rest}")
        });
        pieces.collect::<Vec<_>>()
    };
    sorted(old) == sorted(new)
}

#[test]
fn what_is_said_of_rust_is_true_of_the_code() {
    let corpus = corpus();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for case in &corpus {
        let found = diff(&case.old, &case.new);
        let worst = found.iter().map(|one| one.rust).max().unwrap();
        let (old, new) = (code(&case.old), code(&case.new));
        let is_right = match (old, new) {
            // What no code can be made of any more breaks callers.
            (Some(_), None) => worst == RustEffect::Breaks,
            (None, _) => true,
            (Some(old), Some(new)) => {
                compared += 1;
                let (was, is) = (surface(&old), surface(&new));
                let is_mixed_up = mixes_up(&old, &new);
                let goes_on = was.is_subset(&is) && !is_mixed_up;
                let does_the_same = pieces(&old).is_subset(&pieces(&new));
                match worst {
                    RustEffect::None => is_equal(&old, &new),
                    RustEffect::Additive => goes_on && does_the_same && was != is,
                    RustEffect::Behaviour => goes_on && !does_the_same,
                    RustEffect::Breaks => was != is || is_mixed_up,
                }
            }
        };
        if !is_right {
            wrong.push(format!("{}, {}:\n{}", case.rule, case.name, lines(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        compared * 10 > corpus.len() * 9,
        "{compared} of {}",
        corpus.len()
    );
}

#[test]
fn no_edit_changes_the_code_unsaid() {
    let mut wrong = Vec::new();
    let mut overstated = Vec::new();
    let (mut compared, mut feared) = (0, 0);
    let mut specs: Vec<_> = corpus().into_iter().map(|case| case.old).collect();
    specs.push(load(&crate::pipeline::openapi()).unwrap());
    let (edits, mut numbers) = edits_of_each(specs.len());
    for spec in &specs {
        let Some(before) = code(spec) else {
            continue;
        };
        for _ in 0..edits {
            let mut edited = spec.clone();
            let times = 1 + numbers.below(3);
            let at: Vec<_> = (0..times)
                .map(|_| edit(&mut edited, &mut numbers))
                .collect();
            let at = at.join(" ");
            let Some(after) = code(&edited) else {
                continue;
            };
            compared += 1;
            let found = diff(spec, &edited);
            let worst = found.iter().map(|one| one.rust).max();
            let (was, is) = (surface(&before), surface(&after));
            let goes_on = was.is_subset(&is) && !mixes_up(&before, &after);
            if goes_on && worst == Some(RustEffect::Breaks) {
                feared += 1;
            }
            let is_right = if is_equal(&before, &after) {
                let is_overstated = worst > Some(RustEffect::None);
                if is_overstated {
                    overstated.push(format!("{at}: {edited}\n{}", lines(&found)));
                }
                true
            } else if goes_on {
                // Worse is not known from here.
                match pieces(&before).is_subset(&pieces(&after)) {
                    true => worst >= Some(RustEffect::Additive),
                    false => worst >= Some(RustEffect::Behaviour),
                }
            } else {
                worst == Some(RustEffect::Breaks)
            };
            if !is_right {
                let less: Vec<_> = was.difference(&is).collect();
                wrong.push(format!("{at}: {edited}\n{}{less:#?}", lines(&found)));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // Where it is not sure, diff may say too much, which costs a look; but seldom.
    println!(
        "{} of {compared} overstated, {feared} said to break callers who compile:\n{}",
        overstated.len(),
        overstated.join("\n")
    );
    assert!(
        overstated.len() * 100 <= compared,
        "{}",
        overstated.join("\n")
    );
}
