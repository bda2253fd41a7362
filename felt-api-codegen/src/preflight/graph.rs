//! Things that lead to others: which of them lead to a circle, and which are in one.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Where things lead. They are numbered, so that what looks for circles is compiled once, whatever they are.
pub(super) struct Graph<T> {
    numbers: HashMap<T, usize>,
    ways: Vec<Vec<T>>,
}

impl<T: Eq + Hash> Graph<T> {
    pub fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            ways: Vec::new(),
        }
    }

    /// A thing that is not there yet. What leads to one that never comes leads nowhere.
    pub fn add(&mut self, from: T, to: Vec<T>) {
        self.numbers.insert(from, self.ways.len());
        self.ways.push(to);
    }

    pub fn contains(&self, one: &T) -> bool {
        self.numbers.contains_key(one)
    }

    pub fn len(&self) -> usize {
        self.ways.len()
    }

    /// From where one comes back to where one was.
    pub fn in_circles(self) -> Chosen<T> {
        self.chosen(in_circles)
    }

    /// What leads to a circle.
    pub fn without_ends(self) -> Chosen<T> {
        self.chosen(without_ends)
    }

    fn chosen(self, choose: fn(&Numbered) -> HashSet<usize>) -> Chosen<T> {
        let mut ways = Vec::new();
        for to in &self.ways {
            let mut known = Vec::new();
            for one in to {
                known.extend(self.numbers.get(one));
            }
            ways.push(known);
        }
        Chosen {
            chosen: choose(&ways),
            numbers: self.numbers,
        }
    }
}

/// Some of the things.
pub(super) struct Chosen<T> {
    numbers: HashMap<T, usize>,
    chosen: HashSet<usize>,
}

impl<T: Eq + Hash> Chosen<T> {
    pub fn contains(&self, one: &T) -> bool {
        let number = self.numbers.get(one);
        number.is_some_and(|number| self.chosen.contains(number))
    }
}

/// Where each leads, by the number that it has itself.
type Numbered = Vec<Vec<usize>>;

fn in_circles(ways: &Numbered) -> HashSet<usize> {
    // What leads to nothing but ends is in no circle, and what nothing but such things lead to is not either.
    let ways = turned(&among(ways, &without_ends(ways)));
    let ways = among(&ways, &without_ends(&ways));
    let comes_back = |start: &usize| {
        let mut seen = HashSet::new();
        let mut open = vec![*start];
        while let Some(at) = open.pop() {
            for next in ways.get(at).into_iter().flatten() {
                if next == start {
                    return true;
                }
                if seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        false
    };
    (0..ways.len()).filter(comes_back).collect()
}

fn without_ends(ways: &Numbered) -> HashSet<usize> {
    let back = turned(ways);
    let mut count: Vec<_> = ways.iter().map(Vec::len).collect();
    let mut left: HashSet<_> = (0..ways.len()).collect();
    let mut ends: Vec<_> = (0..ways.len())
        .filter(|one| count.get(*one) == Some(&0))
        .collect();
    while let Some(end) = ends.pop() {
        left.remove(&end);
        for from in back.get(end).into_iter().flatten() {
            if let Some(count) = count.get_mut(*from) {
                *count -= 1;
                if *count == 0 {
                    ends.push(*from);
                }
            }
        }
    }
    left
}

/// What leads from some of them to some of them.
fn among(ways: &Numbered, some: &HashSet<usize>) -> Numbered {
    let mut found = vec![Vec::new(); ways.len()];
    for (from, (to, kept)) in ways.iter().zip(&mut found).enumerate() {
        if some.contains(&from) {
            kept.extend(to.iter().filter(|one| some.contains(one)));
        }
    }
    found
}

fn turned(ways: &Numbered) -> Numbered {
    let mut back = vec![Vec::new(); ways.len()];
    for (from, to) in ways.iter().enumerate() {
        for one in to {
            if let Some(back) = back.get_mut(*one) {
                back.push(from);
            }
        }
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_circle_or_from_one_to_another_is_in_none() {
        let mut graph = Graph::new();
        for (from, to) in [
            ("a", vec!["b", "b"]),
            ("z", vec!["b"]),
            ("b", vec!["c", "end"]),
            ("c", vec!["b", "d"]),
            ("d", vec!["e"]),
            ("e", vec!["e", "nowhere"]),
            ("end", vec![]),
        ] {
            graph.add(from, to);
        }
        let circular = graph.in_circles();
        let names = ["a", "z", "b", "c", "d", "e", "end", "nowhere"];
        let found: Vec<_> = names
            .into_iter()
            .filter(|name| circular.contains(name))
            .collect();
        assert_eq!(found, ["b", "c", "e"]);
    }
}
