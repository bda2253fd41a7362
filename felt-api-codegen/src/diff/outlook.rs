//! What the generator will say of the new one of two specs.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::operations::places;
use super::parameters::identity;
use crate::document::join;
use crate::overlay::Applied;
use crate::preflight::{Finding, Severity, preflight};
use crate::source::Specs;

/// What a client that is generated from the new one of two specs will meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Why there will be none: all that the generator refuses in the new spec, also if it did before.
    pub refused: Vec<Finding>,
    /// Where it will do something else than the spec says, and did not before.
    pub warnings: Vec<Finding>,
    /// Actions of overlays that are of no use in the new spec, and were in the old one.
    pub idle: Vec<Applied>,
}

impl Outlook {
    /// Looks at both, as they are adapted, as [`run`](crate::run()) does, and through the generator, if nothing is
    /// refused before. `renamed` are the named schemas that have another place in the new one.
    pub(super) fn new(
        specs: &Specs,
        (old, new): (&Value, &Value),
        renamed: HashMap<String, String>,
    ) -> Self {
        let (mut refused, mut warnings): (Vec<_>, Vec<_>) = preflight(new)
            .into_iter()
            .partition(|finding| finding.severity == Severity::Refused);
        if refused.is_empty() {
            refused = crate::generate::code_or_findings(new)
                .err()
                .unwrap_or_default();
        }
        if specs.old == specs.new {
            warnings.clear();
        }
        if !warnings.is_empty() {
            let mut places = places(&specs.old, &specs.new);
            places.extend(renamed);
            shifted((old, ""), (new, ""), new, &mut places);
            let before: HashSet<_> = preflight(old)
                .into_iter()
                .map(|it| (it.rule, moved(&it.pointer, &places)))
                .collect();
            warnings.retain(|it| !before.contains(&(it.rule, it.pointer.clone())));
        }
        Self {
            refused,
            warnings,
            idle: specs.idle.clone(),
        }
    }

    /// What there is of findings, with what they mean.
    pub(super) fn told(&self) -> impl Iterator<Item = (&'static str, &[Finding])> {
        let all = [
            (
                "No client can be generated from the new spec",
                self.refused.as_slice(),
            ),
            (
                "What will be otherwise in the client than the new spec says, and was not before",
                self.warnings.as_slice(),
            ),
        ];
        all.into_iter().filter(|(_, findings)| !findings.is_empty())
    }
}

/// Adds where elements of lists are that stand elsewhere among the others: those that are equal, such as branches of
/// alternatives, and parameters by their names. One that is equal where it stands has not moved, though others are equal,
/// too. `spec` is the new one, which the second part belongs to.
fn shifted(
    (old, was): (&Value, &str),
    (new, is): (&Value, &str),
    spec: &Value,
    places: &mut HashMap<String, String>,
) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, old) in old {
                let was = join(was, key);
                let (is, new) = match places.get(&was) {
                    Some(moved) => (moved.clone(), spec.pointer(moved)),
                    None => (join(is, key), new.get(key)),
                };
                if let Some(new) = new {
                    shifted((old, &was), (new, &is), spec, places);
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let stays = |index: &usize| old.get(*index) == new.get(*index);
            let mut taken: HashSet<_> = (0..old.len()).filter(stays).collect();
            for (index, old) in old.iter().enumerate().filter(|(_, old)| old.is_object()) {
                let own = Some(index).filter(|index| new.get(*index) == Some(old));
                let same = own.or_else(|| {
                    let mut others = new.iter().enumerate();
                    let is_it = |(at, new): &(usize, &Value)| *new == old && !taken.contains(at);
                    others.find(is_it).map(|(at, _)| at)
                });
                taken.extend(same);
                let same = same.or_else(|| {
                    let name = identity(old);
                    let is_it = |new: &Value| identity(new) == name;
                    new.iter().position(is_it).filter(|_| name != [None; 3])
                });
                let now = same.unwrap_or(index);
                let Some(new) = new.get(now) else {
                    continue;
                };
                let (was, is) = (format!("{was}/{index}"), format!("{is}/{now}"));
                shifted((old, &was), (new, &is), spec, places);
                if now != index {
                    places.insert(was, is);
                }
            }
        }
        _ => {}
    }
}

/// A pointer into the old spec as one into the new one, by what of it has another place there.
fn moved(pointer: &str, places: &HashMap<String, String>) -> String {
    let ends = pointer.match_indices('/').map(|(end, _)| end);
    // The longest part that is known.
    let mut ends: Vec<_> = ends.chain([pointer.len()]).collect();
    ends.reverse();
    let found = ends.into_iter().find_map(|end| {
        let (start, rest) = pointer.split_at_checked(end)?;
        Some(format!("{}{rest}", places.get(start)?))
    });
    found.unwrap_or_else(|| pointer.to_string())
}
