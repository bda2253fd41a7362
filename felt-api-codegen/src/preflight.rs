//! What progenitor and openapiv3 would panic on or refuse, found before they do, all at once.

use std::fmt;

use serde_json::Value;

use crate::error::Error;

mod bodies;
mod document;
mod operations;
mod parameters;
mod schemas;
mod shape;

pub(crate) use operations::snake;
pub(crate) use shape::shape;

/// Something in a spec that cannot be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule that is broken.
    pub rule: &'static str,
    /// The JSON pointer to what breaks it; empty for the document itself.
    pub pointer: String,
    /// What is wrong with it.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    pub(crate) fn new(
        rule: &'static str,
        pointer: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            pointer: pointer.into(),
            why: why.into(),
            fix: fix.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the document"
        } else {
            &self.pointer
        };
        write!(f, "{place} ({}): {}; {}", self.rule, self.why, self.fix)
    }
}

/// A rule looks at the whole spec and says where it is broken.
type Rule = fn(&Value) -> Vec<Finding>;

const RULES: [Rule; 12] = [
    document::version,
    document::references,
    document::paths,
    shape,
    operations::ids,
    operations::statuses,
    operations::websockets,
    parameters::parameters,
    bodies::requests,
    bodies::responses,
    schemas::circles,
    schemas::types,
];

/// Looks for everything on which progenitor would panic, which it would refuse, or which would end in
/// code that does not compile, as far as that can be told from the spec. An adapted spec is expected:
/// in one as vendors write them, the error responses alone are found in nearly every operation.
///
/// The findings are sorted by pointer. None means that [`generate`](crate::generate()) is worth
/// calling, not that it must succeed.
pub fn preflight(spec: &Value) -> Vec<Finding> {
    let mut findings: Vec<_> = RULES.iter().flat_map(|rule| rule(spec)).collect();
    findings.sort_by(|a, b| (&a.pointer, a.rule, &a.why).cmp(&(&b.pointer, b.rule, &b.why)));
    findings.dedup();
    findings
}

/// All findings in one message.
pub(crate) fn refusal(findings: &[Finding]) -> Error {
    let things = match findings.len() {
        1 => "1 thing in the spec stands".to_string(),
        things => format!("{things} things in the spec stand"),
    };
    let lines: String = findings
        .iter()
        .map(|finding| format!("\n- {finding}"))
        .collect();
    Error::new(format!("{things} in the way of the generator:{lines}"))
}
