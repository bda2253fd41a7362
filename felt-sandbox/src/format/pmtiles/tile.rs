//! One tile: its pieces on its own grid, as a Mapbox Vector Tile (specification 2.1).

use std::collections::HashSet;

use fast_mvt::{MvtCoord, MvtError, MvtFeatureBuilder, MvtGeomType, MvtLayerBuilder, MvtValueRef};
use serde_json::Value;

use super::grid::{EXTENT, Place, Tile};
use super::piece::{Piece, Shape};
use super::polygon::{self, Ring};
use super::weigh::Vertex;
use crate::vector::Feature;

/// Features are left out of a tile that is larger, in bytes before it is compressed.
const MOST_BYTES: usize = 500_000;
/// At all zooms but the deepest: vertices that weigh less are left out, and so are polygons that are smaller. Twice
/// an area, on the tile's grid, where a pixel of a screen is 8 by 8.
const LEAST: u64 = 8;
/// The size of the dot that a feature becomes when it is too small to be seen.
const DOT: i32 = 4;

/// What the tiles are made of, and how.
pub(super) struct Content<'a> {
    pub(super) layer: &'a str,
    pub(super) features: &'a [&'a Feature],
    /// For each feature: those with a lower one are kept rather, where not all can be.
    pub(super) ranks: &'a [u32],
    pub(super) deepest: u8,
}

/// A piece on the tile's grid.
struct Drawn {
    feature: u32,
    drawing: Drawing,
}

enum Drawing {
    Points(Vec<Place>),
    Lines(Vec<Vec<Place>>),
    Polygons(Vec<Vec<Ring>>),
}

impl Content<'_> {
    /// The tile's bytes, unless there is nothing in it.
    pub(super) fn encode(&self, tile: Tile, pieces: &[Piece]) -> Result<Option<Vec<u8>>, String> {
        let mut dots = HashSet::new();
        let mut drawn: Vec<Drawn> = pieces
            .iter()
            .filter_map(|piece| {
                Some(Drawn {
                    feature: piece.feature,
                    drawing: self.draw(tile, piece, &mut dots)?,
                })
            })
            .collect();
        if drawn.is_empty() {
            return Ok(None);
        }
        let mut bytes = self.layer(&drawn)?;
        while tile.zoom < self.deepest && bytes.len() > MOST_BYTES && drawn.len() > 1 {
            // A little less than in proportion, since it is seldom needed twice then.
            let keep = drawn.len() * (MOST_BYTES / 10 * 9) / bytes.len();
            self.keep_first(&mut drawn, keep.max(1));
            bytes = self.layer(&drawn)?;
        }
        Ok(Some(bytes))
    }

    /// A tile with the layer in it, but nothing in the layer.
    pub(super) fn nothing(&self) -> Result<Vec<u8>, String> {
        self.layer(&[])
    }

    fn keep_first(&self, drawn: &mut Vec<Drawn>, keep: usize) {
        let rank = |one: &Drawn| {
            self.ranks
                .get(one.feature as usize)
                .copied()
                .unwrap_or(u32::MAX)
        };
        let mut ranks: Vec<u32> = drawn.iter().map(rank).collect();
        if keep < ranks.len() {
            let limit = *ranks.select_nth_unstable(keep).1;
            let mut left = keep;
            drawn.retain(|one| {
                let kept = left > 0 && rank(one) < limit;
                left -= usize::from(kept);
                kept
            });
        }
    }

    fn draw(&self, tile: Tile, piece: &Piece, dots: &mut HashSet<Place>) -> Option<Drawing> {
        let whole = tile.zoom == self.deepest;
        let weight = if whole {
            0
        } else {
            LEAST << (2 * Tile::shift(tile.zoom))
        };
        let drawing = match &piece.shape {
            Shape::Points(points) => {
                // The far edges are the next tile's, and renderers leave out what is on them.
                let local = |&at: &Place| tile.local(at).map(|at| at.min(EXTENT - 1));
                let mut points: Vec<Place> = points.iter().map(local).collect();
                if !whole {
                    points.dedup();
                }
                return Some(Drawing::Points(points));
            }
            Shape::Lines(lines) => {
                let lines = lines.iter().map(|line| local(tile, line, weight));
                Drawing::Lines(lines.filter(|line| line.len() > 1).collect())
            }
            Shape::Rings(rings) => {
                let least = if whole { 1 } else { DOT };
                let rings = rings.iter().map(|ring| local(tile, ring, weight));
                let rings = rings.filter(|ring| ring.len() > 2 && !polygon::fits_in(ring, least));
                Drawing::Polygons(polygon::polygons(
                    rings.collect(),
                    if whole { 0 } else { LEAST },
                ))
            }
        };
        if !drawing.is_empty() {
            return Some(drawing);
        }
        // Every feature is in one tile at least; but of many dots in one place one is enough, unless the tile is to
        // be whole.
        let at = tile.local(piece.anchor.filter(|&anchor| tile.holds(anchor))?);
        if !whole && !dots.insert(at.map(|at| at / DOT)) {
            return None;
        }
        let size = if whole { 1 } else { DOT };
        let [x, y] = at;
        Some(match drawing {
            Drawing::Points(_) => return None,
            Drawing::Lines(_) => Drawing::Lines(vec![vec![[x, y], [x + size, y]]]),
            Drawing::Polygons(_) => Drawing::Polygons(vec![vec![vec![
                [x, y],
                [x + size, y],
                [x + size, y + size],
                [x, y + size],
            ]]]),
        })
    }

    fn layer(&self, drawn: &[Drawn]) -> Result<Vec<u8>, String> {
        self.try_layer(drawn)
            .map_err(|e| format!("a vector tile could not be written: {e}"))
    }

    fn try_layer(&self, drawn: &[Drawn]) -> Result<Vec<u8>, MvtError> {
        let mut layer = MvtLayerBuilder::new(self.layer)?;
        for Drawn { feature, drawing } in drawn {
            let mut builder = layer.feature_of(match drawing {
                Drawing::Points(_) => MvtGeomType::Point,
                Drawing::Lines(_) => MvtGeomType::LineString,
                Drawing::Polygons(_) => MvtGeomType::Polygon,
            });
            drawing.add_to(&mut builder)?;
            if let Some(feature) = self.features.get(*feature as usize) {
                builder.id(feature.id.as_ref().and_then(Value::as_u64));
                for (name, value) in feature.properties.iter().flatten() {
                    tag(&mut builder, name, value)?;
                }
            }
            layer = builder.end();
        }
        Ok(layer.encode())
    }
}

