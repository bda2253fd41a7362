//! Parameters and forms: what a client sends of them is text, whatever the type of the value.

use serde_json::Value;

use super::WireEffect;
use super::comparison::{Why, say};
use super::serialization::usual_setting;
use super::values::{kind, wordless};

/// How the values of a parameter, or of a field of a form, are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The values of a list stand in one text.
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
        match set("style") == "form" && set("explode") == true {
            true => Self::Repeated,
            false => Self::Joined,
        }
    }

    /// How the fields of a body of this type are sent, if it is a form. Of forms in several parts there is no client.
    pub fn of_form(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or(media_type).trim();
        (essence == "application/x-www-form-urlencoded").then_some(Self::Repeated)
    }

    /// Of what is sent in both ways, what holds in either.
    pub fn and(self, other: Self) -> Self {
        match self == other {
            true => self,
            false => Self::Joined,
        }
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
    let is_list_of_one = kind(new) == "array" && is_plain(old) && sent_as_list(new, text);
    let takes = match items {
        Some(items) if is_list_of_one => takes(old, items),
        _ => takes(old, new),
    };
    match takes {
        Takes::All if is_list_of_one => {
            let why = "the value that is sent is a list of one";
            Some(say(WireEffect::Safe, why))
        }
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

/// Whether one value is a list of one for what is a list now.
pub(super) fn sent_as_list(list: &Value, text: Text) -> bool {
    let least = list.get("minItems");
    text == Text::Repeated && least.is_none_or(|least| least.as_u64() <= Some(1))
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
pub(super) fn is_plain(schema: &Value) -> bool {
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
