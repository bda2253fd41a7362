//! JSON in which a key stands once: of two definitions of one thing a parser would silently keep the last.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::error::Fault;
use crate::visible;

/// Parses `text`; a key that stands twice in one object is an error at its place.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    let fault = |error| Fault::in_json(text, &error);
    let value = serde_json::from_str(text).map_err(fault)?;
    serde_json::from_str::<Unique>(text).map_err(fault)?;
    Ok(value)
}

/// Reads a value for nothing but its keys.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!(
                    "`{}` is defined twice in one object",
                    visible::line(&key)
                )));
            }
            map.next_value::<Unique>()?;
            keys.insert(key);
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        while seq.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_in_an_object() {
        let text = r#"{"a": [1, -1, 0.5, "s", true, null, {"a": {}}], "b": {"a": 1}}"#;
        assert_eq!(parse(text).unwrap()["a"][6]["a"], serde_json::json!({}));
        for text in [
            r#"{"paths": {}, "paths": {}}"#,
            r#"[{"x": {"a": 1, "b": 2, "a": 1}}]"#,
            r#"{"a": 1, "\u0061": 2}"#,
        ] {
            let fault = parse(text).unwrap_err();
            assert!(
                fault.message.ends_with("` is defined twice in one object"),
                "{fault:?}"
            );
            assert!(fault.line == 1 && fault.column > 1, "{fault:?}");
        }
    }

    #[test]
    fn lines_and_columns_are_counted_from_one_and_in_characters() {
        for (text, line, column) in [("{\n", 2, 1), ("", 1, 1), ("\n{\"ä\": oops}", 2, 7)] {
            let fault = parse(text).unwrap_err();
            assert_eq!((fault.line, fault.column), (line, column), "{text}");
        }
    }
}
