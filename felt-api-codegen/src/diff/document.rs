//! What is said about the API as a whole: info, and shared parts.

use std::collections::BTreeSet;

use super::comparison::{Comparison, Site, Verdict, Why};
use super::reach::Reach;
use super::rules;
use super::sides::Part;
use super::words::{quoted, shown_or};
use super::{RustEffect, WireEffect};

use WireEffect::{Care, Safe};

/// The sections of shared parts, but for the schemas.
const SECTIONS: [&str; 8] = [
    "callbacks",
    "examples",
    "headers",
    "links",
    "parameters",
    "requestBodies",
    "responses",
    "securitySchemes",
];

pub(super) fn unseen() -> Why<RustEffect> {
    (
        RustEffect::None,
        "the generator takes no notice of it".to_string(),
    )
}

impl<'a> Comparison<'a, '_> {
    pub fn document(&mut self) {
        let (old, new) = (self.old.document(), self.new.document());
        let site = Site::new(Reach::REQUEST);
        self.versions(&old, &new, &site);
        for key in ["tags", "externalDocs"] {
            let rule = rules::API_DESCRIBED_OTHERWISE;
            self.words(&old, &new, (key, "the words about the API", rule), &site);
        }
        self.find_renamed_schemes(&old, &new);
        // What no operation takes over is told where the operations are.
        let is_of_use = |key| self.old.is_taken_over(key) && self.new.is_taken_over(key);
        let [servers, security] = ["servers", "security"].map(is_of_use);
        if servers {
            self.servers(&old, &new);
        }
        if security {
            self.security(&old, &new);
        }
        let known = |key: &str| {
            matches!(
                key,
                "openapi"
                    | "info"
                    | "tags"
                    | "externalDocs"
                    | "servers"
                    | "security"
                    | "paths"
                    | "components"
            )
        };
        self.others(&old, &new, &known, &site);
        self.find_renamed();
        self.operations();
        self.named_schemas();
        if let (Some(old), Some(new)) = (old.get("paths"), new.get("paths")) {
            self.others(&old, &new, &|key| key.starts_with('/'), &site);
        }
        self.components(&old, &new, &site);
    }

    fn versions(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (old.text("openapi"), new.text("openapi"));
        if was != is {
            let rust = unseen();
            let verdict = Verdict::both(Safe, "it is not sent", rust);
            let what = format!(
                "was {} and is {}",
                quoted(was.unwrap_or("")),
                quoted(is.unwrap_or(""))
            );
            let at = if is.is_some() { "/openapi" } else { "" };
            self.now(rules::OPENAPI_VERSION_CHANGED, at, what, site, verdict);
        }
        let (Some(old), Some(new)) = (old.get("info"), new.get("info")) else {
            return;
        };
        let versions = (old.value.get("version"), new.value.get("version"));
        if versions.0 != versions.1 {
            let rust = "`api_version()` of the client gives it, and each call sends it".to_string();
            let rust = (RustEffect::Behaviour, rust);
            let why = "installed clients go on sending the old one, as the header `api-version`";
            let verdict = Verdict::both(Care, why, rust);
            let what = format!(
                "was {} and is {}",
                shown_or(versions.0, "missing"),
                shown_or(versions.1, "missing")
            );
            let at = new
                .get("version")
                .map_or_else(|| new.pointer.clone(), |part| part.pointer);
            self.now(rules::API_VERSION_CHANGED, &at, what, site, verdict);
        }
        let others: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for key in others {
            if key != "version" && !key.starts_with("x-") {
                let rule = rules::API_DESCRIBED_OTHERWISE;
                self.words(&old, &new, (key, "the words about the API", rule), site);
            }
        }
        self.others(&old, &new, &|key| !key.starts_with("x-"), site);
    }

    /// Shared parts other than schemas. Those that operations use were compared there.
    fn components(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let (was, is) = (old.get("components"), new.get("components"));
        for section in SECTIONS {
            let of = |all: &Option<Part<'a>>| all.as_ref().and_then(|all| all.get(section));
            self.section(section, of(&was).as_ref(), of(&is).as_ref(), site);
        }
        if let (Some(was), Some(is)) = (was, is) {
            let known = |key: &str| key == "schemas" || SECTIONS.contains(&key);
            self.others(&was, &is, &known, site);
        }
    }

    fn section(
        &mut self,
        section: &str,
        was: Option<&Part<'a>>,
        is: Option<&Part<'a>>,
        site: &Site,
    ) {
        let is_scheme = section == "securitySchemes";
        let [added, removed] = if is_scheme {
            [rules::SECURITY_SCHEME_ADDED, rules::SECURITY_SCHEME_REMOVED]
        } else {
            [rules::COMPONENT_ADDED, rules::COMPONENT_REMOVED]
        };
        let used = "what uses it is listed where it does";
        for name in is.into_iter().flat_map(Part::keys) {
            let Some(part) = is.and_then(|is| is.get(name)) else {
                continue;
            };
            let what = format!("{} in {}", quoted(name), quoted(section));
            match was.and_then(|was| was.get(name)) {
                None if is_scheme && self.is_new_scheme_name(name) => {}
                None => {
                    let verdict = Verdict::both(Safe, used, unseen());
                    self.now(added, &part.pointer, what, site, verdict);
                }
                Some(before) if is_scheme => self.security_scheme(&before, &part, what),
                Some(before) if before.value != part.value => {
                    let is_compared =
                        matches!(section, "parameters" | "requestBodies" | "responses")
                            && !self.is_first(&before, &part);
                    if is_compared {
                        continue;
                    }
                    let why = "no operation uses it, or what it does there is listed there";
                    let verdict = Verdict::both(Safe, why, unseen());
                    self.now(rules::COMPONENT_CHANGED, &part.pointer, what, site, verdict);
                }
                Some(_) => {}
            }
        }
        for name in was.into_iter().flat_map(Part::keys) {
            let Some(part) = was.and_then(|was| was.get(name)) else {
                continue;
            };
            let renamed = self.schemes.get(name).filter(|_| is_scheme);
            if let Some(now) = renamed.and_then(|now| is?.get(now)) {
                self.scheme_renamed(name, &now);
            } else if is.is_none_or(|is| is.value.get(name).is_none()) {
                let what = format!("{} in {}", quoted(name), quoted(section));
                let verdict = Verdict::both(Safe, used, unseen());
                self.gone(removed, &part.pointer, what, site, verdict);
            }
        }
    }
}
