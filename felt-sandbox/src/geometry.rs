//! A GeoJSON geometry, checked, as the type that the WKT and WKB encoders take.

use serde_json::Value;
use wkt::Wkt;
use wkt::types::{
    Coord, Dimension, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

/// A geometry that has at least one position.
#[derive(Debug)]
pub(crate) struct Geometry {
    pub(crate) wkt: Wkt<f64>,
    pub(crate) kind: Kind,
    /// Whether every position has a height. Where only some do, no height is kept: there is nothing true to put
    /// where one is missing.
    pub(crate) z: bool,
    pub(crate) bounds: Bounds,
}

/// The kinds of geometry that RFC 7946 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
    GeometryCollection,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Point" => Self::Point,
            "LineString" => Self::LineString,
            "Polygon" => Self::Polygon,
            "MultiPoint" => Self::MultiPoint,
            "MultiLineString" => Self::MultiLineString,
            "MultiPolygon" => Self::MultiPolygon,
            "GeometryCollection" => Self::GeometryCollection,
            _ => return None,
        })
    }

    /// The kind that holds several of this one, or itself.
    pub(crate) fn multi(self) -> Self {
        match self {
            Self::Point => Self::MultiPoint,
            Self::LineString => Self::MultiLineString,
            Self::Polygon => Self::MultiPolygon,
            other => other,
        }
    }
}

/// The smallest rectangle around some positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) min: [f64; 2],
    pub(crate) max: [f64; 2],
}

impl Bounds {
    const NOTHING: Self = Self {
        min: [f64::INFINITY; 2],
        max: [f64::NEG_INFINITY; 2],
    };

    fn add(&mut self, x: f64, y: f64) {
        self.extend(Self {
            min: [x, y],
            max: [x, y],
        });
    }

    pub(crate) fn extend(&mut self, other: Self) {
        let ([min_x, min_y], [max_x, max_y]) = (self.min, self.max);
        self.min = [min_x.min(other.min[0]), min_y.min(other.min[1])];
        self.max = [max_x.max(other.max[0]), max_y.max(other.max[1])];
    }
}

impl Geometry {
    /// Reads a geometry object. `None` is an empty one (`"coordinates": []`), which RFC 7946 (3.1) lets one take
    /// for null.
    pub(crate) fn parse(json: &str) -> Result<Option<Self>, String> {
        let value: Value = serde_json::from_str(json).map_err(|e| e.to_string())?;
        let mut reader = Reader {
            dim: if has_z(&value) {
                Dimension::XYZ
            } else {
                Dimension::XY
            },
            bounds: Bounds::NOTHING,
        };
        let Some((kind, wkt)) = reader.geometry(&value)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            wkt,
            kind,
            z: reader.dim == Dimension::XYZ,
            bounds: reader.bounds,
        }))
    }

    /// The same places as a geometry of the kind that holds several.
    pub(crate) fn into_multi(self) -> Self {
        let dim = if self.z {
            Dimension::XYZ
        } else {
            Dimension::XY
        };
        let wkt = match self.wkt {
            Wkt::Point(one) => Wkt::MultiPoint(MultiPoint::new(vec![one], dim)),
            Wkt::LineString(one) => Wkt::MultiLineString(MultiLineString::new(vec![one], dim)),
            Wkt::Polygon(one) => Wkt::MultiPolygon(MultiPolygon::new(vec![one], dim)),
            other => other,
        };
        Self {
            wkt,
            kind: self.kind.multi(),
            ..self
        }
    }
}

/// Whether every position below has three numbers or more.
fn has_z(value: &Value) -> bool {
    match value {
        Value::Object(geometry) => {
            match (geometry.get("geometries"), geometry.get("coordinates")) {
                (Some(Value::Array(members)), _) => members.iter().all(has_z),
                (_, Some(coordinates)) => has_z(coordinates),
                _ => false,
            }
        }
        Value::Array(position) if position.first().is_some_and(Value::is_number) => {
            position.len() > 2
        }
        Value::Array(parts) => parts.iter().all(has_z),
        _ => false,
    }
}

