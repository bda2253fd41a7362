//! Features cut up for tiles: each piece has places of one dimension, as tiles ask for, and is cut further as it goes
//! down the pyramid.

use wkt::Wkt;
use wkt::types::{Coord, LineString, Point, Polygon};

use super::clip::{self, Side};
use super::grid::{self, MAX_LATITUDE, Place, Tile, WORLD};
use super::polygon::{self, Ring};
use super::weigh::{Vertex, weigh};

/// What a feature has in a tile.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The feature's place among those that are written.
    pub(super) feature: u32,
    /// Where a dot goes if nothing else of it can be seen: in one tile of each zoom.
    pub(super) anchor: Option<Place>,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Points(Vec<Place>),
    Lines(Vec<Vec<Vertex>>),
    /// Outer rings have a positive area, holes a negative one.
    Rings(Vec<Vec<Vertex>>),
}

/// The pieces of a feature in the one tile of zoom 0. A collection is several, if it mixes dimensions.
pub(super) fn pieces(feature: u32, geometry: &Wkt<f64>) -> Vec<Piece> {
    let mut parts = Parts::default();
    parts.add(geometry);
    let shapes = [
        Shape::Points(round_the_world(parts.points.into_iter().map(|at| vec![at])).concat()),
        Shape::Lines(weighed(parts.lines, false)),
        Shape::Rings(weighed(parts.rings, true)),
    ];
    shapes
        .into_iter()
        .filter_map(|shape| {
            let shape = shape.within(Tile::WORLD)?;
            let anchor = shape.places().find(|&at| Tile::WORLD.holds(at));
            Some(Piece {
                feature,
                anchor,
                shape,
            })
        })
        .collect()
}

fn weighed(lines: Vec<Vec<Place>>, ring: bool) -> Vec<Vec<Vertex>> {
    let lines = round_the_world(lines.into_iter());
    lines.iter().map(|line| weigh(line, ring)).collect()
}

/// Adds a copy, one world further, of what reaches beyond an edge of the world: there it goes on.
fn round_the_world(parts: impl Iterator<Item = Vec<Place>>) -> Vec<Vec<Place>> {
    // Less than this from an edge zoom 0 rounds to the edge.
    let margin = 1 << (Tile::shift(0) - 1);
    let moved = |part: &[Place], by: i32| part.iter().map(|&[x, y]| [x + by, y]).collect();
    parts
        .flat_map(|part| {
            let west = part.iter().any(|at| at[0] <= margin);
            let east = part.iter().any(|at| at[0] >= WORLD - margin);
            let copies: [Option<Vec<Place>>; 2] = [
                west.then(|| moved(&part, WORLD)),
                east.then(|| moved(&part, -WORLD)),
            ];
            std::iter::once(part).chain(copies.into_iter().flatten())
        })
        .collect()
}

/// A geometry's parts by their dimension.
#[derive(Default)]
struct Parts {
    points: Vec<Place>,
    lines: Vec<Vec<Place>>,
    rings: Vec<Ring>,
}

impl Parts {
    fn add(&mut self, geometry: &Wkt<f64>) {
        match geometry {
            Wkt::Point(point) => self.add_point(point),
            Wkt::LineString(line) => self.lines.push(places(line)),
            Wkt::Polygon(polygon) => self.add_polygon(polygon),
            Wkt::MultiPoint(all) => all.points().iter().for_each(|point| self.add_point(point)),
            Wkt::MultiLineString(all) => self.lines.extend(all.line_strings().iter().map(places)),
            Wkt::MultiPolygon(all) => all.polygons().iter().for_each(|one| self.add_polygon(one)),
            Wkt::GeometryCollection(all) => all.geometries().iter().for_each(|one| self.add(one)),
        }
    }

    fn add_point(&mut self, point: &Point<f64>) {
        // Lines and polygons are clipped there; a point is there or not.
        if let Some(at) = point.coord().filter(|at| at.y.abs() <= MAX_LATITUDE) {
            self.points.push(place(at));
        }
    }

    fn add_polygon(&mut self, polygon: &Polygon<f64>) {
        let rings = polygon.rings().iter().map(|ring| {
            let mut ring = places(ring);
            ring.pop();
            ring
        });
        self.rings.extend(polygon::straighten(rings.collect()));
    }
}

fn place(at: &Coord<f64>) -> Place {
    grid::place(at.x, at.y)
}

fn places(line: &LineString<f64>) -> Vec<Place> {
    line.coords().iter().map(place).collect()
}

impl Shape {
    /// What of it belongs into a tile, if anything does. Points have no buffer, so that each is in one tile only.
    pub(super) fn within(&self, tile: Tile) -> Option<Self> {
        let window = &tile.window();
        let part = match self {
            Self::Points(points) => {
                let inside = points.iter().copied().filter(|&at| tile.holds(at));
                Self::Points(inside.collect())
            }
            Self::Lines(lines) => Self::Lines(
                lines
                    .iter()
                    .flat_map(|line| match window.side(line) {
                        Side::Inside => vec![line.clone()],
                        Side::Outside => Vec::new(),
                        Side::Across => clip::line(line, window),
                    })
                    .collect(),
            ),
            Self::Rings(rings) => Self::Rings(
                rings
                    .iter()
                    .map(|ring| match window.side(ring) {
                        Side::Inside => ring.clone(),
                        Side::Outside => Vec::new(),
                        Side::Across => clip::ring(ring, window),
                    })
                    .filter(|ring| !ring.is_empty())
                    .collect(),
            ),
        };
        (!part.is_empty()).then_some(part)
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Points(points) => points.is_empty(),
            Self::Lines(parts) | Self::Rings(parts) => parts.is_empty(),
        }
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let (points, parts): (&[Place], &[Vec<Vertex>]) = match self {
            Self::Points(points) => (points, &[]),
            Self::Lines(parts) | Self::Rings(parts) => (&[], parts),
        };
        let vertices = parts.iter().flatten().map(|vertex| vertex.at);
        points.iter().copied().chain(vertices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;

    fn of(json: &str) -> Vec<Piece> {
        pieces(0, &Geometry::parse(json).unwrap().unwrap().wkt)
    }

    #[test]
    fn a_collection_is_a_piece_for_each_dimension() {
        let found = of(
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},
            {"type":"LineString","coordinates":[[0,0],[1,1]]},{"type":"MultiPoint","coordinates":[[3,4]]}]}"#,
        );
        assert_eq!(found.len(), 2);
        assert!(matches!(&found[0].shape, Shape::Points(points) if points.len() == 2));
        assert!(matches!(&found[1].shape, Shape::Lines(lines) if lines.len() == 1));
    }

    #[test]
    fn what_is_beyond_the_antimeridian_is_on_the_other_side_and_what_is_beyond_mercator_nowhere() {
        let across = of(r#"{"type":"LineString","coordinates":[[170,0],[190,0]]}"#);
        let Shape::Lines(lines) = &across[0].shape else {
            panic!("no line");
        };
        assert_eq!(lines.len(), 2);
        let beyond = of(r#"{"type":"Point","coordinates":[-190,0]}"#);
        assert_eq!(beyond[0].anchor, Some(grid::place(170.0, 0.0)));
        assert!(of(r#"{"type":"Point","coordinates":[0,86]}"#).is_empty());
        let polar = r#"{"type":"Polygon","coordinates":[[[0,87],[9,87],[9,90],[0,87]]]}"#;
        assert!(of(polar).is_empty());
    }
}
