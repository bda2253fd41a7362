//! What a plain scalar stands for, by the core schema of YAML 1.2.

use serde_json::{Number, Value};

/// The value; an error if it is a number that JSON does not have.
pub(super) fn plain(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text) {
            Some(number) => Value::Number(number?),
            None => Value::String(text.to_string()),
        },
    })
}

/// None if it is not written as a number.
fn number(text: &str) -> Option<Result<Number, String>> {
    let none = || format!("JSON has no number `{text}`: quote it if it is a string");
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            let number = u64::from_str_radix(digits, radix).map(Number::from);
            return is_number.then(|| number.map_err(|_| none()));
        }
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(none()));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.map(|power| power.strip_prefix(['-', '+']).unwrap_or(power));
    let is_number = are_digits(whole)
        && are_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && power.is_none_or(|power| !power.is_empty() && are_digits(power));
    if !is_number {
        return None;
    }
    // As JSON writes it, and from there as JSON reads it: what is too big for an integer is a float.
    let mut json = format!("{sign}{:0>1}", whole.trim_start_matches('0'));
    if mantissa.contains('.') {
        json += &format!(".{fraction:0<1}");
    }
    if let Some(exponent) = exponent {
        json += &format!("e{exponent}");
    }
    Some(serde_json::from_str(&json).map_err(|_| none()))
}
