//! What the generator will say of the new one of two specs.

use std::collections::HashSet;

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
        let adapted = [&specs.old, &specs.new].map(|spec| {
            let mut adapted = spec.clone();
            crate::adapt(&mut adapted);
            adapted
        });
        let [old, new] = &adapted;
        let old = preflight(old);
        let old: HashSet<_> = old.iter().map(|it| (it.rule, &it.pointer)).collect();
        let (mut refused, mut warnings): (Vec<_>, Vec<_>) = preflight(new)
            .into_iter()
            .partition(|finding| finding.severity == Severity::Refused);
        if refused.is_empty() {
            refused = crate::generate::code_or_findings(new)
                .err()
                .unwrap_or_default();
        }
        warnings.retain(|it| !old.contains(&(it.rule, &it.pointer)));
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
