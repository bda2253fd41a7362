//! Polygons as tiles must have them: rings that neither cross nor touch themselves along a line, around an area, the
//! outer ones turned one way and the holes the other.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;

use super::grid::{Place, Window};
use super::holes::rehome;

/// Without its last place, which would be its first again.
pub(super) type Ring = Vec<Place>;

/// Cells along each side of what is looked at for crowds.
const CELLS: i32 = 128;

/// Twice the area; positive for outer rings, and with y to the south that is clockwise, as tiles have it. A ring that
/// goes round the world a thousand times would be too much for 64 bits.
pub(super) fn doubled_area(ring: &[Place]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]))
        .map(i128::from)
        .sum()
}

/// A polygon as it was read, outer ring first, as rings that are turned as they should be. A polygon without an area
/// stays a ring.
pub(super) fn straighten(mut rings: Vec<Ring>) -> Vec<Ring> {
    for (index, ring) in rings.iter_mut().enumerate() {
        let outer = index == 0;
        if (doubled_area(ring) > 0) != outer {
            ring.reverse();
        }
    }
    if crowded(&rings) {
        return rings;
    }
    let paths = to_paths(&rings);
    let Some((outer, holes)) = paths.split_first() else {
        return rings;
    };
    let shapes = Overlay::from_subj_and_clip_custom(
        outer,
        holes,
        IntOverlayOptions::ogc(),
        Default::default(),
    )
    .overlay(OverlayRule::Difference, FillRule::NonZero);
    if shapes.is_empty() {
        rings.truncate(1);
        return rings;
    }
    shapes.into_iter().flatten().map(from_path).collect()
}

/// Makes polygons of rings that were valid once, and then were clipped and rounded to a coarser grid. Each is an
/// outer ring and its holes; what is smaller than `least`, an area, is left out.
pub(super) fn polygons(mut rings: Vec<Ring>, least: u64) -> Vec<Vec<Ring>> {
    if crowded(&rings) {
        // It would take minutes, and nobody could see the result: the grid has no room for it.
        rings = rings
            .iter()
            .filter(|ring| doubled_area(ring) > 0)
            .map(|ring| hull(ring))
            .collect();
        if crowded(&rings) {
            rings = vec![hull(&rings.concat())];
        }
    }
    let options = IntOverlayOptions {
        min_output_area: least,
        ..IntOverlayOptions::ogc()
    };
    // Of what was valid no place is enclosed less than zero times. Rounding makes such places, which are no area.
    let shapes = Overlay::from_subj_custom(&to_paths(&rings), options, Default::default())
        .overlay(OverlayRule::Subject, FillRule::Positive);
    let mut polygons: Vec<Vec<Ring>> = shapes
        .into_iter()
        .map(|shape| shape.into_iter().map(from_path).collect())
        .collect();
    rehome(&mut polygons);
    polygons
}

fn to_paths(rings: &[Ring]) -> Vec<Vec<IntPoint<i32>>> {
    rings
        .iter()
        .map(|ring| ring.iter().map(|&[x, y]| IntPoint::new(x, y)).collect())
        .collect()
}

fn from_path(path: Vec<IntPoint<i32>>) -> Ring {
    path.into_iter().map(|at| [at.x, at.y]).collect()
}

/// Whether so many edges lie so close together that they could cross each other more often than there is time for.
/// Counts the pairs of edges that share a cell of a coarse grid: only such can cross.
fn crowded(rings: &[Ring]) -> bool {
    let edges: usize = rings.iter().map(Vec::len).sum();
    let most = 50_000 + 100 * edges as u64;
    // So few do not reach it even if each crosses all others.
    if edges < 300 {
        return false;
    }
    let Some(around) = Window::around(rings.iter().flatten().copied()) else {
        return false;
    };
    let size = (0..2)
        .map(|axis: usize| around.max[axis] - around.min[axis])
        .max()
        .unwrap_or_default();
    let cell = size / CELLS + 1;
    let row = CELLS as usize + 1;
    let mut counts = vec![0_u64; row * row];
    let mut pairs = 0;
    for ring in rings {
        let next = ring.iter().cycle().skip(1);
        for (from, to) in ring.iter().zip(next) {
            let way = [to[0] - from[0], to[1] - from[1]];
            let steps = way[0].abs().max(way[1].abs()) / cell + 1;
            for step in 0..steps {
                let [column, line] = [0, 1].map(|axis: usize| {
                    let passed = i64::from(way[axis]) * i64::from(step) / i64::from(steps);
                    (i64::from(from[axis] - around.min[axis]) + passed) / i64::from(cell)
                });
                if let Some(count) = counts.get_mut(line as usize * row + column as usize) {
                    pairs += *count;
                    *count += 1;
                }
            }
            if pairs > most {
                return true;
            }
        }
    }
    false
}

