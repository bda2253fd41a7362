//! Names with places in them: `{map}`, `{layer}`, `{format}`, `{date}` and `{time}`. A brace is written twice.

use std::time::SystemTime;

use felt_api::Format;

/// The moment that names are made from, the same for all of a run, in UTC.
#[derive(Debug)]
pub struct Now {
    date: String,
    time: String,
}

impl Now {
    /// This moment.
    pub fn get() -> Self {
        Self::of(SystemTime::now())
    }

    fn of(moment: SystemTime) -> Self {
        // 2026-11-25T22:10:00Z
        let text = humantime::format_rfc3339_seconds(moment).to_string();
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        Self {
            date: date.to_string(),
            time: time.chars().filter(char::is_ascii_digit).collect(),
        }
    }
}

/// Whether there is anything in it to be replaced.
pub fn has_places(name: &str) -> bool {
    name.contains(['{', '}'])
}

/// The name with everything in its place.
pub fn expand(
    name: &str,
    map: &str,
    layer: &str,
    format: Option<Format>,
    now: &Now,
) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = name;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, found) = rest.split_at(at);
        expanded.push_str(before);
        for brace in ["{", "}"] {
            if found.starts_with(&brace.repeat(2)) {
                expanded.push_str(brace);
            }
        }
        if let Some(after) = found.strip_prefix("{{").or(found.strip_prefix("}}")) {
            rest = after;
            continue;
        }
        let (place, after) = found
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
            .ok_or_else(|| {
                format!("a brace in {name:?} has no other: one that is meant is written twice")
            })?;
        expanded.push_str(match (place, format) {
            ("map", _) => map,
            ("layer", _) => layer,
            ("date", _) => &now.date,
            ("time", _) => &now.time,
            ("format", Some(format)) => format.as_str(),
            ("format", None) => {
                return Err(format!(
                    "the format in {name:?} is not known here: give -f/--format where there is that option, or write it out"
                ));
            }
            _ => {
                return Err(format!(
                    "{{{place}}} in {name:?} is unknown: there are {{map}}, {{layer}}, {{format}}, {{date}} and \
                     {{time}}, and a brace that is meant is written twice"
                ));
            }
        });
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn everything_has_its_place() {
        let now = Now::of(UNIX_EPOCH + Duration::from_secs(1_795_644_214));
        let expand = |name| expand(name, "m", "l", Some(Format::Csv), &now);
        assert_eq!(
            expand("{map}/{layer}-{date}T{time}.{format}").unwrap(),
            "m/l-2026-11-25T220334.csv"
        );
        assert_eq!(expand("plain.csv").unwrap(), "plain.csv");
        assert!(expand("{layr}.csv").unwrap_err().contains("{layr}"));
        assert_eq!(expand("{{{layer}}}-}}.csv").unwrap(), "{l}-}.csv");
        for bad in ["{layer.csv", "layer}.csv", "{", "}", "{}", "{{layer}"] {
            assert!(expand(bad).is_err(), "{bad}");
        }
        assert!(super::expand("{format}", "m", "l", None, &now).is_err());
    }
}