struct Reader {
    dim: Dimension,
    bounds: Bounds,
}

impl Reader {
    fn geometry(&mut self, value: &Value) -> Result<Option<(Kind, Wkt<f64>)>, String> {
        let Some(name) = value.get("type").and_then(Value::as_str) else {
            return Err("a geometry needs a \"type\"".to_owned());
        };
        let Some(kind) = Kind::named(name) else {
            return Err(format!("{name:.40?} is no type of geometry"));
        };
        let member = if kind == Kind::GeometryCollection {
            "geometries"
        } else {
            "coordinates"
        };
        let Some(parts) = value.get(member).and_then(Value::as_array) else {
            return Err(format!("a {name} needs an array of \"{member}\""));
        };
        if parts.is_empty() {
            return Ok(None);
        }
        let dim = self.dim;
        let wkt = match kind {
            Kind::Point => Wkt::Point(self.point(parts)?),
            Kind::LineString => Wkt::LineString(self.line(parts)?),
            Kind::Polygon => Wkt::Polygon(self.polygon(parts)?),
            Kind::MultiPoint => {
                Wkt::MultiPoint(MultiPoint::new(self.each(parts, Self::point)?, dim))
            }
            Kind::MultiLineString => {
                Wkt::MultiLineString(MultiLineString::new(self.each(parts, Self::line)?, dim))
            }
            Kind::MultiPolygon => {
                Wkt::MultiPolygon(MultiPolygon::new(self.each(parts, Self::polygon)?, dim))
            }
            Kind::GeometryCollection => {
                let mut members = Vec::with_capacity(parts.len());
                for part in parts {
                    members.extend(self.geometry(part)?.map(|(_, wkt)| wkt));
                }
                if members.is_empty() {
                    return Ok(None);
                }
                Wkt::GeometryCollection(GeometryCollection::new(members, dim))
            }
        };
        Ok(Some((kind, wkt)))
    }

    fn each<T>(
        &mut self,
        parts: &[Value],
        read: impl Fn(&mut Self, &[Value]) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        parts
            .iter()
            .map(|part| match part.as_array() {
                Some(inner) => read(self, inner),
                None => Err("coordinates are not nested as deep as their type asks".to_owned()),
            })
            .collect()
    }

    fn point(&mut self, position: &[Value]) -> Result<Point<f64>, String> {
        Ok(Point::new(Some(self.coord(position)?), self.dim))
    }

    fn line(&mut self, positions: &[Value]) -> Result<LineString<f64>, String> {
        if positions.len() < 2 {
            return Err("a line needs two positions".to_owned());
        }
        Ok(LineString::new(
            self.each(positions, Self::coord)?,
            self.dim,
        ))
    }

    fn polygon(&mut self, rings: &[Value]) -> Result<Polygon<f64>, String> {
        if rings.is_empty() {
            return Err("a polygon needs a ring".to_owned());
        }
        Ok(Polygon::new(self.each(rings, Self::ring)?, self.dim))
    }

    fn ring(&mut self, positions: &[Value]) -> Result<LineString<f64>, String> {
        if positions.len() < 4 {
            return Err("a ring needs four positions".to_owned());
        }
        let coords = self.each(positions, Self::coord)?;
        if coords.first() != coords.last() {
            return Err("a ring's last position must be its first".to_owned());
        }
        Ok(LineString::new(coords, self.dim))
    }

