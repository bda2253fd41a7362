//! What is said of findings where they are not all that is said.

use super::Finding;
use crate::error::Error;
use crate::generate::PROGENITOR;

/// So many are told one by one.
const FEW: usize = 10;

/// Of so many more of a rule it is said where they are.
const PLACES: usize = 3;

/// All findings in one message.
pub(crate) fn refusal(findings: &[Finding]) -> Error {
    let lines = findings.iter().map(|finding| format!("\n- {finding}"));
    let lines: String = lines.collect();
    Error::new(format!("{}:{lines}", number(findings)))
}

/// The same in as many lines as there are rules, or twice as many, if there are many findings.
pub(crate) fn short_refusal(findings: &[Finding]) -> Error {
    let lines = told(findings).into_iter().map(|(first, others)| {
        let more = more(&others, str::to_string);
        format!(
            "\n- {first}{}",
            more.map_or(String::new(), |more| format!("\n  {more}"))
        )
    });
    let lines: String = lines.collect();
    Error::new(format!("{}:{lines}", number(findings)))
}

/// Every finding alone, or, if there are many, as [`by_rule`].
pub(crate) fn told(findings: &[Finding]) -> Vec<(&Finding, Vec<&Finding>)> {
    match is_shortened(findings) {
        true => by_rule(findings),
        false => findings.iter().map(|one| (one, Vec::new())).collect(),
    }
}

/// How many there are beside the first, and where.
pub(crate) fn more(others: &[&Finding], shown: impl Fn(&str) -> String) -> Option<String> {
    let places = others.iter().take(PLACES).map(|it| shown(it.place()));
    let mut places: Vec<String> = places.collect();
    if others.len() > PLACES {
        places.push("...".to_string());
    }
    let places = places.join(", ");
    (!others.is_empty()).then(|| format!("and {} more: {places}", others.len()))
}

/// Whether [`told`] leaves something out, which `preflight` tells.
pub(crate) fn is_shortened(findings: &[Finding]) -> bool {
    // What progenitor has refused is something else each time.
    let is_alike = |finding: &Finding| finding.rule != PROGENITOR.name;
    findings.len() > FEW && findings.iter().all(is_alike)
}

/// The first finding of each rule, and the others: a vendor who forgets something forgets it everywhere.
pub(crate) fn by_rule(findings: &[Finding]) -> Vec<(&Finding, Vec<&Finding>)> {
    let mut rules: Vec<(&Finding, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        match rules.iter_mut().find(|(one, _)| one.rule == finding.rule) {
            Some((_, others)) => others.push(finding),
            None => rules.push((finding, Vec::new())),
        }
    }
    rules
}

fn number(findings: &[Finding]) -> String {
    match findings.len() {
        1 => "1 thing in the spec stands in the way of the generator".to_string(),
        things => format!("{things} things in the spec stand in the way of the generator"),
    }
}
