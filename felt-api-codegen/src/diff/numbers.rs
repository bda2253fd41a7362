//! Which Rust type the generator gives a number, by its format and bounds.

use serde_json::Value;

/// typify's formats of integers: the type, the one for values from 1 on, the least and the greatest.
const INTEGERS: [(&str, &str, &str, f64, f64); 10] = [
    ("int8", "i8", "NonZeroU8", i8::MIN as f64, i8::MAX as f64),
    ("uint8", "u8", "NonZeroU8", 0.0, u8::MAX as f64),
    (
        "int16",
        "i16",
        "NonZeroU16",
        i16::MIN as f64,
        i16::MAX as f64,
    ),
    ("uint16", "u16", "NonZeroU16", 0.0, u16::MAX as f64),
    ("int", "i32", "NonZeroU32", i32::MIN as f64, i32::MAX as f64),
    (
        "int32",
        "i32",
        "NonZeroU32",
        i32::MIN as f64,
        i32::MAX as f64,
    ),
    ("uint", "u32", "NonZeroU32", 0.0, u32::MAX as f64),
    ("uint32", "u32", "NonZeroU32", 0.0, u32::MAX as f64),
    (
        "int64",
        "i64",
        "NonZeroU64",
        i64::MIN as f64,
        i64::MAX as f64,
    ),
    ("uint64", "u64", "NonZeroU64", 0.0, u64::MAX as f64),
];

/// The least and the greatest integer of a format, if it is a known one.
pub(super) fn range(format: &str) -> Option<(f64, f64)> {
    let known = INTEGERS.iter().find(|(name, ..)| *name == format)?;
    Some((known.3, known.4))
}

/// Whether every integer that a schema allows is one of a type. Without a format and bounds it is as large as an `i64`.
pub(super) fn fits(schema: &Value, name: &str) -> bool {
    let name = name.strip_prefix("Option<").unwrap_or(name);
    let name = name.trim_end_matches('>');
    let known = INTEGERS
        .iter()
        .find_map(|(_, plain, non_zero, low, high)| match name {
            name if name == *plain => Some((*low, *high)),
            // Of the formats that make one, those without a sign hold all that it does.
            name if name == *non_zero && *low == 0.0 => Some((1.0, *high)),
            _ => None,
        });
    let is_integer = schema.get("type") == Some(&Value::from("integer"));
    let (true, Some((low, high))) = (is_integer, known) else {
        return false;
    };
    let format = schema.get("format").and_then(Value::as_str);
    let Some((least, greatest)) = range(format.unwrap_or("int64")) else {
        return false;
    };
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let excluded = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let shift = |key: &str| if excluded(key) { 1.0 } else { 0.0 };
    let from = number("minimum").map(|least| least + shift("exclusiveMinimum"));
    let to = number("maximum").map(|greatest| greatest - shift("exclusiveMaximum"));
    low <= from.map_or(least, |from| from.max(least))
        && to.map_or(greatest, |to| to.min(greatest)) <= high
}

pub(super) fn number(format: Option<&str>) -> &'static str {
    if format == Some("float") {
        "f32"
    } else {
        "f64"
    }
}

/// The type of listed numbers, which are no variants.
pub(super) fn listed(inner: &str) -> String {
    format!("a type of its own around `{inner}` that takes what is listed")
}

pub(super) fn integer(schema: &Value, format: Option<&str>) -> &'static str {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let excluded = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let shift = |key: &str| if excluded(key) { 1.0 } else { 0.0 };
    let mut least = number("minimum").map(|least| least + shift("exclusiveMinimum"));
    let mut greatest = number("maximum").map(|greatest| greatest - shift("exclusiveMaximum"));
    let known = INTEGERS.iter().find(|(name, ..)| Some(*name) == format);
    if let Some((_, plain, non_zero, low, high)) = known {
        let fits = least.is_none_or(|least| least >= *low)
            && greatest.is_none_or(|greatest| greatest <= *high);
        if fits && schema.get("multipleOf").is_none() {
            return if least == Some(1.0) { non_zero } else { plain };
        }
        least = least.or(Some(*low));
        greatest = greatest.or(Some(*high));
    }
    let near = |a: f64, b: f64| (a - b).abs() <= f64::EPSILON;
    let by_bounds = INTEGERS
        .iter()
        .rev()
        .find_map(|(_, plain, non_zero, low, high)| match (least, greatest) {
            (Some(1.0), _) => Some(*non_zero),
            (None, Some(greatest)) => near(*high, greatest).then_some(*plain),
            (Some(least), None) => near(*low, least).then_some(*plain),
            (Some(least), Some(greatest)) => {
                (near(*low, least) && near(*high, greatest)).then_some(*plain)
            }
            (None, None) => None,
        });
    by_bounds.unwrap_or("i64")
}