    fn coord(&mut self, position: &[Value]) -> Result<Coord<f64>, String> {
        let number = |index: usize| position.get(index).and_then(Value::as_f64);
        // Beyond the third number positions may have anything, says RFC 7946 (3.1.1), and none of it matters.
        if position.iter().take(3).any(|part| !part.is_number()) {
            return Err("a position is an array of numbers".to_owned());
        }
        let (Some(x), Some(y)) = (number(0), number(1)) else {
            return Err("a position needs two numbers".to_owned());
        };
        // Metres of a projection are the usual mistake. The margins leave room for rounding, and for what crosses
        // the antimeridian.
        if x.abs() > 540.0 || y.abs() > 90.000_001 {
            return Err(format!(
                "{x}, {y} is no longitude and latitude (only WGS 84 is read)"
            ));
        }
        self.bounds.add(x, y);
        let z = if self.dim == Dimension::XYZ {
            number(2)
        } else {
            None
        };
        Ok(Coord { x, y, z, m: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wkt(json: &str) -> String {
        Geometry::parse(json).unwrap().unwrap().wkt.to_string()
    }

    #[test]
    fn every_kind_becomes_wkt() {
        for (json, expected) in [
            (r#"{"type":"Point","coordinates":[1,2.5]}"#, "POINT(1 2.5)"),
            (
                r#"{"type":"Point","coordinates":[1,2,3,4]}"#,
                "POINT Z(1 2 3)",
            ),
            (
                r#"{"type":"LineString","coordinates":[[1,2,3],[4,5]]}"#,
                "LINESTRING(1 2,4 5)",
            ),
            (
                r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#,
                "MULTIPOINT((1 2),(3 4))",
            ),
            (
                r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}"#,
                "MULTILINESTRING((1 2,3 4))",
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}"#,
                "POLYGON((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))",
            ),
            (
                r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,0]]]]}"#,
                "MULTIPOLYGON(((0 0,9 0,9 9,0 0)))",
            ),
            (
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"Point","coordinates":[]}]}"#,
                "GEOMETRYCOLLECTION(POINT(1 2))",
            ),
        ] {
            assert_eq!(wkt(json), expected);
        }
    }

    #[test]
    fn bounds_enclose_every_position() {
        let line = r#"{"type":"LineString","coordinates":[[1,-2],[-3,4],[0,0]]}"#;
        let line = Geometry::parse(line).unwrap().unwrap();
        assert_eq!(
            line.bounds,
            Bounds {
                min: [-3.0, -2.0],
                max: [1.0, 4.0]
            }
        );
        assert_eq!(
            line.into_multi().wkt.to_string(),
            "MULTILINESTRING((1 -2,-3 4,0 0))"
        );
    }

    #[test]
    fn empty_is_none() {
        for json in [
            r#"{"type":"Point","coordinates":[]}"#,
            r#"{"type":"MultiPolygon","coordinates":[]}"#,
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[]}]}"#,
        ] {
            assert!(Geometry::parse(json).unwrap().is_none(), "{json}");
        }
    }

    #[test]
    fn what_is_no_geometry_says_why() {
        for (json, expected) in [
            (r#"{"coordinates":[1,2]}"#, "a \"type\""),
            (
                r#"{"type":"Circle","coordinates":[1,2]}"#,
                "\"Circle\" is no type",
            ),
            (r#"{"type":"Point"}"#, "array of \"coordinates\""),
            (r#"{"type":"Point","coordinates":[1]}"#, "two numbers"),
            (
                r#"{"type":"Point","coordinates":["1",2]}"#,
                "array of numbers",
            ),
            (
                r#"{"type":"Point","coordinates":[500000,4649776]}"#,
                "no longitude and latitude",
            ),
            (
                r#"{"type":"LineString","coordinates":[[1,2]]}"#,
                "two positions",
            ),
            (r#"{"type":"LineString","coordinates":[1,2]}"#, "nested"),
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}"#,
                "four positions",
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1]]]}"#,
                "must be its first",
            ),
            (
                r#"{"type":"MultiPolygon","coordinates":[[]]}"#,
                "needs a ring",
            ),
            (
                r#"{"type":"Point","coordinates":[1e999,2]}"#,
                "out of range",
            ),
        ] {
            let reason = Geometry::parse(json).unwrap_err();
            assert!(reason.contains(expected), "{json}: {reason}");
        }
    }
}
