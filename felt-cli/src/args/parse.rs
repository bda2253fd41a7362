//! What stands for a map, a layer, a filter or a rate.

use std::fs;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use felt_api::{Filter, Format, check_id};
use serde_json::error::Category;

use crate::failure::Failure;

/// The ids of map and layer. The map may be an address at Felt, `https://felt.com/map/TITLE-ID`; without a layer it
/// is `MAP/LAYER`.
pub fn layer_of(map: &str, layer: Option<&str>) -> Result<(String, String), Failure> {
    let (map, layer) = match layer {
        Some(layer) => (map, layer),
        None => match map.rsplit_once('/') {
            Some((map, layer)) if !is_address(map) || in_address(map).is_some() => (map, layer),
            _ => {
                return Err(Failure::Usage(
                    "which layer? give its id behind the map's, or both in one word, MAP/LAYER"
                        .to_string(),
                ));
            }
        },
    };
    let map = match is_address(map) {
        true => in_address(map).unwrap_or(map),
        false => map,
    };
    check_id("map", map)?;
    check_id("layer", layer)?;
    Ok((map.to_string(), layer.to_string()))
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The map's id in `https://felt.com/map/TITLE-ID?loc=...`: titles have hyphens, Felt's ids have none.
fn in_address(address: &str) -> Option<&str> {
    let path = address.split(['?', '#']).next()?;
    let mut segments = path.split('/').skip_while(|segment| *segment != "map");
    let named = segments.nth(1)?;
    let id = named.rsplit('-').next()?;
    (!id.is_empty()).then_some(id)
}

pub fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|format| format.as_str()))
        .try_map(|name| name.parse::<Format>())
}

/// What the argument says, or the file that it names with `@`.
fn text_of(argument: &str) -> Result<String, String> {
    match argument.strip_prefix('@') {
        Some(path) => {
            let text = fs::read_to_string(path);
            let text = text.map_err(|error| format!("cannot read {path}: {error}"))?;
            Ok(text.trim_start_matches('\u{feff}').to_string())
        }
        None => Ok(argument.to_string()),
    }
}

pub fn json_filter(argument: &str) -> Result<Filter, String> {
    serde_json::from_str(&text_of(argument)?).map_err(|error| match error.classify() {
        // It is JSON, and the message says what a filter is.
        Category::Data => error.to_string(),
        _ => format!("not JSON: {error}; a filter looks like [\"pop_est\", \"gt\", 1000000]"),
    })
}

pub fn text_filter(argument: &str) -> Result<Filter, String> {
    let text = text_of(argument)?;
    text.trim()
        .parse()
        .map_err(|error: felt_api::ParseFilterError| error.to_string())
}

/// Bytes in a second: `500k`, `2M`.
pub fn rate(argument: &str) -> Result<u64, String> {
    let (number, unit) = match argument.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1_000),
        None => match argument.strip_suffix(['m', 'M']) {
            Some(number) => (number, 1_000_000),
            None => (argument, 1),
        },
    };
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "give bytes per second, such as 500k or 2M".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_named_in_many_ways() {
        let id = "luCHyMruTQ6ozGk3gPJfEB";
        for map in [
            id.to_string(),
            format!("https://felt.com/map/{id}"),
            format!("https://felt.com/map/My-Map-{id}"),
            format!("https://felt.com/map/My-Map-{id}?loc=37.7,-122.4,9z"),
            format!("https://felt.com/embed/map/My-Map-{id}"),
            format!("http://127.0.0.1:8080/map/{id}#x"),
        ] {
            let named = layer_of(&map, Some("roads")).unwrap();
            assert_eq!(named, (id.to_string(), "roads".to_string()), "{map}");
        }
        for word in [
            format!("{id}/roads"),
            format!("https://felt.com/map/A-{id}/roads"),
        ] {
            let named = layer_of(&word, None).unwrap();
            assert_eq!(named, (id.to_string(), "roads".to_string()), "{word}");
        }
    }

    #[test]
    fn what_names_no_layer_is_refused() {
        for (map, layer) in [
            ("demo", None),
            ("demo/", None),
            ("https://felt.com/map/A-x", None),
            ("https://felt.com/", Some("roads")),
            ("https://felt.com/map/", Some("roads")),
            ("a/b", Some("roads")),
            ("..", Some("roads")),
            ("a/b/c", None),
            ("demo", Some("a/b")),
        ] {
            assert!(layer_of(map, layer).is_err(), "{map} {layer:?}");
        }
    }

    #[test]
    fn rates_have_units() {
        assert_eq!(rate("0"), Ok(0));
        assert_eq!(rate("500k"), Ok(500_000));
        assert_eq!(rate("2M"), Ok(2_000_000));
        for bad in ["", "k", "-1", "1.5M", "20000000000000M", "fast"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }
}
