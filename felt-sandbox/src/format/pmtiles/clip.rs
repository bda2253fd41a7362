//! Cutting geometries along the edges of a window, which are parallel to the axes.

use super::grid::{Place, Window};
use super::weigh::{ESSENTIAL, Vertex};

/// Where places lie, seen from a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Outside,
    /// Neither, or not known without looking closer.
    Across,
}

impl Window {
    pub(super) fn contains(&self, at: Place) -> bool {
        (0..2).all(|axis: usize| (self.min[axis]..=self.max[axis]).contains(&at[axis]))
    }

    pub(super) fn side(&self, vertices: &[Vertex]) -> Side {
        let Some(around) = Self::around(vertices.iter().map(|v| v.at)) else {
            return Side::Outside;
        };
        if (0..2).any(|axis: usize| {
            around.max[axis] < self.min[axis] || around.min[axis] > self.max[axis]
        }) {
            Side::Outside
        } else if self.contains(around.min) && self.contains(around.max) {
            Side::Inside
        } else {
            Side::Across
        }
    }

    /// The smallest window with these places in it.
    pub(super) fn around(places: impl IntoIterator<Item = Place>) -> Option<Self> {
        let mut places = places.into_iter();
        let first = places.next()?;
        let only = Self {
            min: first,
            max: first,
        };
        Some(places.fold(only, |so_far, at| Self {
            min: [so_far.min[0].min(at[0]), so_far.min[1].min(at[1])],
            max: [so_far.max[0].max(at[0]), so_far.max[1].max(at[1])],
        }))
    }
}

/// What of a ring lies in a window. Where it leaves and comes back, it follows the window's edge (Sutherland and
/// Hodgman, 1974): it can touch itself there, but encloses what it did before.
pub(super) fn ring(ring: &[Vertex], window: &Window) -> Vec<Vertex> {
    let mut clipped = ring.to_vec();
    for axis in 0..2 {
        clipped = half_plane(&clipped, axis, window.min[axis], true);
        clipped = half_plane(&clipped, axis, window.max[axis], false);
    }
    // What only ran along an edge encloses nothing.
    let edge = (0..2).any(|axis: usize| {
        [window.min[axis], window.max[axis]]
            .iter()
            .any(|&limit| clipped.iter().all(|v| v.at[axis] == limit))
    });
    if edge {
        return Vec::new();
    }
    // Little may be left of much.
    clipped.shrink_to_fit();
    clipped
}

fn half_plane(ring: &[Vertex], axis: usize, limit: i32, above: bool) -> Vec<Vertex> {
    let inside = |v: &Vertex| {
        if above {
            v.at[axis] >= limit
        } else {
            v.at[axis] <= limit
        }
    };
    let mut kept: Vec<Vertex> = Vec::with_capacity(ring.len());
    let mut push = |v: Vertex| {
        if kept.last().is_none_or(|last| last.at != v.at) {
            kept.push(v);
        }
    };
    let Some(mut previous) = ring.last() else {
        return Vec::new();
    };
    for vertex in ring {
        if inside(previous) != inside(vertex) {
            push(crossing(previous, vertex, axis, limit));
        }
        if inside(vertex) {
            push(*vertex);
        }
        previous = vertex;
    }
    if kept.len() > 1 && kept.first().map(|v| v.at) == kept.last().map(|v| v.at) {
        kept.pop();
    }
    kept
}

/// The parts of a line that lie in a window.
pub(super) fn line(line: &[Vertex], window: &Window) -> Vec<Vec<Vertex>> {
    let mut parts = vec![line.to_vec()];
    for axis in 0..2 {
        for (limit, above) in [(window.min[axis], true), (window.max[axis], false)] {
            parts = parts
                .iter()
                .flat_map(|part| half_line(part, axis, limit, above))
                .collect();
        }
    }
    parts
}

fn half_line(line: &[Vertex], axis: usize, limit: i32, above: bool) -> Vec<Vec<Vertex>> {
    let inside = |v: &Vertex| {
        if above {
            v.at[axis] >= limit
        } else {
            v.at[axis] <= limit
        }
    };
    let mut parts = Vec::new();
    let mut part: Vec<Vertex> = Vec::new();
    let mut previous: Option<&Vertex> = None;
    for vertex in line {
        if let Some(previous) = previous
            && inside(previous) != inside(vertex)
        {
            part.push(crossing(previous, vertex, axis, limit));
            if inside(previous) {
                parts.push(std::mem::take(&mut part));
            }
        }
        if inside(vertex) {
            part.push(*vertex);
        }
        previous = Some(vertex);
    }
    parts.push(part);
    parts.retain(|part| part.len() > 1);
    parts
}

/// Where the way between two vertices on either side of a limit meets it; the same in both directions, or two
/// polygons would no longer share a border.
fn crossing(one: &Vertex, other: &Vertex, axis: usize, limit: i32) -> Vertex {
    let across = 1 - axis;
    let (low, high) = if one.at[axis] < other.at[axis] {
        (one.at, other.at)
    } else {
        (other.at, one.at)
    };
    let [run, rise, way] = [
        i64::from(high[axis]) - i64::from(low[axis]),
        i64::from(high[across]) - i64::from(low[across]),
        i64::from(limit) - i64::from(low[axis]),
    ];
    // Never 0, since the two are on different sides. Rounded to the nearest.
    let offset = (2 * way * rise + run).div_euclid((2 * run).max(1));
    let mut at = [limit; 2];
    at[across] = (i64::from(low[across]) + offset) as i32;
    Vertex {
        at,
        weight: ESSENTIAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        min: [0, 0],
        max: [10, 10],
    };

    fn vertices(places: &[Place]) -> Vec<Vertex> {
        places.iter().map(|&at| Vertex { at, weight: 5 }).collect()
    }

    fn places(vertices: &[Vertex]) -> Vec<Place> {
        vertices.iter().map(|v| v.at).collect()
    }

    #[test]
    fn a_ring_is_cut_at_the_edges() {
        let large = vertices(&[[-5, -5], [20, -5], [20, 20], [-5, 20]]);
        let mut cut = places(&ring(&large, &WINDOW));
        cut.sort_unstable();
        assert_eq!(cut, [[0, 0], [0, 10], [10, 0], [10, 10]]);
        assert_eq!(WINDOW.side(&large), Side::Across);

        let beside = vertices(&[[-5, 2], [0, 2], [0, 8], [-5, 8]]);
        assert!(ring(&beside, &WINDOW).is_empty());
        assert!(ring(&[], &WINDOW).is_empty());
    }

    #[test]
    fn a_line_that_leaves_and_returns_is_two() {
        let zigzag = vertices(&[[2, 5], [14, 5], [14, 8], [2, 8]]);
        let parts = line(&zigzag, &WINDOW);
        let parts: Vec<_> = parts.iter().map(|part| places(part)).collect();
        assert_eq!(parts, [[[2, 5], [10, 5]], [[10, 8], [2, 8]]]);
        let through = line(&vertices(&[[-4, 5], [14, 5]]), &WINDOW);
        assert_eq!(places(&through[0]), [[0, 5], [10, 5]]);
        assert!(line(&vertices(&[[11, 0], [11, 10]]), &WINDOW).is_empty());
    }

    #[test]
    fn a_crossing_is_the_same_in_both_directions() {
        let [a, b] = [[-3, 1], [4, 9]].map(|at| Vertex { at, weight: 0 });
        for (axis, limit) in [(0, 0), (0, 3), (1, 4), (1, 8)] {
            assert_eq!(crossing(&a, &b, axis, limit), crossing(&b, &a, axis, limit));
        }
    }
}
