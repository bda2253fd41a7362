//! What goes by another name on the wire, and has the same one in Rust: `exportId` and `export_id`.

use std::collections::{BTreeSet, HashMap};

use super::comparison::{Comparison, Site, Verdict, say};
use super::objects::property_site;
use super::requirements::{place, requires};
use super::rules;
use super::rust;
use super::sides::Part;
use super::words::quoted;
use super::{RustEffect, WireEffect};
use crate::names::field_name;

use WireEffect::{Breaks, Care, Safe};

/// Which of the names that are gone is which of those that have come: the old one by the new one.
pub(super) fn restyled<'n>(
    gone: impl Iterator<Item = &'n str>,
    come: impl Iterator<Item = &'n str>,
    rust: impl Fn(&str) -> Option<String>,
) -> HashMap<&'n str, &'n str> {
    let mut gone: HashMap<String, &str> =
        gone.filter_map(|name| Some((rust(name)?, name))).collect();
    come.filter_map(|name| Some((name, gone.remove(&rust(name)?)?)))
        .collect()
}

impl<'a> Comparison<'a, '_> {
    /// The properties that have the same field by another name: the old name by the new one.
    pub fn restyled_properties(&self, old: &Part<'a>, new: &Part<'a>) -> HashMap<&'a str, &'a str> {
        let describes = |part: &Part<'_>, name: &str| {
            let described = part.value.get("properties");
            described.is_some_and(|all| all.get(name).is_some())
        };
        let only = |one: &Part<'a>, other: &Part<'a>| {
            let described = one.get("properties");
            let names = described.iter().flat_map(Part::keys).chain(one.required());
            let is_other = |name: &&str| !describes(other, name) && !requires(other, name);
            names.filter(is_other).collect::<BTreeSet<_>>()
        };
        let (gone, come) = (only(old, new), only(new, old));
        let mut found = restyled(gone.into_iter(), come.into_iter(), |name| {
            Some(field_name(name))
        });
        found.retain(|is, was| {
            let made = rust::is_required(old.made, was) == rust::is_required(new.made, is);
            let said = requires(old, was) == requires(new, is);
            made && said && describes(old, was) == describes(new, is)
        });
        found
    }

    pub fn property_renamed(
        &mut self,
        old: &Part<'a>,
        new: &Part<'a>,
        (was, is): (&str, &str),
        site: &Site,
    ) {
        let gone = self.without_property(old, new, was, site);
        let come = self.with_property(old, new, is, site);
        let request = match gone.request.0.max(come.request.0) {
            Breaks => say(
                Breaks,
                "installed clients send the old name, and are refused",
            ),
            Care => {
                let why = "installed clients send the old name: the server may refuse that, or take no notice";
                say(Care, why)
            }
            Safe => come.request,
        };
        let response = match gone.response.0.max(come.response.0) {
            Breaks => {
                let why = "installed clients cannot read an answer with the new name instead of the old one";
                say(Breaks, why)
            }
            Care => {
                let why =
                    "installed clients look for the old name, and read nothing here from now on";
                say(Care, why)
            }
            Safe => come.response,
        };
        let inner = property_site(old, new, (was, is), site);
        let field = quoted(&field_name(is));
        let why = format!("the field {field} stays, and is written and read by the new name");
        let rust = inner.typed(RustEffect::Behaviour, &why);
        let verdict = Verdict {
            request,
            response,
            rust,
        };
        let what = format!("the property {} was {}", quoted(is), quoted(was));
        let at = place(new, is);
        self.now(rules::PROPERTY_RENAMED, &at, what, site, verdict);
        let property = |part: &Part<'a>, name| part.get("properties")?.get(name);
        if let (Some(old), Some(new)) = (property(old, was), property(new, is))
            && !old.is_same_as(&new)
        {
            self.schemas(&old, &new, &inner);
        }
    }
}
