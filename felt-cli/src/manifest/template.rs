//! Names with places in them: `{map}`, `{layer}`, `{format}`, `{date}` and `{time}`.

use std::time::SystemTime;

use felt_api::Format;

/// The moment that names are made from, the same for all of a run, in UTC.
#[derive(Debug)]
pub struct Now {
    date: String,
    time: String,
}

impl Now {
    pub fn of(moment: SystemTime) -> Self {
        // 2026-11-25T22:10:00Z
        let text = humantime::format_rfc3339_seconds(moment).to_string();
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        Self {
            date: date.to_string(),
            time: time.chars().filter(char::is_ascii_digit).collect(),
        }
    }
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
    while let Some((before, inside)) = rest.split_once('{') {
        let (place, after) = inside
            .split_once('}')
            .ok_or_else(|| format!("a brace in {name:?} has no other"))?;
        expanded.push_str(before);
        expanded.push_str(match (place, format) {
            ("map", _) => map,
            ("layer", _) => layer,
            ("date", _) => &now.date,
            ("time", _) => &now.time,
            ("format", Some(format)) => format.as_str(),
            ("format", None) => {
                return Err("the format is not known: name it in the column format, or with -f".to_string());
            }
            _ => {
                return Err(format!(
                    "{{{place}}} in {name:?} is unknown: there are {{map}}, {{layer}}, {{format}}, {{date}} and {{time}}"
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
        assert!(expand("{layer.csv").is_err());
        assert!(super::expand("{format}", "m", "l", None, &now).is_err());
    }
}
