//! Felt Style Language filters: what a request says, checked, and applied to a feature's attributes.
//!
//! The grammar is that of Felt's JS SDK. How values compare is not written down there; here it is so:
//!
//! - An attribute that a feature lacks is null, as is one whose value is null.
//! - Every comparison with null is false, negated ones too (`ne`, `nc`, `ni`), as in SQL. `is` and `isnt` are the
//!   ones that see null: `["a", "is", null]`. With another value they are `eq` and its opposite.
//! - Values of different kinds are never equal and have no order: `"5"` is not `5`. So `ne` is true and `lt` false.
//! - Numbers compare by value (`1` equals `1.0`), strings by code point, case matters. Booleans have no order.
//! - `cn` and `nc` look for a piece of text in a text, and are false for all else.
//! - `in` and `ni` are `eq` and `ne` against a list; a null in the list matches nothing.
//! - Lists and objects as attributes equal nothing.
//! - As a whole filter, `null` and `true` let everything through, `false` nothing.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use crate::respond::Problem;

/// A filter that has been checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Constant(bool),
    Compare {
        attribute: String,
        op: Op,
        value: Value,
    },
    Among {
        attribute: String,
        negated: bool,
        values: Vec<Value>,
    },
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

/// The operators that compare with one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    Lt,
    Gt,
    Le,
    Ge,
    Eq,
    Ne,
    Cn,
    Nc,
    Is,
    Isnt,
}

impl Op {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "lt" => Self::Lt,
            "gt" => Self::Gt,
            "le" => Self::Le,
            "ge" => Self::Ge,
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "cn" => Self::Cn,
            "nc" => Self::Nc,
            "is" => Self::Is,
            "isnt" => Self::Isnt,
            _ => return None,
        })
    }
}

impl Filter {
    /// Checks one filter; `at` is the JSON Pointer to it.
    pub(crate) fn parse(value: &Value, at: &str) -> Result<Self, Problem> {
        let parts = match value {
            Value::Null => return Ok(Self::Constant(true)),
            Value::Bool(constant) => return Ok(Self::Constant(*constant)),
            Value::Array(parts) => parts,
            _ => {
                return Err(Problem::at(
                    at,
                    "A filter is an array of three, null, true or false. (`filters` is an array of filters.)",
                ));
            }
        };
        let [left, middle, right] = parts.as_slice() else {
            return Err(Problem::at(
                at,
                format!(
                    "A filter has three parts, [attribute, operator, value] or [filter, \"and\" | \"or\", filter]; \
                     this one has {}.",
                    parts.len()
                ),
            ));
        };
        let Some(word) = middle.as_str() else {
            return Err(Problem::at(format!("{at}/1"), "An operator is a string."));
        };
        match word {
            "and" | "or" => {
                let left = Box::new(Self::parse(left, &format!("{at}/0"))?);
                let right = Box::new(Self::parse(right, &format!("{at}/2"))?);
                Ok(if word == "and" {
                    Self::And(left, right)
                } else {
                    Self::Or(left, right)
                })
            }
            "in" | "ni" => {
                let attribute = attribute(left, at)?;
                let Some(values) = right.as_array() else {
                    return Err(Problem::at(
                        format!("{at}/2"),
                        format!("`{word}` takes a list of values."),
                    ));
                };
                for (index, value) in values.iter().enumerate() {
                    scalar(value, format!("{at}/2/{index}"))?;
                }
                Ok(Self::Among {
                    attribute,
                    negated: word == "ni",
                    values: values.clone(),
                })
            }
            _ => {
                let Some(op) = Op::named(word) else {
                    return Err(Problem::at(
                        format!("{at}/1"),
                        "Operators are lt, gt, le, ge, eq, ne, cn, nc, is, isnt, in, ni, and, or.",
                    ));
                };
                let attribute = attribute(left, at)?;
                scalar(right, format!("{at}/2"))?;
                Ok(Self::Compare {
                    attribute,
                    op,
                    value: right.clone(),
                })
            }
        }
    }

