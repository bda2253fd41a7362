//! Parameters and forms: what a client sends of them is text, whatever the type of the value.

use serde_json::Value;

use super::WireEffect;
use super::comparison::{Why, say};
use super::serialization::usual_setting;
use super::values::{kind, wordless};

/// How the values of a parameter, or of a field of a form, are sent. Of two ways the lesser one holds in either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Text {
    /// A value stands in a text with others: a list has no form there.
    Among,
    /// The values of a list stand in one text, with commas between them.
    Joined,
    /// Each value of a list is sent with the name of the parameter, so that one value alone is a list of one.
    Repeated,
}

impl Text {
    pub fn of(parameter: &Value) -> Self {
        let set = |key: &str| {
            let usual = || usual_setting(parameter, key);
            parameter.get(key).cloned().unwrap_or_else(usual)
        };
        if set("style") == "deepObject" {
            Self::Among
        } else if set("style") == "form" && set("explode") == true {
            Self::Repeated
        } else {
            Self::Joined
        }
    }

    /// How the fields of a body of this type are sent, if it is a form. Of forms in several parts there is no client.
    pub fn of_form(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or(media_type).trim();
        (essence == "application/x-www-form-urlencoded").then_some(Self::Repeated)
    }

    /// The same of the properties of an object that is sent so.
    pub fn in_object(self) -> Self {
        match self {
            Self::Repeated => self,
            Self::Among | Self::Joined => Self::Among,
        }
    }

    /// The same of the items of a list that is sent so.
    pub fn in_list(self) -> Self {
        Self::Among
    }

    /// The same of the part of a schema, parameter or body at a pointer from there.
    pub fn at(self, pointer: &str) -> Self {
        let mut text = self;
        let mut steps = pointer.split('/');
        while let Some(step) = steps.next() {
            match step {
                // The name of one follows.
                "properties" => {
                    text = text.in_object();
                    steps.next();
                }
                "additionalProperties" => text = text.in_object(),
                "items" => text = text.in_list(),
                _ => {}
            }
        }
        text
    }
}

/// What becomes of the texts that are sent for an old type, where a new one may take them: none if it does not take
/// all of them. `items` are those of the new one, if it is a list.
pub(super) fn sent_as_text(
    old: &Value,
    new: &Value,
    items: Option<&Value>,
    text: Text,
) -> Option<Why<WireEffect>> {
    let as_list = sent_as_list(old, new, text);
    let takes = match items {
        Some(items) if as_list.is_some() => takes(old, items),
        _ => takes(old, new),
    };
    match takes {
        Takes::All if as_list.is_some() => as_list,
        Takes::All => {
            let why = "it is sent as text, and what was allowed is allowed as text, too";
            Some(say(WireEffect::Safe, why))
        }
        Takes::Unknown => {
            let why = "it is sent as text in either case: look whether what is sent is allowed";
            Some(say(WireEffect::Care, why))
        }
        Takes::NotAll => None,
    }
}

/// What becomes of a value for what is a list now, where it is a list of one: none if it is not.
pub(super) fn sent_as_list(old: &Value, list: &Value, text: Text) -> Option<Why<WireEffect>> {
    let least = list.get("minItems");
    let takes_one = kind(list) == "array" && least.is_none_or(|least| least.as_u64() <= Some(1));
    if !takes_one || !is_plain(old) || text == Text::Among {
        return None;
    }
    // Numbers have no commas.
    if text == Text::Joined && kind(old) == "string" {
        let why = "the text that is sent is a list of one if there is no comma in it, and else one of several: look \
                   whether there may be";
        return Some(say(WireEffect::Care, why));
    }
    Some(say(
        WireEffect::Safe,
        "the value that is sent is a list of one",
    ))
}

/// Whether a type takes all the texts that are sent for another one.
enum Takes {
    All,
    NotAll,
    Unknown,
}

fn takes(old: &Value, new: &Value) -> Takes {
    if wordless(old) == wordless(new) {
        return Takes::All;
    }
    if !is_plain(old) || !is_plain(new) {
        return Takes::NotAll;
    }
    match (listed(old), listed(new)) {
        (Some(was), Some(is)) if was.iter().all(|text| is.contains(text)) => Takes::All,
        (_, Some(_)) => Takes::NotAll,
        (_, None) if kind(new) == "string" => {
            let limits = ["format", "pattern", "minLength", "maxLength"];
            match limits.iter().any(|key| new.get(key).is_some()) {
                true => Takes::Unknown,
                false => Takes::All,
            }
        }
        _ if kind(old) == kind(new) => Takes::Unknown,
        _ => Takes::NotAll,
    }
}

/// Whether a value is one text.
fn is_plain(schema: &Value) -> bool {
    matches!(kind(schema), "string" | "integer" | "number" | "boolean")
}

/// The texts that are sent, if they are listed.
fn listed(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    match schema.get("enum").and_then(Value::as_array) {
        Some(values) => Some(values.iter().map(text).collect()),
        None if kind(schema) == "boolean" => Some(["true", "false"].map(str::to_string).to_vec()),
        None => None,
    }
}
