//! How the value of a parameter is written.

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict, say};
use super::rules;
use super::sides::Part;
use super::words::{quoted, shown_or};
use super::{RustEffect, WireEffect};

use WireEffect::{Breaks, Care, Safe};

impl<'a> Comparison<'a, '_> {
    pub fn serialization(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let is_moved = old.text("in") != new.text("in");
        for key in ["style", "explode", "allowReserved", "allowEmptyValue"] {
            // Elsewhere other styles are usual.
            let is_said = old.get(key).is_some() || new.get(key).is_some();
            if is_moved && !is_said {
                continue;
            }
            let (was, is) = (setting(old, key), setting(new, key));
            if was == is {
                continue;
            }
            let (was, is) = (
                shown_or(was.as_ref(), "missing"),
                shown_or(is.as_ref(), "missing"),
            );
            let what = format!("{} was {was} and is {is}", quoted(key));
            let wire = match key {
                "allowReserved" => say(Safe, "our clients encode reserved characters in any case"),
                "allowEmptyValue" => say(Care, "the server may refuse an empty value"),
                _ => say(Breaks, "installed clients write the value in the old way"),
            };
            let rust = match key {
                "style" => "the generator knows the plain styles only: `preflight` says so",
                "explode" => {
                    "the generator takes no notice of it: look whether lists are sent as the new spec wants them"
                }
                _ => "the generator takes no notice of it",
            };
            let verdict = Verdict {
                request: wire,
                response: say(Safe, "it is not received"),
                rust: (RustEffect::None, rust.to_string()),
            };
            let rule = rules::PARAMETER_SERIALIZED_OTHERWISE;
            self.now(rule, &new.pointer, what, site, verdict);
        }
    }

    /// A schema on one side at most: `content`, or nothing.
    pub fn content_or_none(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let value = |part: &Part<'a>| {
            let keys = ["schema", "content"].map(|key| part.value.get(key));
            keys.into_iter().flatten().next()
        };
        let rust = site.typed(
            RustEffect::Behaviour,
            "the generator knows no `content` here",
        );
        let why = "installed clients write the value in the old way";
        let (rule, what) = match (value(old), value(new)) {
            (None, Some(_)) => (rules::SCHEMA_APPEARED, "what the parameter may be"),
            (Some(_), None) => (rules::SCHEMA_VANISHED, "what the parameter may be"),
            (was, is) if was != is => {
                let what = "the type in which the parameter is written";
                (rules::PARAMETER_SERIALIZED_OTHERWISE, what)
            }
            _ => return,
        };
        let verdict = Verdict::both(Care, why, rust);
        self.now(rule, &new.pointer, what.to_string(), site, verdict);
    }
}

/// A setting of how a parameter is written, where it is not said, too.
fn setting(part: &Part<'_>, key: &str) -> Option<Value> {
    let set = part.value.get(key).cloned();
    set.or_else(|| Some(usual_setting(part.value, key)))
}

/// What holds of a parameter that does not say how it is written.
pub(super) fn usual_setting(parameter: &Value, key: &str) -> Value {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let is_form = matches!(text("in"), Some("query" | "cookie"));
    match key {
        "style" if is_form => "form".into(),
        "style" => "simple".into(),
        "explode" => text("style")
            .map_or(is_form, |style| style == "form")
            .into(),
        _ => false.into(),
    }
}
