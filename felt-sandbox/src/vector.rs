//! A vector layer: the features of a GeoJSON file, checked, with what the formats need to know of all of them.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::filter::Filter;
use crate::geometry::{Geometry, Kind};

/// The features of a layer.
#[derive(Debug)]
pub(crate) struct Vector {
    pub(crate) features: Vec<Feature>,
    /// All attributes, in the order in which they first appear.
    pub(crate) columns: Vec<Column>,
    /// The kinds of geometry that appear.
    pub(crate) kinds: BTreeSet<Kind>,
    /// Whether geometries with heights, and ones without, appear.
    pub(crate) with_z: bool,
    pub(crate) without_z: bool,
}

/// One feature.
#[derive(Debug, Deserialize)]
pub(crate) struct Feature {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    pub(crate) id: Option<Value>,
    /// As it was written, to the last digit.
    #[serde(default)]
    pub(crate) geometry: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) properties: Option<Map<String, Value>>,
}

/// An attribute of a layer.
#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

/// What an attribute's values have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ColumnKind {
    /// There are only nulls.
    Null,
    Boolean,
    /// Every value fits in an `i64`.
    Integer,
    /// Numbers, not all of them integers.
    Real,
    /// Strings, lists, objects, or a mixture.
    Text,
}

impl ColumnKind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_i64() => Self::Integer,
            Value::Number(number) if number.is_f64() => Self::Real,
            // An integer beyond i64 would lose digits as a REAL.
            Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => Self::Text,
        }
    }

    fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Integer, Self::Real) | (Self::Real, Self::Integer) => Self::Real,
            _ => Self::Text,
        }
    }
}

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(rename = "type")]
    kind: Option<Value>,
    crs: Option<Value>,
    #[serde(borrow)]
    features: Option<&'a RawValue>,
}

impl Vector {
    /// Reads a file's content. The error says what is wrong, and on which line or in which feature.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        // Some programs on Windows begin a file with a byte order mark.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        // serde would take an array for the members in their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err("not GeoJSON: it is an array".to_owned());
        }
        let collection: Collection =
            serde_json::from_slice(bytes).map_err(|e| format!("not GeoJSON: {e}"))?;
        match collection.kind.as_ref().and_then(Value::as_str) {
            Some("FeatureCollection") => {}
            Some(other) => {
                return Err(format!(
                    "its type is {other:.40?}; only a FeatureCollection is read"
                ));
            }
            None => return Err("it has no \"type\"; only a FeatureCollection is read".to_owned()),
        }
        if let Some(crs) = &collection.crs
            && !is_wgs84(crs)
        {
            return Err(
                "its crs member names another reference system than WGS 84; reproject it first"
                    .to_owned(),
            );
        }
        let Some(features) = collection.features else {
            return Err("it has no \"features\"".to_owned());
        };
        let features: Vec<&RawValue> = serde_json::from_str(features.get())
            .map_err(|_| "\"features\" is not an array".to_owned())?;

        let mut layer = Self {
            features: Vec::with_capacity(features.len()),
            columns: Vec::new(),
            kinds: BTreeSet::new(),
            with_z: false,
            without_z: false,
        };
        let mut places = HashMap::new();
        for (index, json) in features.into_iter().enumerate() {
            layer.add(json, &mut places).map_err(|wrong| {
                // The feature's text is a part of the file's.
                let before = json.get().as_ptr() as usize - bytes.as_ptr() as usize;
                let line = 1 + lines(bytes.get(..before).unwrap_or_default()) + wrong.line;
                let reason = wrong.reason;
                format!("line {line}: feature {index} (counted from 0): {reason}")
            })?;
        }
        Ok(layer)
    }

    fn add(&mut self, json: &RawValue, places: &mut HashMap<String, usize>) -> Result<(), Wrong> {
        let here = |reason: String| Wrong { line: 0, reason };
        if !json.get().starts_with('{') {
            return Err(here("it is no object".to_owned()));
        }
        let feature: Feature =
            serde_json::from_str(json.get()).map_err(|e| Wrong::from(e.to_string()))?;
        if feature.kind != "Feature" {
            let reason = format!("its type is {:.40?}, not \"Feature\"", feature.kind);
            return Err(here(reason));
        }
        let geometry = feature.parsed_geometry().map_err(|reason| {
            let wrong = Wrong::from(reason);
            let before = geometry_in(json.get()).unwrap_or_default();
            Wrong {
                line: wrong.line + lines(before.as_bytes()),
                ..wrong
            }
        })?;
        if let Some(geometry) = geometry {
            self.kinds.insert(geometry.kind);
            self.with_z |= geometry.z;
            self.without_z |= !geometry.z;
        }
        for (name, value) in feature.properties.iter().flatten() {
            let kind = ColumnKind::of(value);
            match places
                .get(name)
                .and_then(|&place| self.columns.get_mut(place))
            {
                Some(column) => column.kind = column.kind.join(kind),
                None => {
                    places.insert(name.clone(), self.columns.len());
                    self.columns.push(Column {
                        name: name.clone(),
                        kind,
                    });
                }
            }
        }
        self.features.push(feature);
        Ok(())
    }

    /// The features that pass every filter.
    pub(crate) fn select(&self, filters: &[Filter]) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(move |feature| {
            filters
                .iter()
                .all(|filter| filter.matches(feature.properties.as_ref()))
        })
    }
}

impl Feature {
    /// The geometry for encoders; null and empty ones are `None`.
    pub(crate) fn parsed_geometry(&self) -> Result<Option<Geometry>, String> {
        match &self.geometry {
            Some(json) => Geometry::parse(json.get()),
            None => Ok(None),
        }
    }

