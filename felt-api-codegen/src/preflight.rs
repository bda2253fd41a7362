//! What progenitor and typify would panic on, refuse, or make something else of than the spec says, found
//! before they do, all at once.

use std::fmt;

use serde_json::Value;

use crate::document::{Kind, Node, Operation, nodes, operations};
use crate::visible;

mod circles;
mod cost;
mod document;
mod graph;
mod intersections;
mod made_of;
mod merges;
mod names;
mod operations;
mod order;
mod parameters;
mod requests;
mod responses;
mod rule;
mod schemas;
mod shape;
mod told;
mod types;
mod unions;
mod values;
mod ways;

use made_of::MadeOf;

pub(crate) use cost::costly;
pub(crate) use requests::is_plain_string;
pub use rule::{Rule, rules};
pub(crate) use schemas::fits;
pub(crate) use shape::shape;
pub(crate) use told::{by_rule, is_shortened, refusal, short_refusal};
#[cfg(feature = "command")]
pub(crate) use told::{more, told};
pub(crate) use types::{constant, same, tag, type_names};

/// What a finding means for the generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// There is no client, or one that does not compile, or that can never work where this is used.
    Refused,
    /// There is a client, but here it does something else than the spec says.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Refused => "refused",
            Severity::Warning => "warning",
        })
    }
}

/// Something in a spec that cannot be generated, or not as it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule that is broken; [`rules`] explains each.
    pub rule: &'static str,
    /// What follows from it.
    pub severity: Severity,
    /// The JSON pointer to what breaks it; empty for the document itself.
    pub pointer: String,
    /// What is wrong with it.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    pub(crate) fn new(
        rule: &'static Rule,
        pointer: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.name,
            severity: rule.severity,
            pointer: pointer.into(),
            why: why.into(),
            fix: fix.into(),
        }
    }

    /// The pointer, in words if it is empty.
    pub(crate) fn place(&self) -> &str {
        match self.pointer.as_str() {
            "" => "the document",
            pointer => pointer,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, why, fix, .. } = self;
        let told = format!("{} ({rule}): {why}; {fix}", self.place());
        f.write_str(&visible::line(&told))
    }
}

/// A spec taken apart once, for all checks.
struct Parts<'a> {
    spec: &'a Value,
    nodes: Vec<Node<'a>>,
    operations: Vec<Operation<'a>>,
    made_of: MadeOf,
}

impl<'a> Parts<'a> {
    fn new(spec: &'a Value) -> Self {
        let nodes = nodes(Kind::Document, spec);
        Self {
            spec,
            made_of: MadeOf::new(spec, &nodes),
            nodes,
            operations: operations(spec),
        }
    }

    /// A schema that is no reference, and the parts of its `allOf`, and theirs: what typify makes one
    /// struct of.
    fn all_of(&self, pointer: &str) -> impl Iterator<Item = &Node<'a>> {
        let numbers = self.made_of.all(pointer).into_iter();
        numbers.filter_map(|number| self.nodes.get(number))
    }

    fn schemas(&self) -> impl Iterator<Item = &Node<'a>> {
        self.nodes.iter().filter(|node| node.kind == Kind::Schema)
    }
}

/// A check looks at the whole spec and says where rules are broken.
type Check = fn(&Parts<'_>) -> Vec<Finding>;

const CHECKS: [Check; 25] = [
    document::version,
    document::references,
    document::paths,
    operations::ids,
    operations::statuses,
    operations::websockets,
    operations::servers,
    parameters::parameters,
    values::values,
    requests::requests,
    responses::responses,
    circles::circles,
    cost::costs,
    schemas::types,
    schemas::enums,
    schemas::keywords,
    names::schemas,
    names::properties,
    types::types,
    intersections::intersections,
    unions::alternatives,
    order::closed,
    ways::updates,
    ways::read_only,
    |parts| shape::faults_of(parts.spec, &parts.nodes),
];

/// Looks for everything on which progenitor would panic, which it would refuse, or which would end in
/// code that does not compile or does not do what the spec says, as far as that can be told from the
/// spec. An adapted spec is expected: in one as vendors write them, the error responses alone are found
/// in nearly every operation.
///
/// The findings are sorted by pointer. None that is [`Severity::Refused`] means that
/// [`generate`](crate::generate()) is worth calling, not that it must succeed:
/// [`Adapted::findings`](crate::Adapted::findings) asks that too.
pub fn preflight(spec: &Value) -> Vec<Finding> {
    let parts = Parts::new(spec);
    let mut findings = Vec::new();
    for check in CHECKS {
        findings.extend(check(&parts));
    }
    findings.sort_by(|a, b| (&a.pointer, a.rule, &a.why).cmp(&(&b.pointer, b.rule, &b.why)));
    findings.dedup();
    findings
}
