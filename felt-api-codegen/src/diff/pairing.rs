//! Which of the old branches of an `allOf`, `oneOf` or `anyOf` is which of the new ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::comparison::Comparison;
use super::sides::{Part, canonical};
use super::values::{kind, wordless};
use crate::document::{keys, reference};
use crate::preflight::constant;

impl<'a> Comparison<'a, '_> {
    /// Which branch was which, by position; in the order of the old ones. Equal ones first, then those with the same
    /// constant, those of one name, and those that are alike. What is left over is paired in order if as many are gone
    /// as have come.
    pub fn pairs(&self, key: &str, old: &[Part<'a>], new: &[Part<'a>]) -> Vec<(usize, usize)> {
        let mut left = Left {
            old: (0..old.len()).collect(),
            new: (0..new.len()).collect(),
            pairs: Vec::new(),
        };
        let of = |parts: &[Part<'a>], key: &dyn Fn(&Part<'a>) -> Option<String>| {
            parts.iter().map(key).collect::<Vec<_>>()
        };
        let equal = |part: &Part<'a>| Some(canonical(part.value));
        left.take_by_key(&of(old, &equal), &of(new, &equal));
        let was = constants(old.iter().map(|part| self.old.resolved(part)));
        let is = constants(new.iter().map(|part| self.new.resolved(part)));
        let telling: BTreeSet<_> = telling(&was).chain(telling(&is)).collect();
        let keys = |all: &[Constants<'a>]| {
            let key = |constants: &Constants<'a>| {
                let mut own = constants.clone();
                own.retain(|name, _| telling.contains(name));
                (!own.is_empty()).then(|| format!("{own:?}"))
            };
            all.iter().map(key).collect::<Vec<_>>()
        };
        left.take_by_key(&keys(&was), &keys(&is));
        let title = |part: &Part<'a>| part.text("title").map(str::to_string);
        left.take_by_key(&of(old, &title), &of(new, &title));
        // A schema that was renamed is the same branch.
        let name = |part: &Part<'a>| name(part).map(str::to_string);
        let renamed = |part: &Part<'a>| self.renamed.get(&name(part)?).cloned();
        left.take_by_key(&of(old, &renamed), &of(new, &name));
        // Of alternatives the only one that is left on each side is compared as any other `$ref` in the place of one. A
        // part of an `allOf` is not: what it no longer says may be said by the others.
        let is_last = left.old.len() == 1 && left.new.len() == 1;
        left.take(&self.likenesses(&left, is_last && key != "allOf", old, new));
        if left.old.len() == left.new.len() {
            let is_only = old.len() == 1 && new.len() == 1;
            let others = left.old.iter().zip(&left.new).map(|(was, is)| (*was, *is));
            let others = others.filter(|(was, is)| match (old.get(*was), new.get(*is)) {
                (Some(was), Some(is)) => is_only || self.can_be_one(was, is),
                _ => false,
            });
            left.pairs.extend(others);
        }
        left.pairs.sort_unstable();
        left.pairs
    }

    /// Whether one branch may be what has become of the other one. Of two schemas with names it is not, if one of them
    /// is there on both sides.
    fn can_be_one(&self, old: &Part<'_>, new: &Part<'_>) -> bool {
        match (name(old), name(new)) {
            (Some(was), Some(is)) if was != is => {
                self.new.spec.pointer(was).is_none() && self.old.spec.pointer(is).is_none()
            }
            _ => true,
        }
    }

    /// How much the branches that are left have in common, if anything: the most first.
    fn likenesses(
        &self,
        left: &Left,
        is_last: bool,
        old: &[Part<'a>],
        new: &[Part<'a>],
    ) -> Vec<(usize, usize)> {
        let resolved = |found: Option<Part<'a>>| found.map(|part| part.value);
        let mut found = Vec::new();
        for was in &left.old {
            for is in &left.new {
                let (Some(old), Some(new)) = (old.get(*was), new.get(*is)) else {
                    continue;
                };
                let ends = (
                    resolved(self.old.resolved(old)),
                    resolved(self.new.resolved(new)),
                );
                if let (Some(before), Some(after)) = ends
                    && (is_last || self.can_be_one(old, new))
                    && let Some(likeness) = likeness(before, after)
                {
                    found.push((likeness, *was, *is));
                }
            }
        }
        found.sort_by_key(|(likeness, was, is)| (std::cmp::Reverse(*likeness), *was, *is));
        found.into_iter().map(|(_, was, is)| (was, is)).collect()
    }
}

/// The branches that have no counterpart so far, and those that have one.
struct Left {
    old: Vec<usize>,
    new: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Left {
    /// Pairs those with the same key, the first with the first one.
    fn take_by_key(&mut self, old: &[Option<String>], new: &[Option<String>]) {
        let key = |keys: &[Option<String>], index: usize| keys.get(index).cloned().flatten();
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        for index in self.new.iter().rev() {
            if let Some(key) = key(new, *index) {
                by_key.entry(key).or_default().push(*index);
            }
        }
        let mut found = Vec::new();
        for index in &self.old {
            let same = key(old, *index).and_then(|key| by_key.get_mut(&key)?.pop());
            found.extend(same.map(|same| (*index, same)));
        }
        self.take(&found);
    }

    /// Pairs those that are left, in this order.
    fn take(&mut self, found: &[(usize, usize)]) {
        for (was, is) in found {
            if self.old.contains(was) && self.new.contains(is) {
                self.old.retain(|index| index != was);
                self.new.retain(|index| index != is);
                self.pairs.push((*was, *is));
            }
        }
    }
}

/// What a branch refers to.
fn name<'v>(branch: &Part<'v>) -> Option<&'v str> {
    reference(branch.value)?.strip_prefix('#')
}