    /// An attribute; one that is missing is null.
    pub(crate) fn attribute(&self, name: &str) -> &Value {
        self.properties
            .as_ref()
            .and_then(|all| all.get(name))
            .unwrap_or(&Value::Null)
    }
}

/// What is wrong with a feature, and how many lines below its beginning, as far as that is known.
struct Wrong {
    line: usize,
    reason: String,
}

impl From<String> for Wrong {
    /// What a reader of JSON says ends in the line and the column of what it has read.
    fn from(said: String) -> Self {
        let place = said.rsplit_once(" at line ").and_then(|(reason, place)| {
            let line: usize = place.split(' ').next()?.parse().ok()?;
            Some((reason.to_owned(), line.saturating_sub(1)))
        });
        match place {
            Some((reason, line)) => Self { line, reason },
            None => Self {
                line: 0,
                reason: said,
            },
        }
    }
}

/// What stands before the geometry in a feature's text.
fn geometry_in(feature: &str) -> Option<&str> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        geometry: &'a RawValue,
    }
    let peek: Peek<'_> = serde_json::from_str(feature).ok()?;
    let before = peek.geometry.get().as_ptr() as usize - feature.as_ptr() as usize;
    feature.get(..before)
}

/// How many lines end there.
fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// RFC 7946 did away with `crs`; the format of 2008 had it, and programs still write it.
fn is_wgs84(crs: &Value) -> bool {
    let name = crs.pointer("/properties/name").and_then(Value::as_str);
    crs.is_null()
        || name.is_some_and(|name| {
            // As a URN, as a URL, or short: EPSG:4326.
            let name = name.to_ascii_uppercase().replace('/', ":");
            name.ends_with(":CRS84") || (name.ends_with(":4326") && name.contains("EPSG"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(json: &str) -> String {
        Vector::parse(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn columns_are_the_union_and_typed_by_content() {
        let layer = Vector::parse(
            br#"{"type":"FeatureCollection","features":[
                {"type":"Feature","geometry":null,"properties":{"b":1,"a":null,"c":true}},
                {"type":"Feature","geometry":null,"properties":null},
                {"type":"Feature","geometry":null,"properties":{"a":"x","b":1.5,"c":0,"d":null,"e":18446744073709551615}}
            ]}"#,
        )
        .unwrap();
        let columns: Vec<_> = layer
            .columns
            .iter()
            .map(|c| (c.name.as_str(), c.kind))
            .collect();
        assert_eq!(
            columns,
            [
                ("b", ColumnKind::Real),
                ("a", ColumnKind::Text),
                ("c", ColumnKind::Text),
                ("d", ColumnKind::Null),
                ("e", ColumnKind::Text),
            ]
        );
        assert_eq!(layer.features.len(), 3);
    }

    #[test]
    fn a_bad_file_says_what_and_where() {
        assert!(reason("{\n\"type\": oops}").contains("line 2"));
        assert!(reason(r#"{"type":"Feature"}"#).contains("only a FeatureCollection"));
        assert!(reason(r#"{"features":[]}"#).contains("no \"type\""));
        assert!(reason(r#" ["FeatureCollection", null, []]"#).contains("not GeoJSON"));
        let array = r#"{"type":"FeatureCollection","features":[["Feature",null,null,{}]]}"#;
        assert!(reason(array).contains("feature 0") && reason(array).contains("no object"));
        assert!(reason(r#"{"type":"FeatureCollection"}"#).contains("no \"features\""));
        assert!(reason(r#"{"type":"FeatureCollection","features":{}}"#).contains("not an array"));
        let second_is_bad = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","geometry":null,"properties":{}},
            {"type":"Feature","geometry":{"type":"Point","coordinates":["x",1]},"properties":{}}]}"#;
        assert_eq!(
            reason(second_is_bad),
            "line 3: feature 1 (counted from 0): a position is an array of numbers"
        );
        for (feature, line, what) in [
            (
                "{\"type\":\"Feature\",\n\n\"geometry\":{\"type\":\"Point\",\"coordinates\":[\"x\"]}}",
                4,
                "position",
            ),
            (
                "{\"type\":\"Feature\",\n\"geometry\":{\"type\":\"Point\",\n\"coordinates\":[1e999,1]}}",
                4,
                "out of range",
            ),
            (
                "{\"type\":\"Feature\",\n\"geometry\":null,\n\"properties\":[]}",
                4,
                "invalid type",
            ),
            (
                "{\"type\":\"Feature\",\n\"geometry\":null,\"properties\":{\"a\":1e999}}",
                3,
                "out of range",
            ),
        ] {
            let said = reason(&format!(
                "{{\"type\":\"FeatureCollection\",\n\"features\":[{feature}]}}"
            ));
            assert!(
                said.starts_with(&format!("line {line}: feature 0 ")),
                "{said}"
            );
            assert!(said.contains(what), "{said}");
        }
        let bad_properties =
            r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":[]}]}"#;
        assert!(reason(bad_properties).starts_with("line 1: feature 0"));
    }

    #[test]
    fn only_wgs84_is_read() {
        let with_crs = |name: &str| {
            format!(
                r#"{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"{name}"}}}},"features":[]}}"#
            )
        };
        assert!(Vector::parse(with_crs("urn:ogc:def:crs:OGC:1.3:CRS84").as_bytes()).is_ok());
        assert!(Vector::parse(with_crs("EPSG:4326").as_bytes()).is_ok());
        let url = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
        assert!(Vector::parse(with_crs(url).as_bytes()).is_ok());
        assert!(reason(&with_crs("urn:ogc:def:crs:EPSG::3857")).contains("WGS 84"));
        assert!(
            Vector::parse(
                b"\xEF\xBB\xBF{\"type\":\"FeatureCollection\",\"features\":[],\"crs\":null}"
            )
            .is_ok()
        );
    }
}
