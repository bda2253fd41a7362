//! What the generator will say of the new one of two specs.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::operations::places;
use super::{adapted, compared};
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
    /// Looks at both as [`run`](crate::run) does: adapted, and through the generator, if nothing is refused before.
    pub fn new(specs: &Specs) -> Self {
        let new = adapted(&specs.new);
        let (mut refused, mut warnings): (Vec<_>, Vec<_>) = preflight(&new)
            .into_iter()
            .partition(|finding| finding.severity == Severity::Refused);
        if refused.is_empty() {
            refused = crate::generate::code_or_findings(&new)
                .err()
                .unwrap_or_default();
        }
        if specs.old == specs.new {
            warnings.clear();
        }
        if !warnings.is_empty() {
            let before = before(specs, &new);
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

/// What was found in the old spec: by which rule, and where that is in the new one.
fn before(specs: &Specs, new: &Value) -> HashSet<(&'static str, String)> {
    let old = adapted(&specs.old);
    let mut places = places(&specs.old, &specs.new);
    places.extend(compared((&specs.old, &old), (&specs.new, new), |it| {
        it.renamed
    }));
    let found = preflight(&old).into_iter();
    found
        .map(|it| (it.rule, moved(&it.pointer, &places)))
        .collect()
}

/// A pointer into the old spec as one into the new one, by what of it has another place there.
fn moved(pointer: &str, places: &HashMap<String, String>) -> String {
    let ends = pointer.match_indices('/').map(|(end, _)| end).skip(1);
    // An operation, a path or a named schema: the longest one that is known.
    let mut ends: Vec<_> = ends.chain([pointer.len()]).take(4).collect();
    ends.reverse();
    let found = ends.into_iter().find_map(|end| {
        let (start, rest) = pointer.split_at_checked(end)?;
        Some(format!("{}{rest}", places.get(start)?))
    });
    found.unwrap_or_else(|| pointer.to_string())
}
