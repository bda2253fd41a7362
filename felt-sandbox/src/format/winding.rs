//! The right-hand rule of RFC 7946 (3.1.6): exterior rings run counterclockwise, interior rings clockwise.
//!
//! It works on the text of geometries, so that every position stays as it was written, to the last digit.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, from_str};

/// What becomes of a part: its new text, unless it stays as it is.
type Turned = Result<Option<String>, Error>;

/// The geometry with rings that run as they should; as it was written if they do already.
pub(super) fn by_the_rule(geometry: &RawValue) -> Result<Cow<'_, RawValue>, Error> {
    Ok(match turn(geometry)? {
        Some(json) => Cow::Owned(RawValue::from_string(json)?),
        None => Cow::Borrowed(geometry),
    })
}

fn turn(geometry: &RawValue) -> Turned {
    let Members(mut members) = from_str(geometry.get())?;
    // Of two members with one name the last counts, as it did when the layer was read.
    let last = |wanted: &str| members.iter().rposition(|(name, _)| name == wanted);
    let kind = match last("type").and_then(|place| members.get(place)) {
        Some((_, kind)) => from_str::<String>(kind)?,
        None => return Ok(None),
    };
    let place = match kind.as_str() {
        "Polygon" | "MultiPolygon" => last("coordinates"),
        "GeometryCollection" => last("geometries"),
        _ => None,
    };
    let Some((_, parts)) = place.and_then(|place| members.get_mut(place)) else {
        return Ok(None);
    };
    let turned = match kind.as_str() {
        "Polygon" => turn_polygon(parts)?,
        "MultiPolygon" => each(parts, |_, polygon| turn_polygon(polygon.get()))?,
        _ => each(parts, |_, member| turn(member))?,
    };
    let Some(turned) = turned else {
        return Ok(None);
    };
    *parts = Cow::Owned(turned);
    let members: Result<Vec<String>, Error> = members
        .iter()
        .map(|(name, value)| Ok(format!("{}:{value}", serde_json::to_string(name)?)))
        .collect();
    Ok(Some(format!("{{{}}}", members?.join(","))))
}

fn turn_polygon(rings: &str) -> Turned {
    each(rings, |index, ring| turn_ring(ring, index == 0))
}

fn turn_ring(ring: &RawValue, exterior: bool) -> Turned {
    let positions: Vec<Position> = from_str(ring.get())?;
    let area = area(&positions);
    // One without an area, all in a line, runs neither way.
    if area == 0.0 || (area > 0.0) == exterior {
        return Ok(None);
    }
    let positions: Vec<&RawValue> = from_str(ring.get())?;
    let turned: Vec<&str> = positions
        .iter()
        .rev()
        .map(|position| position.get())
        .collect();
    Ok(Some(format!("[{}]", turned.join(","))))
}

/// Twice the area that a ring encloses; negative if it runs clockwise.
fn area(ring: &[Position]) -> f64 {
    let Some(&Position(x0, y0)) = ring.first() else {
        return 0.0;
    };
    // From the first position, so that little is lost where a small ring is far from 0, 0.
    ring.iter()
        .zip(ring.iter().skip(1))
        .map(|(a, b)| (a.0 - x0) * (b.1 - y0) - (b.0 - x0) * (a.1 - y0))
        .sum()
}

/// An array with the parts that are turned in their places, unless none is.
fn each(array: &str, turn: impl Fn(usize, &RawValue) -> Turned) -> Turned {
    let parts: Vec<&RawValue> = from_str(array)?;
    let mut any = false;
    let mut texts = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let turned = turn(index, part)?;
        any |= turned.is_some();
        texts.push(turned.map_or(Cow::Borrowed(part.get()), Cow::Owned));
    }
    Ok(any.then(|| format!("[{}]", texts.join(","))))
}

/// An object's members, in their order, and with values as they were written.
struct Members<'a>(Vec<(String, Cow<'a, str>)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((name, Cow::Borrowed(value.get())));
                }
                Ok(Members(members))
            }
        }

        json.deserialize_map(Object)
    }
}

/// Longitude and latitude; what else a position has does not matter here.
struct Position(f64, f64);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Array;

        impl<'de> Visitor<'de> for Array {
            type Value = Position;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a position")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                let mut number = || {
                    let next = seq.next_element::<f64>()?;
                    next.ok_or_else(|| de::Error::custom("a position needs two numbers"))
                };
                let position = Position(number()?, number()?);
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(position)
            }
        }

        json.deserialize_seq(Array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_the_rule(json: &str) -> String {
        let json = RawValue::from_string(json.to_owned()).unwrap();
        super::by_the_rule(&json).unwrap().get().to_owned()
    }

    #[test]
    fn what_runs_as_it_should_stays_byte_for_byte() {
        for json in [
            r#"{ "type":"Polygon", "coordinates":[ [[0,0],[9.0,0],[9e0,9],[0,0]], [[2,1],[3,2],[3,1],[2,1]] ] }"#,
            r#"{"type":"Point","coordinates":[1.10,2]}"#,
            r#"{"type":"LineString","coordinates":[[0,0],[0,9],[9,9],[0,0]]}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            // Without an area there is no way round.
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[2,2],[0,0]]]}"#,
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]} ]}"#,
        ] {
            assert_eq!(by_the_rule(json), json);
        }
    }

    #[test]
    fn what_runs_the_other_way_is_turned_to_the_last_digit() {
        let polygon = |rings: &str| {
            format!(r#"{{"type":"Polygon","bbox":[0,0,9,9],"coordinates":{rings},"é\n":1.0}}"#)
        };
        assert_eq!(
            by_the_rule(&polygon("[[[0.0,0],[0,9.10,5,\"x\"],[9e0,9],[0.0,0]]]")),
            polygon("[[[0.0,0],[9e0,9],[0,9.10,5,\"x\"],[0.0,0]]]")
        );
        // Each ring by itself.
        assert_eq!(
            by_the_rule(&polygon(
                "[[[0,0],[9,0],[9,9],[0,0]],[[2,1],[3,1],[3,2],[2,1]]]"
            )),
            polygon("[[[0,0],[9,0],[9,9],[0,0]],[[2,1],[3,2],[3,1],[2,1]]]")
        );
    }

    #[test]
    fn polygons_are_found_wherever_they_are() {
        let (wrong, right) = ("[[[0,0],[0,9],[9,9],[0,0]]]", "[[[0,0],[9,9],[0,9],[0,0]]]");
        let several = |one: &str| {
            format!(
                r#"{{"type":"GeometryCollection","geometries":[{{"type":"GeometryCollection","geometries":[{{"type":"MultiPolygon","coordinates":[{right},{one}]}}]}},{{"type":"Polygon","coordinates":{one}}},{{"type":"Point","coordinates":[1,2]}}]}}"#
            )
        };
        assert_eq!(by_the_rule(&several(wrong)), several(right));
    }
}
