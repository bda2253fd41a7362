//! The deepest zoom that a layer is given: deep enough for what its coordinates tell, deeper if that costs next to
//! nothing, and not so deep that there would be too many tiles.

use super::grid::{DEEPEST, Place, WORLD, Window};
use super::piece::{Piece, Shape};
use super::polygon::doubled_area;

/// A tile's width is a quarter of the way from a point to its neighbour at most,
const TILES_TO_NEIGHBOUR: u64 = 4;
/// and 32 times the way from a vertex, or a line or ring, to the next: 128 steps of the tile's grid.
const VERTICES_TO_TILE: u64 = 32;
/// So many tiles, of all zooms together, are always worth it.
const CHEAP_TILES: u64 = 2_000;
/// And more than these never.
const MOST_TILES: u64 = 100_000;
/// Pieces of one zoom, beside those that there are because there are so many features.
const MOST_CUTS: u64 = 1_000_000;

/// What of a layer tells how deep it should go, and may.
#[derive(Debug, Default)]
struct Measures {
    /// The ways to the next vertex, or how wide the ring is, where it is thin.
    steps: Vec<u32>,
    /// Points, and a place of each part of what is not points, as numbers whose neighbours are neighbours (Morton,
    /// 1966).
    points: Vec<u64>,
    parts: Vec<u64>,
    /// How often edges cross from one tile to the next, and how many tiles are covered, if tiles were one step wide.
    length: f64,
    area: f64,
}

/// The deepest zoom for these pieces of zoom 0.
pub(super) fn deepest(pieces: &[Piece]) -> u8 {
    let mut measures = Measures::default();
    for piece in pieces {
        measures.add(&piece.shape);
    }
    let wanted = [
        lower_quartile(gaps(&mut measures.points)).map(|gap| zoom_with(gap / TILES_TO_NEIGHBOUR)),
        lower_quartile(gaps(&mut measures.parts)).map(|gap| zoom_with(gap * VERTICES_TO_TILE)),
        lower_quartile(std::mem::take(&mut measures.steps))
            .map(|step| zoom_with(step * VERTICES_TO_TILE)),
    ];
    let wanted = wanted.into_iter().flatten().max().unwrap_or(DEEPEST);
    let (cheap, affordable) = measures.bounds(pieces);
    wanted.clamp(cheap, affordable)
}

/// The ways from each place to its neighbour.
fn gaps(places: &mut [u64]) -> Vec<u32> {
    places.sort_unstable();
    let pairs = places
        .windows(2)
        .map(|pair| pair.iter().copied().map(from_morton));
    pairs
        .filter_map(|mut pair| Some(distance(pair.next()?, pair.next()?)))
        .collect()
}

/// The first zoom whose tiles are no wider.
fn zoom_with(width: u64) -> u8 {
    (0..DEEPEST)
        .find(|zoom| (WORLD as u64) >> zoom <= width)
        .unwrap_or(DEEPEST)
}

/// Not the least, which may be a mistake, nor the middle one, which would leave half the layer coarse.
fn lower_quartile(mut ways: Vec<u32>) -> Option<u64> {
    ways.retain(|&way| way > 0);
    let quarter = ways.len() / 4;
    if ways.is_empty() {
        return None;
    }
    Some(u64::from(*ways.select_nth_unstable(quarter).1))
}

impl Measures {
    fn add(&mut self, shape: &Shape) {
        let (parts, ring) = match shape {
            Shape::Points(points) => {
                self.points.extend(points.iter().map(|&at| morton(at)));
                return;
            }
            Shape::Lines(lines) => (lines, false),
            Shape::Rings(rings) => (rings, true),
        };
        for part in parts {
            let places: Vec<Place> = part.iter().map(|vertex| vertex.at).collect();
            self.parts.extend(places.first().map(|&at| morton(at)));
            let next = places.iter().cycle().skip(1);
            let edges = if ring { places.len() } else { places.len() - 1 };
            let before = self.steps.len();
            let mut length = 0.0;
            for (from, to) in places.iter().zip(next).take(edges) {
                self.steps.push(distance(*from, *to));
                length += (0..2_usize)
                    .map(|axis| f64::from(from[axis].abs_diff(to[axis])))
                    .sum::<f64>();
            }
            self.length += length;
            if ring {
                let area = doubled_area(&places) as f64 / 2.0;
                self.area += area;
                // The side of a square, and of a comb that of its teeth.
                let width = (4.0 * area.abs() / length.max(1.0)) as u32;
                for step in self.steps.iter_mut().skip(before) {
                    *step = width.min(*step);
                }
            }
        }
    }