    /// Whether a feature with these attributes passes.
    pub(crate) fn matches(&self, attributes: Option<&Map<String, Value>>) -> bool {
        let get = |name: &str| {
            attributes
                .and_then(|all| all.get(name))
                .unwrap_or(&Value::Null)
        };
        match self {
            Self::Constant(constant) => *constant,
            Self::And(left, right) => left.matches(attributes) && right.matches(attributes),
            Self::Or(left, right) => left.matches(attributes) || right.matches(attributes),
            Self::Compare {
                attribute,
                op,
                value,
            } => compare(get(attribute), *op, value),
            Self::Among {
                attribute,
                negated,
                values,
            } => {
                let found = get(attribute);
                !found.is_null() && values.iter().any(|value| same(found, value)) != *negated
            }
        }
    }
}

fn attribute(value: &Value, at: &str) -> Result<String, Problem> {
    match value.as_str() {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(Problem::at(
            format!("{at}/0"),
            "The attribute's name is a string that is not empty.",
        )),
    }
}

fn scalar(value: &Value, at: String) -> Result<(), Problem> {
    if value.is_array() || value.is_object() {
        return Err(Problem::at(
            at,
            "A value is a string, a number, a boolean or null.",
        ));
    }
    Ok(())
}

fn compare(found: &Value, op: Op, value: &Value) -> bool {
    match op {
        Op::Is => return same(found, value) || (found.is_null() && value.is_null()),
        Op::Isnt => return !(same(found, value) || (found.is_null() && value.is_null())),
        _ => {}
    }
    if found.is_null() || value.is_null() {
        return false;
    }
    match op {
        Op::Eq => same(found, value),
        Op::Ne => !same(found, value),
        Op::Lt => order(found, value) == Some(Ordering::Less),
        Op::Gt => order(found, value) == Some(Ordering::Greater),
        Op::Le => matches!(order(found, value), Some(Ordering::Less | Ordering::Equal)),
        Op::Ge => matches!(
            order(found, value),
            Some(Ordering::Greater | Ordering::Equal)
        ),
        Op::Cn => text_in(found, value) == Some(true),
        Op::Nc => text_in(found, value) == Some(false),
        // Answered above.
        Op::Is | Op::Isnt => false,
    }
}

/// Equality of two values that are not null.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        _ => order(a, b) == Some(Ordering::Equal),
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => number_order(a, b),
        _ => None,
    }
}