/// The required properties of a branch that have one value.
type Constants<'v> = BTreeMap<&'v str, &'v str>;

fn constants<'v>(branches: impl Iterator<Item = Option<Part<'v>>>) -> Vec<Constants<'v>> {
    let of = |branch: &'v Value| {
        let names = keys(branch.get("properties"));
        let constants = names.filter_map(|name| Some((name.as_str(), constant(branch, name)?)));
        constants.collect()
    };
    branches
        .map(|branch| branch.map_or_else(Constants::new, |branch| of(branch.value)))
        .collect()
}

/// The constants in which any two of the branches differ: others tell nothing of which one it is.
fn telling<'v>(branches: &[Constants<'v>]) -> impl Iterator<Item = &'v str> {
    let names = branches.iter().flat_map(|one| one.keys().copied());
    names.filter(|name| {
        let mut values = branches.iter().map(|one| one.get(name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    })
}

/// How much two schemas of one kind have in common, in thousandths: what they say, and then of what; none if it is
/// nothing. Of an object it is its properties, and of listed values each of them.
fn likeness(old: &Value, new: &Value) -> Option<(usize, usize)> {
    if kind(old) != kind(new) {
        return None;
    }
    let names = |schema: &Value| keys(schema.get("properties")).cloned().collect();
    let members = |schema: &Value| {
        let said = wordless(schema).into_iter().flat_map(|(key, value)| {
            let values = match value {
                Value::Array(values) if key == "enum" => values,
                value => vec![value],
            };
            let said = values
                .into_iter()
                .map(move |value| format!("{key}: {}", canonical(&value)));
            said.collect::<Vec<_>>()
        });
        said.collect::<BTreeSet<_>>()
    };
    // A bound or a format that was edited is the same one; other items or branches are not.
    let keywords = |schema: &Value| {
        let mut said = wordless(schema);
        said.retain(|key, value| key != "type" && !value.is_array() && !value.is_object());
        said.into_iter().map(|(key, _)| key).collect()
    };
    let (was, is): (BTreeSet<_>, BTreeSet<_>) = (names(old), names(new));
    let likeness = match was.is_empty() || is.is_empty() {
        true => (
            common(&members(old), &members(new)),
            common(&keywords(old), &keywords(new)),
        ),
        false => (common(&was, &is), 0),
    };
    (likeness != (0, 0)).then_some(likeness)
}

/// How much two sets have in common, in thousandths.
fn common(old: &BTreeSet<String>, new: &BTreeSet<String>) -> usize {
    let all = old.union(new).count();
    old.intersection(new).count() * 1000 / all.max(1)
}
