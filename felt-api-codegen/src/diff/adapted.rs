//! What adapt makes of the same words, by who reaches them and by what is said elsewhere.

use serde_json::Value;

use super::comparison::{Comparison, Site, Verdict};
use super::defaults::default_in_rust;
use super::objects::KEPT;
use super::rules;
use super::schemas::takes_title;
use super::sides::Part;
use super::{RustEffect, WireEffect};

/// The bounds that types are chosen by, and that go where responses reach them.
const BOUNDS: [&str; 6] = [
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
];

/// The steps of adapt by which the title of a schema depends on others.
const TITLES: &str = "distinct-titles` or `branch-titles";

/// The step of adapt by which objects with properties keep what else there may be.
const FURTHER: &str = "further-properties";

fn keeps_others(made: &Value) -> bool {
    made.get("additionalProperties")
        .is_some_and(Value::is_object)
}

impl Comparison<'_, '_> {
    /// The same words are made into different code if responses reach them on one side only.
    pub fn adapted(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (Some(was), Some(is)) = (old.made, new.made) else {
            return;
        };
        let stays = |key: &str| {
            let said = [old.value, new.value].map(|value| value.get(key));
            let made = [was, is].map(|made| made.get(key));
            said[0] == said[1] && made[0] != made[1]
        };
        let (name, rust) = if stays("enum") {
            let rust = site.typed(RustEffect::Breaks, "the type changes");
            ("open-enums", rust)
        } else if stays("additionalProperties") && (keeps_others(was) || keeps_others(is)) {
            (FURTHER, site.typed(RustEffect::Breaks, KEPT))
        } else if stays("additionalProperties") {
            let why = "whether reading such a value refuses other properties changes";
            ("open-responses", site.typed(RustEffect::Behaviour, why))
        } else if BOUNDS.iter().any(|key| stays(key)) {
            let why = "the type does not depend on its bounds";
            ("open-bounds", site.typed(RustEffect::None, why))
        } else if stays("default") {
            ("fitting-defaults", default_in_rust(old, new, site))
        } else if takes_title(old, new, site)
            && old.value.get("title") == new.value.get("title")
            && old.wrapped().is_none()
            && new.wrapped().is_none()
        {
            let why = "the type is called after the title, as it has no other name, so that its name changes";
            (TITLES, (RustEffect::Breaks, why.to_string()))
        } else {
            return;
        };
        let size =
            |made: &Value, key: &&str| made.get(*key).map_or(0, |value| value.to_string().len());
        let mut opened = ["enum", "additionalProperties"].iter().chain(&BOUNDS);
        let is_opened = opened.any(|key| size(is, key) < size(was, key));
        let what = match name {
            FURTHER => {
                format!(
                    "what else there may be is kept on one side only, beside properties (`{FURTHER}`)"
                )
            }
            TITLES => format!(
                "its title is that of another schema on one side only, or is made there (`{name}`)"
            ),
            "fitting-defaults" => {
                format!("its default is that of what it refers to on one side only (`{name}`)")
            }
            _ if is_opened => format!("open now, since responses reach it (`{name}`)"),
            _ => format!("no longer open, since no response reaches it (`{name}`)"),
        };
        let verdict = Verdict::both(WireEffect::Safe, "the spec says the same", rust);
        let at = &new.pointer;
        self.now(rules::ADAPTED_OTHERWISE, at, what, site, verdict);
    }
}
