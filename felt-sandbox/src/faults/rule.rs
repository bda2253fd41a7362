//! A rule: for which calls what happens.

use serde::{Deserialize, Serialize};

use super::effect::strict;
use super::{Calls, Effect};
use crate::Error;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Every one of the others.
    #[default]
    Any,
    /// The direct link to a layer.
    #[serde(alias = "create_map_layer_export_link")]
    Link,
    /// Creating a custom export.
    #[serde(alias = "create_map_layer_custom_export")]
    Export,
    /// Asking about a custom export.
    #[serde(alias = "poll_map_layer_custom_export")]
    Status,
    /// Downloading from the storage.
    Download,
}

/// For which calls of which operation what happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    operation: Operation,
    #[serde(default)]
    calls: Calls,
    #[serde(default = "certain", skip_serializing_if = "is_certain")]
    probability: f64,
    #[serde(default, skip_serializing_if = "is_zero")]
    seed: u64,
    #[serde(deserialize_with = "strict")]
    effect: Effect,
}

fn certain() -> f64 {
    1.0
}

fn is_certain(probability: &f64) -> bool {
    *probability == certain()
}

fn is_zero(seed: &u64) -> bool {
    *seed == 0
}

impl Rule {
    /// This happens to every call of every operation.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self {
            operation: Operation::Any,
            calls: Calls::default(),
            probability: certain(),
            seed: 0,
            effect,
        }
    }

    /// Only to calls of this operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// Only to these of its calls, counted from 1 since the rule was made.
    #[must_use]
    pub fn calls(mut self, calls: impl Into<Calls>) -> Self {
        self.calls = calls.into();
        self
    }

    /// Only with this probability, from 0 to 1. The same seed gives the same calls.
    #[must_use]
    pub fn by_chance(mut self, probability: f64, seed: u64) -> Self {
        self.probability = probability;
        self.seed = seed;
        self
    }

    /// Whether calls of this operation count.
    pub(crate) fn is_about(&self, operation: Operation) -> bool {
        self.operation == Operation::Any || self.operation == operation
    }

    /// What happens to the call of this number, counted from 1, if anything does.
    pub(crate) fn effect(&self, call: u64) -> Option<&Effect> {
        let happens = self.calls.contain(call) && chance(self.seed, call) < self.probability;
        happens.then_some(&self.effect)
    }

    /// What is wrong with it, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!(
                "{} is no probability: they go from 0 to 1",
                self.probability
            ));
        }
        if !self.effect.fits(self.operation) {
            return Err(format!(
                "{} means nothing for this operation: leave the operation out, or name another",
                self.effect.name()
            ));
        }
        self.effect.check()
    }
}