    /// The deepest zoom that is cheap, and the deepest that there can be. What is counted is never less than what
    /// will be there, but for what lies in a buffer.
    fn bounds(&mut self, pieces: &[Piece]) -> (u8, u8) {
        let around = Window::around(pieces.iter().flat_map(|piece| piece.shape.places()));
        let Some(around) = around else {
            return (DEEPEST, DEEPEST);
        };
        self.parts.append(&mut self.points);
        self.parts.sort_unstable();
        let mut tiles = 0;
        let mut cheap = 0;
        for zoom in 0..=DEEPEST {
            let width = WORLD >> zoom;
            let cuts = self.length / f64::from(width)
                + self.area.max(0.0) / f64::from(width) / f64::from(width);
            let across = |axis: usize| {
                // Without the buffer beyond the edges of the world.
                let [from, to] = [around.min, around.max].map(|at| at[axis].clamp(0, WORLD - 1));
                u64::from((to / width).abs_diff(from / width)) + 1
            };
            let most = across(0) * across(1);
            tiles += most.min(self.occupied(zoom) + cuts as u64);
            if zoom > 0 && (tiles > MOST_TILES || cuts as u64 > MOST_CUTS) {
                return (cheap, zoom - 1);
            }
            if tiles <= CHEAP_TILES && cuts as u64 <= CHEAP_TILES {
                cheap = zoom;
            }
        }
        (cheap, DEEPEST)
    }

    /// How many tiles have the places in them.
    fn occupied(&self, zoom: u8) -> u64 {
        let shift = 2 * WORLD.trailing_zeros() - 2 * u32::from(zoom);
        let changes = self
            .parts
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if a >> shift != b >> shift));
        changes.count() as u64 + 1
    }
}

fn distance(a: Place, b: Place) -> u32 {
    a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1]))
}

/// Both numbers' bits in turn.
fn morton(at: Place) -> u64 {
    let [x, y] = at.map(|at| at.clamp(0, WORLD - 1) as u64);
    (0..WORLD.trailing_zeros()).fold(0, |number, bit| {
        number | (((x >> bit) & 1) << (2 * bit)) | (((y >> bit) & 1) << (2 * bit + 1))
    })
}

fn from_morton(number: u64) -> Place {
    let every_second = |number: u64| {
        (0..WORLD.trailing_zeros()).fold(0, |at, bit| at | (((number >> (2 * bit)) & 1) << bit))
    };
    [
        every_second(number) as i32,
        every_second(number >> 1) as i32,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pmtiles::piece::pieces;
    use crate::geometry::Geometry;

    fn zoom(json: &str) -> u8 {
        deepest(&pieces(0, &Geometry::parse(json).unwrap().unwrap().wkt))
    }

    fn square(size: f64) -> u8 {
        zoom(&format!(
            r#"{{"type":"Polygon","coordinates":[[[0,0],[{size},0],[{size},{size}],[0,{size}],[0,0]]]}}"#
        ))
    }

    #[test]
    fn the_finer_the_deeper() {
        let found = [90.0, 10.0, 1.0, 0.1, 0.01].map(square);
        assert!(found.is_sorted(), "{found:?}");
        assert_eq!(found.last(), Some(&DEEPEST));
        assert_eq!(
            zoom(r#"{"type":"MultiPoint","coordinates":[[0,0],[0.001,0]]}"#),
            DEEPEST
        );
        // There is nothing to tell from, and it is only fifteen tiles.
        assert_eq!(zoom(r#"{"type":"Point","coordinates":[1,2]}"#), DEEPEST);
        assert_eq!(deepest(&[]), DEEPEST);
    }

    #[test]
    fn the_whole_world_in_fine_detail_is_not_given_all_zooms() {
        let ring: Vec<String> = (0..100_000)
            .map(|i| f64::from(i) / 100_000.0 * std::f64::consts::TAU)
            .map(|turn| format!("[{},{}]", 170.0 * turn.cos(), 80.0 * turn.sin()))
            .collect();
        let json = format!(
            r#"{{"type":"Polygon","coordinates":[[{},{}]]}}"#,
            ring.join(","),
            ring[0]
        );
        assert_eq!(zoom(&json), 8);
    }

    #[test]
    fn numbers_are_places() {
        for at in [[0, 0], [1, 0], [0, 1], [WORLD - 1, 12_345]] {
            assert_eq!(from_morton(morton(at)), at);
        }
    }
}
