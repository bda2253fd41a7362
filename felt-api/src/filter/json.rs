//! A filter as JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Value;

use super::error::fit;
use super::{DEPTH, Expression, Filter, Join, ListOp, Op, Plain, TOO_DEEP};
use crate::Error;

const SHAPES: &str =
    r#"a filter is [name, operator, value], [filter, "and" or "or", filter], null, true or false"#;
const OPERATORS: &str = "operators are eq ne lt le gt ge cn nc is isnt in ni and or";

impl Filter {
    /// Reads the JSON that Felt's API takes: [`Filter`] shows it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else, and for more than 100 pairs within each other.
    /// The message names the rule, and the place as a JSON pointer where it has one.
    ///
    /// However deep the value is, this stops in time. Serde's own way (`serde_json::from_value`) goes
    /// all the way down first; from text, `serde_json` stops at 128.
    ///
    /// ```
    /// use felt_api::Filter;
    /// use serde_json::json;
    ///
    /// let error = Filter::from_json(&json!([["a", "gt", [1]], "and", true])).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "filter, at /0/2: `gt` takes one string, number, boolean or null, not a list of 1"
    /// );
    /// ```
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        let read = read(value, "filter, at ", DEPTH).map_err(Error::invalid);
        Ok(Self(Ok(read?)))
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check().map_err(ser::Error::custom)?;
        // There is one, or the check has failed.
        self.0.as_ref().ok().serialize(serializer)
    }
}

/// By way of [`Value`]: the format must describe itself, as JSON does.
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).map_err(de::Error::custom)
    }
}

/// `at` ends with the JSON pointer to the value; `room` is for how many more pairs within each other.
fn read(value: &Value, at: &str, room: usize) -> Result<Expression, String> {
    let wrong = |part: &str, rule: &str, found: &Value| {
        let (place, found) = (format!("{at}{part}"), show(found));
        let place = place.trim_end_matches(", at ");
        format!("{place}: {rule}, not {found}")
    };
    if value.is_null() || value.is_boolean() {
        return Ok(Expression::Constant(value.as_bool()));
    }
    let parts = value.as_array().map_or(&[][..], Vec::as_slice);
    let [left, operator, right] = parts else {
        return Err(wrong("", SHAPES, value));
    };
    let word = operator.as_str().unwrap_or_default();
    if let Some((join, ..)) = Join::ALL.iter().find(|(_, json, _)| *json == word) {
        let room = room
            .checked_sub(1)
            .ok_or("filter: ".to_owned() + TOO_DEEP)?;
        let left = read(left, &format!("{at}/0"), room)?;
        return left.pair(*join, read(right, &format!("{at}/2"), room)?);
    }
    let name = || match left.as_str() {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(wrong(
            "/0",
            "an attribute's name is a string that is not empty",
            left,
        )),
    };
    if let Some((operator, ..)) = Op::ALL.iter().find(|(_, json, _)| *json == word) {
        let rule = format!("`{word}` takes one string, number, boolean or null");
        let (name, value) = (name()?, plain(right));
        let value = value.ok_or_else(|| wrong("/2", &rule, right))?;
        return Ok(Expression::Compare(name, *operator, value));
    }
    let found = ListOp::ALL.iter().find(|(_, json, _)| *json == word);
    let (list, ..) = found.ok_or_else(|| wrong("/1", OPERATORS, operator))?;
    let name = name()?;
    let rule = format!("`{word}` takes a list of strings, numbers, booleans and nulls");
    let values = right.as_array().ok_or_else(|| wrong("/2", &rule, right))?;
    let mut plains = Vec::new();
    for (index, value) in values.iter().enumerate() {
        plains.push(plain(value).ok_or_else(|| wrong(&format!("/2/{index}"), &rule, value))?);
    }
    Ok(Expression::Among(name, *list, plains))
}

fn plain(value: &Value) -> Option<Plain> {
    let plain = !value.is_array() && !value.is_object();
    plain.then(|| Plain(value.clone()))
}

/// What is found, short enough for a message.
fn show(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(_) => "an object".to_owned(),
        _ => fit(value.to_string().chars(), 30),
    }
}