fn number_order(a: &Number, b: &Number) -> Option<Ordering> {
    // As f64, integers beyond 2^53 would equal their neighbours.
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn text_in(found: &Value, piece: &Value) -> Option<bool> {
    Some(found.as_str()?.contains(piece.as_str()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::respond::Source;

    fn passes(filter: Value) -> bool {
        let feature = json!({
            "name": "Chad", "pop": 15_946_876, "area": 1284.0, "big": 9_007_199_254_740_993_i64,
            "landlocked": true, "king": null, "digits": "5", "list": [1],
        });
        Filter::parse(&filter, "")
            .unwrap()
            .matches(feature.as_object())
    }

    #[test]
    fn each_operator_says_yes_and_no() {
        for (filter, expected) in [
            (json!(["pop", "lt", 15_946_877]), true),
            (json!(["pop", "lt", 15_946_876]), false),
            (json!(["pop", "gt", 15_946_875.5]), true),
            (json!(["pop", "gt", 15_946_876]), false),
            (json!(["pop", "le", 15_946_876]), true),
            (json!(["pop", "le", 15_946_875]), false),
            (json!(["pop", "ge", 15_946_876]), true),
            (json!(["pop", "ge", 15_946_877]), false),
            (json!(["area", "eq", 1284]), true),
            (json!(["area", "eq", 1285]), false),
            (json!(["name", "ne", "Mali"]), true),
            (json!(["name", "ne", "Chad"]), false),
            (json!(["name", "cn", "ha"]), true),
            (json!(["name", "cn", "HA"]), false),
            (json!(["name", "nc", "x"]), true),
            (json!(["name", "nc", "Ch"]), false),
            (json!(["name", "in", ["Mali", "Chad"]]), true),
            (json!(["name", "in", []]), false),
            (json!(["name", "ni", ["Mali"]]), true),
            (json!(["name", "ni", ["Mali", "Chad"]]), false),
            (json!(["king", "is", null]), true),
            (json!(["name", "is", null]), false),
            (json!(["name", "isnt", null]), true),
            (json!(["king", "isnt", null]), false),
            (json!(["landlocked", "eq", true]), true),
            (json!(["landlocked", "is", false]), false),
            (json!(["name", "lt", "Mali"]), true),
        ] {
            assert_eq!(passes(filter.clone()), expected, "{filter}");
        }
    }

    #[test]
    fn null_compares_with_nothing_and_kinds_do_not_mix() {
        for (filter, expected) in [
            (json!(["king", "eq", null]), false),
            (json!(["king", "ne", "x"]), false),
            (json!(["missing", "ne", 1]), false),
            (json!(["missing", "ni", [1]]), false),
            (json!(["missing", "nc", "a"]), false),
            (json!(["missing", "is", null]), true),
            (json!(["king", "isnt", "x"]), true),
            (json!(["king", "in", [null]]), false),
            (json!(["digits", "eq", 5]), false),
            (json!(["digits", "ne", 5]), true),
            (json!(["digits", "lt", 6]), false),
            (json!(["pop", "cn", "1"]), false),
            (json!(["pop", "nc", "x"]), false),
            (json!(["landlocked", "gt", false]), false),
            (json!(["list", "eq", 1]), false),
            (json!(["big", "eq", 9_007_199_254_740_992_i64]), false),
        ] {
            assert_eq!(passes(filter.clone()), expected, "{filter}");
        }
    }

    #[test]
    fn filters_combine_and_constants_are_filters() {
        for (filter, expected) in [
            (json!(null), true),
            (json!(true), true),
            (json!(false), false),
            (
                json!([["pop", "gt", 1], "and", ["name", "eq", "Mali"]]),
                false,
            ),
            (
                json!([["pop", "gt", 1], "or", ["name", "eq", "Mali"]]),
                true,
            ),
            (
                json!([[true, "and", ["pop", "gt", 1]], "and", [false, "or", null]]),
                true,
            ),
        ] {
            assert_eq!(passes(filter.clone()), expected, "{filter}");
        }
        assert!(
            Filter::parse(&json!(["a", "is", null]), "")
                .unwrap()
                .matches(None)
        );
    }

    #[test]
    fn what_is_malformed_is_named_by_its_place() {
        for (filter, pointer) in [
            (json!("AREA"), "/f"),
            (json!({}), "/f"),
            (json!([]), "/f"),
            (json!(["a", "eq"]), "/f"),
            (
                json!([["a", "eq", 1], "and", ["b", "eq", 2], "and", ["c", "eq", 3]]),
                "/f",
            ),
            (json!(["a", "==", 1]), "/f/1"),
            (json!(["a", 7, 1]), "/f/1"),
            (json!([1, "eq", 1]), "/f/0"),
            (json!(["", "eq", 1]), "/f/0"),
            (json!([["a", "eq", 1], "eq", 1]), "/f/0"),
            (json!(["a", "eq", [1]]), "/f/2"),
            (json!(["a", "in", "x"]), "/f/2"),
            (json!(["a", "in", ["x", {}]]), "/f/2/1"),
            (json!(["a", "and", ["b", "eq", 1]]), "/f/0"),
            (json!([["a", "eq", 1], "or", ["b", "EQ", 1]]), "/f/2/1"),
        ] {
            let problem = Filter::parse(&filter, "/f").unwrap_err();
            assert_eq!(
                problem.source,
                Some(Source::Pointer(pointer.to_owned())),
                "{filter}"
            );
        }
    }
}