/// The smallest convex ring around some places (Andrew, 1979).
fn hull(places: &[Place]) -> Ring {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.dedup();
    let half = |places: &mut dyn Iterator<Item = Place>| {
        let mut chain: Ring = Vec::new();
        for place in places {
            while let [.., a, b] = chain.as_slice()
                && doubled_area(&[*a, *b, place]) <= 0
            {
                chain.pop();
            }
            chain.push(place);
        }
        // It is the first of the other half.
        chain.pop();
        chain
    };
    let mut ring = half(&mut places.iter().copied());
    ring.extend(half(&mut places.iter().rev().copied()));
    ring
}

/// Whether all of a ring lies within a square of this size.
pub(super) fn fits_in(ring: &[Place], size: i32) -> bool {
    Window::around(ring.iter().copied())
        .is_none_or(|w| (0..2).all(|axis: usize| w.max[axis] - w.min[axis] < size))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Place; 4] = [[0, 0], [100, 0], [100, 100], [0, 100]];

    fn square(at: i32, size: i32) -> Ring {
        SQUARE
            .iter()
            .map(|p| p.map(|v| at + v * size / 100))
            .collect()
    }

    #[test]
    fn rings_are_turned_whichever_way_they_were() {
        for turn in [false, true] {
            let mut rings = vec![square(0, 100), square(10, 20)];
            if turn {
                rings.iter_mut().for_each(|ring| ring.reverse());
            }
            let areas: Vec<_> = straighten(rings).iter().map(|r| doubled_area(r)).collect();
            assert_eq!(areas, [20_000, -800]);
        }
    }

    #[test]
    fn a_bow_tie_is_two_polygons_and_nothing_is_nothing() {
        let bow_tie = straighten(vec![vec![[0, 0], [10, 10], [10, 0], [0, 10]]]);
        assert_eq!(polygons(bow_tie, 0).len(), 2);
        let flat = vec![vec![[0, 0], [10, 10], [5, 5]]];
        assert_eq!(straighten(flat.clone()).len(), 1);
        assert!(polygons(flat, 0).is_empty());
        assert!(polygons(vec![square(0, 2)], 5).is_empty());
        assert!(polygons(Vec::new(), 0).is_empty());
    }

    #[test]
    fn what_overlaps_is_one() {
        let found = polygons(vec![square(0, 100), square(50, 100)], 0);
        assert_eq!(found.len(), 1);
        assert_eq!(doubled_area(&found[0][0]), 2 * (2 * 10_000 - 2_500));
    }

    #[test]
    fn a_tangle_becomes_its_outline() {
        // Places that look random, in no order: each edge crosses a third of the others.
        let mut seed = 1_u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 20) as i32
        };
        let tangle: Ring = (0..50_000).map(|_| [random(), random()]).collect();
        let found = polygons(vec![tangle.clone(), tangle.into_iter().rev().collect()], 0);
        assert_eq!(found.len(), 1);
        let area = doubled_area(&found[0][0]);
        assert!(area > 33_000_000, "{area}");
    }

    #[test]
    fn a_hull_is_convex() {
        let mut places = square(0, 100);
        places.extend([[50, 50], [0, 50], [100, 0]]);
        assert_eq!(hull(&places), SQUARE);
        assert!(hull(&[[1, 1], [1, 1]]).len() < 3);
    }
}