/// A number from 0 up to 1 that seems random, and is the same for the same arguments: SplitMix64 (Steele, Lea and
/// Flood, 2014).
fn chance(seed: u64, call: u64) -> f64 {
    let mut z = seed.wrapping_add(call.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// Reads rules: a JSON array of them, or a single one.
///
/// # Errors
///
/// When the text is no JSON or something in it is no rule; the message says where and what.
pub fn parse(json: &str) -> Result<Vec<Rule>, Error> {
    // Not an untagged enum, which would say no more than that neither fits.
    let rules: Result<Vec<Rule>, _> = if json.trim_start().starts_with('[') {
        serde_json::from_str(json)
    } else {
        serde_json::from_str(json).map(|rule| vec![rule])
    };
    let rules = rules.map_err(|e| Error::new(format!("not an array of fault rules: {e}")))?;
    check(&rules)?;
    Ok(rules)
}

/// Checks rules wherever they come from.
pub(crate) fn check(rules: &[Rule]) -> Result<(), Error> {
    for (index, rule) in rules.iter().enumerate() {
        rule.check()
            .map_err(|reason| Error::new(format!("fault rule {}: {reason}", index + 1)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_chance_decide() {
        let rule = Rule::new(Effect::Hang).calls(2..=3);
        let hit: Vec<u64> = (1..6).filter(|n| rule.effect(*n).is_some()).collect();
        assert_eq!(hit, [2, 3]);
        let hits = |probability, seed| {
            let rule = Rule::new(Effect::Hang).by_chance(probability, seed);
            (1..=1000)
                .filter(|n| rule.effect(*n).is_some())
                .collect::<Vec<u64>>()
        };
        assert_eq!((hits(0.0, 1).len(), hits(1.0, 1).len()), (0, 1000));
        assert!(
            (250..350).contains(&hits(0.3, 1).len()),
            "{}",
            hits(0.3, 1).len()
        );
        assert_eq!(hits(0.3, 1), hits(0.3, 1));
        assert_ne!(hits(0.3, 1), hits(0.3, 2));
    }

    #[test]
    fn rules_are_read_and_written() {
        let json = r#"[{"operation":"download","calls":"1-2","effect":{"type":"truncate","at":5}},
            {"operation":"poll_map_layer_custom_export","probability":0.5,"seed":3,"effect":{"type":"unknown_status"}}]"#;
        let rules = parse(json).unwrap();
        let expected = [
            Rule::new(Effect::Truncate { at: 5 })
                .on(Operation::Download)
                .calls(1..=2),
            Rule::new(Effect::UnknownStatus {
                status: "archiving".to_owned(),
            })
            .on(Operation::Status)
            .by_chance(0.5, 3),
        ];
        assert_eq!(rules, expected);
        let written = serde_json::to_string(&rules).unwrap();
        assert_eq!(parse(&written).unwrap(), expected);
        assert_eq!(
            parse(r#"{"effect":{"type":"html"}}"#).unwrap(),
            [Rule::new(Effect::Html)]
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (json, message) in [
            ("", "EOF while parsing a value at line 1 column 0"),
            (
                r#"[{"effect":{"type":"explode"}}]"#,
                "unknown variant `explode`",
            ),
            (r#"[{"effect":{"type":"truncate"}}]"#, "missing field `at`"),
            (
                r#"[{"effect":{"type":"hang"},"op":1}]"#,
                "unknown field `op`",
            ),
            (
                r#"[{"operation":"poll","effect":{"type":"hang"}}]"#,
                "unknown variant `poll`, expected one of",
            ),
            (
                r#"[{"effect":{"type":"hang","ms":5}}]"#,
                "unknown field `ms`: hang has no settings",
            ),
            (
                r#"[{"calls":[],"effect":{"type":"hang"}}]"#,
                "calls are none",
            ),
            (
                r#"[{"effect":{"type":"unknown_status","status":"completed"}}]"#,
                "\"completed\" is not unknown",
            ),
            (
                r#"[{"effect":{"type":"status","code":200,"headers":{"Content-Length":"30"}}}]"#,
                "\"wrong_content_length\" and \"truncate\" do that",
            ),
            (r#"[{}]"#, "missing field `effect` at line 1 column 3"),
            (
                r#"[{"effect":{"type":"hang"}},{"operation":"link","effect":{"type":"null_link"}}]"#,
                "fault rule 2: null_link means nothing for this operation: leave the operation out, or name another",
            ),
            (
                r#"[{"probability":1.5,"effect":{"type":"hang"}}]"#,
                "1.5 is no probability",
            ),
            (
                r#"[{"effect":{"type":"status","code":99}}]"#,
                "99 is no status from 200 to 599",
            ),
            (
                r#"[{"effect":{"type":"status","code":200,"headers":{"a b":"c"}}}]"#,
                "is no header",
            ),
            (
                r#"[{"effect":{"type":"throttle","bytes_per_second":0}}]"#,
                "\"hang\" does that",
            ),
        ] {
            let error = parse(json).unwrap_err().to_string();
            assert!(error.contains(message), "{json}: {error}");
        }
    }
}
