//! The grid that everything is placed on: the square of Web Mercator with as many steps as the tiles of zoom 14
//! have together. Whole numbers, so that neighbours that share a border still share it after any clipping.

use std::f64::consts::{PI, TAU};

/// The deepest zoom there can be.
pub(super) const DEEPEST: u8 = 14;
/// The steps of a tile's own grid, from edge to edge.
pub(super) const EXTENT: i32 = 4096;
/// How far a tile's content reaches beyond its edges, in steps of its own grid: outlines and symbols would be cut
/// off at the edges without.
pub(super) const BUFFER: i32 = 64;
/// The world from edge to edge.
pub(super) const WORLD: i32 = EXTENT << DEEPEST;
/// Where Web Mercator ends, in degrees.
pub(super) const MAX_LATITUDE: f64 = 85.051_128_779_806_6;

/// A place on the grid: x to the east, y to the south, both 0 in the north-west.
pub(super) type Place = [i32; 2];

/// Longitudes beyond 180 degrees lie beyond the edges of the world. So do latitudes beyond [`MAX_LATITUDE`], up to a
/// little before the poles, which would be infinitely far away.
pub(super) fn place(longitude: f64, latitude: f64) -> Place {
    let x = longitude / 360.0 + 0.5;
    let latitude = latitude.clamp(-89.5, 89.5).to_radians();
    let y = 0.5 - (PI / 4.0 + latitude / 2.0).tan().ln() / TAU;
    [x, y].map(|share| (share * f64::from(WORLD)).round() as i32)
}

/// One tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) zoom: u8,
    pub(super) x: u32,
    pub(super) y: u32,
}

/// A part of the grid, edges included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) min: Place,
    pub(super) max: Place,
}

impl Tile {
    pub(super) const WORLD: Self = Self {
        zoom: 0,
        x: 0,
        y: 0,
    };

    /// Steps of the grid to one of the tile's, as a power of two.
    pub(super) fn shift(zoom: u8) -> u32 {
        u32::from(DEEPEST.saturating_sub(zoom))
    }

    fn origin(self) -> Place {
        // Below 2^26, since a tile's number is below 2^zoom.
        [self.x, self.y].map(|number| (number as i32) * (WORLD >> self.zoom))
    }

    /// What belongs into the tile: itself with the buffer around.
    pub(super) fn window(self) -> Window {
        let buffer = BUFFER << Self::shift(self.zoom);
        let size = WORLD >> self.zoom;
        Window {
            min: self.origin().map(|at| at - buffer),
            max: self.origin().map(|at| at + size + buffer),
        }
    }

    /// A place in steps of the tile's own grid.
    pub(super) fn local(self, place: Place) -> Place {
        let shift = Self::shift(self.zoom);
        let half = (1 << shift) >> 1;
        let origin = self.origin();
        [0, 1].map(|axis: usize| (place[axis] - origin[axis] + half) >> shift)
    }

    /// Whether a place lies in the tile itself, which no place does in two tiles.
    pub(super) fn holds(self, place: Place) -> bool {
        let size = WORLD >> self.zoom;
        let origin = self.origin();
        [0, 1].iter().all(|&axis: &usize| {
            let at = place[axis] - origin[axis];
            (0..size).contains(&at)
        })
    }

    /// The four tiles of the next zoom.
    pub(super) fn children(self) -> [Self; 4] {
        [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| Self {
            zoom: self.zoom + 1,
            x: 2 * self.x + x,
            y: 2 * self.y + y,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_square_and_its_middle_is_where_the_equator_meets_greenwich() {
        assert_eq!(place(0.0, 0.0), [WORLD / 2, WORLD / 2]);
        assert_eq!(place(-180.0, MAX_LATITUDE), [0, 0]);
        assert_eq!(place(180.0, -MAX_LATITUDE), [WORLD, WORLD]);
        assert!(
            place(540.0, -90.0)
                .iter()
                .all(|&at| at > WORLD && at < 2 * WORLD + 1)
        );
    }

    #[test]
    fn a_place_is_in_one_tile_of_a_zoom() {
        let here = place(13.4, 52.5);
        let mut tile = Tile::WORLD;
        while tile.zoom < DEEPEST {
            let children = tile.children();
            let mut holding = children.iter().filter(|child| child.holds(here));
            tile = *holding.next().unwrap();
            assert_eq!(holding.next(), None);
        }
        // By the formula of the OpenStreetMap wiki.
        assert_eq!((tile.x, tile.y), (8801, 5374));
        assert!(tile.local(here).iter().all(|at| (0..EXTENT).contains(at)));
    }
}
