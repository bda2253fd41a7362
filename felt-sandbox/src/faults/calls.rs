//! Which calls a rule is about.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// Numbers of calls, from 1: as text `1-3,7,10-`, and `1-` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls(Vec<RangeInclusive<u64>>);

impl Calls {
    /// Whether the call of this number is one of them.
    pub fn contain(&self, number: u64) -> bool {
        self.0.iter().any(|range| range.contains(&number))
    }
}

impl Default for Calls {
    /// All calls.
    fn default() -> Self {
        Self(vec![1..=u64::MAX])
    }
}

impl From<RangeInclusive<u64>> for Calls {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self(vec![range])
    }
}

impl FromStr for Calls {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let range = |part: &str| {
            let (first, last) = match part.split_once('-') {
                None => (number(part)?, number(part)?),
                Some((first, "")) => (number(first)?, u64::MAX),
                Some((first, last)) => (number(first)?, number(last)?),
            };
            (first <= last).then_some(first..=last)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(str::trim).map(range).collect();
        ranges.map(Self).ok_or_else(|| {
            Error::new(format!(
                "{text:?} are no numbers of calls: they count from 1, as in 2, 1-3 or 1-3,7,10-"
            ))
        })
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, &u64::MAX) => write!(f, "{comma}{first}-")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Calls {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Calls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Calls;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a call, a list of numbers, or ranges such as \"1-3,7\"")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Calls, E> {
                number.to_string().parse().map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Calls, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Calls, A::Error> {
                let mut calls = Calls(Vec::new());
                while let Some(number) = list.next_element::<u64>()? {
                    calls.0.extend(Written.visit_u64::<A::Error>(number)?.0);
                }
                if calls.0.is_empty() {
                    return Err(de::Error::custom("calls are none: leave them out for all"));
                }
                Ok(calls)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lists_and_ranges() {
        for (json, contained, text) in [
            ("2", &[2][..], "2"),
            ("[1, 4]", &[1, 4], "1,4"),
            (r#""2""#, &[2], "2"),
            (r#""1-2, 5""#, &[1, 2, 5], "1-2,5"),
            (r#""2,4-""#, &[2, 4, 5, 6], "2,4-"),
        ] {
            let calls: Calls = serde_json::from_str(json).unwrap();
            let found: Vec<u64> = (0..=6).filter(|number| calls.contain(*number)).collect();
            assert_eq!(found, contained, "{json}");
            assert_eq!(calls.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_of_a_call_is_told() {
        for json in [
            "0",
            "-1",
            "1.5",
            "true",
            "null",
            "[0]",
            r#"["1"]"#,
            r#""""#,
            r#""3-2""#,
            r#""a""#,
            r#""-3""#,
            r#""+1""#,
            r#""1,,2""#,
        ] {
            assert!(serde_json::from_str::<Calls>(json).is_err(), "{json}");
        }
        assert_eq!(
            "1-x".parse::<Calls>().unwrap_err().to_string(),
            "\"1-x\" are no numbers of calls: they count from 1, as in 2, 1-3 or 1-3,7,10-"
        );
    }
}
