//! Holes in the polygon that they are in. The overlay library (9.1) finds all rings, but where many touch it now and
//! then takes a hole for one of a neighbour.

use super::grid::Place;
use super::polygon::{Ring, doubled_area};

/// Moves holes that lie outside their polygon's outer ring, which is its first, to the polygon that they are in.
pub(super) fn rehome(polygons: &mut [Vec<Ring>]) {
    let mut astray = Vec::new();
    for polygon in polygons.iter_mut() {
        let Some((outer, holes)) = polygon.split_first() else {
            continue;
        };
        if holes.iter().all(|hole| lies_in(hole, outer)) {
            continue;
        }
        let outer = outer.clone();
        let mut index = 0;
        polygon.retain(|ring| {
            index += 1;
            let stays = index == 1 || lies_in(ring, &outer);
            if !stays {
                astray.push(ring.clone());
            }
            stays
        });
    }
    for hole in astray {
        // The smallest, since in a hole there may be an island with a hole.
        let home = polygons
            .iter_mut()
            .filter_map(|polygon| {
                let outer = polygon.first().filter(|outer| lies_in(&hole, outer))?;
                Some((doubled_area(outer), polygon))
            })
            .min_by_key(|(area, _)| *area);
        if let Some((_, home)) = home {
            home.push(hole);
        }
    }
}

/// Whether a ring lies within another that it does not cross. It may touch it, which tells nothing.
fn lies_in(ring: &[Place], outer: &[Place]) -> bool {
    ring.iter()
        .find_map(|&place| is_inside(place, outer))
        .unwrap_or(true)
}

/// Whether a place is inside a ring; `None` if it is on it. Counts how often a ray to the east meets the ring.
fn is_inside(place: Place, ring: &[Place]) -> Option<bool> {
    let mut inside = false;
    let next = ring.iter().cycle().skip(1);
    for (from, to) in ring.iter().zip(next) {
        let (upper, lower) = if from[1] < to[1] {
            (from, to)
        } else {
            (to, from)
        };
        if place[1] < upper[1] || place[1] > lower[1] {
            continue;
        }
        let [[ax, ay], [bx, by], [x, y]] = [*upper, *lower, place].map(|at| at.map(i64::from));
        // Which side of the edge the place is on: positive is west, as the edge goes south.
        let side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
        if side == 0 && (ax.min(bx)..=ax.max(bx)).contains(&x) {
            return None;
        }
        // The lower end belongs to the next edge, or a ray through a corner would meet two.
        if y < by && side > 0 {
            inside = !inside;
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square([x, y]: Place, size: i32) -> Ring {
        vec![[x, y], [x + size, y], [x + size, y + size], [x, y + size]]
    }

    #[test]
    fn a_place_is_inside_outside_or_on_the_ring() {
        let ring = [[0, 0], [10, 0], [10, 10], [5, 5], [0, 10]];
        for (place, expected) in [
            ([5, 2], Some(true)),
            ([1, 8], Some(true)),
            ([5, 8], Some(false)),
            ([-1, 0], Some(false)),
            ([11, 0], Some(false)),
            ([-1, 5], Some(false)),
            ([5, 5], None),
            ([5, 0], None),
            ([7, 7], None),
            ([0, 0], None),
        ] {
            assert_eq!(is_inside(place, &ring), expected, "{place:?}");
        }
    }

    #[test]
    fn a_hole_goes_where_it_belongs() {
        let [left, right] = [square([0, 0], 10), square([10, 0], 10)];
        let [own, other] = [square([2, 2], 2), square([12, 2], 2)];
        let mut polygons = vec![
            vec![left.clone(), other.clone(), own.clone()],
            vec![right.clone()],
        ];
        rehome(&mut polygons);
        assert_eq!(polygons, [vec![left, own], vec![right, other]]);
    }
}