/// A line or ring on the tile's grid, without vertices that weigh too little.
fn local(tile: Tile, line: &[Vertex], weight: u64) -> Vec<Place> {
    let mut places: Vec<Place> = line
        .iter()
        .filter(|vertex| vertex.weight >= weight)
        .map(|vertex| tile.local(vertex.at))
        .collect();
    places.dedup();
    places
}

impl Drawing {
    fn is_empty(&self) -> bool {
        match self {
            Self::Points(points) => points.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
            Self::Polygons(polygons) => polygons.is_empty(),
        }
    }

    fn add_to(&self, feature: &mut MvtFeatureBuilder) -> Result<(), MvtError> {
        match self {
            Self::Points(points) => {
                feature.points(points.iter().map(coord))?;
            }
            Self::Lines(lines) => {
                for line in lines {
                    feature.line(line.iter().map(coord))?;
                }
            }
            Self::Polygons(polygons) => {
                for polygon in polygons {
                    for (index, ring) in polygon.iter().enumerate() {
                        feature.ring(ring.iter().map(coord), index == 0)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn coord(at: &Place) -> MvtCoord {
    MvtCoord { x: at[0], y: at[1] }
}

/// Null is left out, since tiles have no word for it; lists and objects are JSON.
fn tag(feature: &mut MvtFeatureBuilder, name: &str, value: &Value) -> Result<(), MvtError> {
    let json;
    let value = match value {
        Value::Null => return Ok(()),
        Value::Bool(flag) => MvtValueRef::Bool(*flag),
        Value::String(text) => MvtValueRef::String(text),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), _, _) => MvtValueRef::UInt(number),
            (_, Some(number), _) => MvtValueRef::SInt(number),
            (_, _, Some(number)) => MvtValueRef::Double(number),
            _ => return Ok(()),
        },
        Value::Array(_) | Value::Object(_) => {
            json = value.to_string();
            MvtValueRef::String(&json)
        }
    };
    feature.tag_ref(name, value)?;
    Ok(())
}
