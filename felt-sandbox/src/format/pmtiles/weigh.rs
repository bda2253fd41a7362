//! How much each vertex of a line matters: the area of the triangle that goes if the vertex is left out, after those
//! that matter less were (Visvalingam and Whyatt, 1993). Weighed once for all zooms and before anything is clipped,
//! so that neighbouring tiles leave out the same vertices.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::grid::Place;

/// A vertex with what it weighs: twice an area, in steps of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vertex {
    pub(super) at: Place,
    pub(super) weight: u64,
}

/// Of a vertex that is never left out.
pub(super) const ESSENTIAL: u64 = u64::MAX;

/// Twice the area between three places.
fn triangle([a, b, c]: [Place; 3]) -> u64 {
    let [[ax, ay], [bx, by], [cx, cy]] = [a, b, c].map(|at| at.map(i64::from));
    ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)).unsigned_abs()
}

/// Weighs a line, whose ends are essential, or a ring, of which three vertices are.
pub(super) fn weigh(places: &[Place], ring: bool) -> Vec<Vertex> {
    let count = places.len();
    let mut vertices: Vec<Vertex> = places
        .iter()
        .map(|&at| Vertex {
            at,
            weight: ESSENTIAL,
        })
        .collect();
    let least = if ring { 3 } else { 2 };
    if count <= least {
        return vertices;
    }
    // A vertex's neighbours among those that are left.
    let mut before: Vec<usize> = (0..count).map(|i| (i + count - 1) % count).collect();
    let mut after: Vec<usize> = (0..count).map(|i| (i + 1) % count).collect();
    let mut current = vec![ESSENTIAL; count];
    let mut heap = BinaryHeap::with_capacity(count);
    let inner = if ring { 0..count } else { 1..count - 1 };
    for i in inner.clone() {
        current[i] = triangle([places[before[i]], places[i], places[after[i]]]);
        heap.push(Reverse((current[i], i)));
    }
    let mut left = count;
    let mut heaviest = 0;
    while left > least
        && let Some(Reverse((area, i))) = heap.pop()
    {
        if area != current[i] {
            // It was weighed anew since, or left out.
            continue;
        }
        // None weighs less than what had to go before it.
        heaviest = area.max(heaviest);
        vertices[i].weight = heaviest;
        current[i] = ESSENTIAL;
        left -= 1;
        let (b, a) = (before[i], after[i]);
        after[b] = a;
        before[a] = b;
        for neighbour in [b, a] {
            if inner.contains(&neighbour) {
                let corner = [before[neighbour], neighbour, after[neighbour]].map(|i| places[i]);
                current[neighbour] = triangle(corner);
                heap.push(Reverse((current[neighbour], neighbour)));
            }
        }
    }
    vertices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(places: &[Place], ring: bool) -> Vec<u64> {
        weigh(places, ring).iter().map(|v| v.weight).collect()
    }

    #[test]
    fn what_stands_out_weighs_more() {
        let line = [[0, 0], [10, 1], [20, 0], [30, 50], [40, 0]];
        let found = weights(&line, false);
        assert_eq!((found[0], found[4]), (ESSENTIAL, ESSENTIAL));
        assert!(found[1] < found[2] && found[2] < found[3], "{found:?}");
    }

    #[test]
    fn a_ring_keeps_three_vertices_and_a_line_two() {
        let square = [[0, 0], [10, 0], [10, 10], [0, 10]];
        let essential = |found: &[u64]| found.iter().filter(|&&w| w == ESSENTIAL).count();
        assert_eq!(essential(&weights(&square, true)), 3);
        assert_eq!(essential(&weights(&square, false)), 2);
        assert_eq!(weights(&square[..1], true), [ESSENTIAL]);
        assert!(weights(&[], false).is_empty());
        // All in one place.
        assert_eq!(essential(&weights(&[[7, 7]; 9], true)), 3);
    }

    #[test]
    fn a_long_line_takes_no_longer_than_sorting_it() {
        // A comb, where one tooth after the other has to be weighed anew.
        let comb: Vec<Place> = (0..200_000).map(|i| [i, (i % 2) * 1_000_000]).collect();
        assert_eq!(weights(&comb, true).len(), comb.len());
    }
}
