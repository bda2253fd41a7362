//! The report that a reviewer reads, or a program.

use serde_json::{Value, json};

use super::{Bump, Difference, Outlook, RustEffect, SpecSide, WireEffect};
use crate::overlay::Applied;
use crate::preflight::{Finding, is_shortened, more, told};
use crate::visible::{is_seen, line};

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For a comment on a change.
    Markdown,
    /// For a program: an object with `bump`, the numbers of `wire` and `rust` effects, `differences`, and all of the
    /// [`Outlook`]: `refused`, `warnings` and `idle`.
    Json,
}

/// What is said where nothing differs. Of files that do, nobody is to be left with less.
const NOTHING: [&str; 2] = [
    "No differences in meaning: nothing to release.",
    "Where files differ nevertheless, it is in the order of keys or lists, or in saying what holds anyway \
     (`deprecated: false`).",
];

/// The differences as a report: the worst first, then the version bump that they call for, and what the generator will
/// say. It ends with a line break.
pub fn diff_report(differences: &[Difference], outlook: &Outlook, format: DiffFormat) -> String {
    let mut sorted: Vec<_> = differences.iter().collect();
    // Stable: what weighs the same stays in the order of pointers.
    sorted.sort_by_key(|one| std::cmp::Reverse((one.wire, one.rust)));
    match format {
        DiffFormat::Text => text(&sorted, differences, outlook),
        DiffFormat::Markdown => markdown(&sorted, differences, outlook),
        DiffFormat::Json => to_json(&sorted, differences, outlook),
    }
}

/// Whether a difference is in words for people only.
fn is_quiet(one: &Difference) -> bool {
    one.wire == WireEffect::Safe && one.rust == RustEffect::None
}

fn place(one: &Difference) -> String {
    let pointer = match one.pointer.as_str() {
        "" => "the document",
        pointer => pointer,
    };
    match one.side {
        SpecSide::Old => format!("{pointer} (in the old spec)"),
        SpecSide::New => pointer.to_string(),
    }
}

fn text(sorted: &[&Difference], all: &[Difference], outlook: &Outlook) -> String {
    let mut report = String::new();
    for one in sorted {
        report += &format!(
            "{}\n  {}: {}\n",
            line(&place(one)),
            one.rule,
            line(&one.what)
        );
        if !is_quiet(one) {
            report += &format!("  wire {}: {}\n", one.wire, line(&one.on_the_wire));
            report += &format!("  Rust {}: {}\n", one.rust, line(&one.in_rust));
        }
        report.push('\n');
    }
    report += &format!("{}\n", summary(all).join("\n"));
    for (title, findings) in outlook.told() {
        report += &format!("\n{title}:\n");
        for (first, others) in told(findings) {
            report += &format!("- {first}\n");
            if let Some(more) = more(&others, line) {
                report += &format!("  {more}\n");
            }
        }
        if is_shortened(findings) {
            report += "`--format json` tells them all\n";
        }
    }
    if !outlook.idle.is_empty() {
        report += &format!("\n{IDLE}:\n");
    }
    for action in &outlook.idle {
        report += &format!("- {}: {}\n", line(&action.to_string()), why_idle(action));
    }
    report
}

/// What stands above the actions of an [`Outlook`].
const IDLE: &str = "Actions of overlays that are of no use in the new spec";

fn why_idle(action: &Applied) -> String {
    action.idle.map_or(String::new(), |idle| idle.to_string())
}

fn markdown(sorted: &[&Difference], all: &[Difference], outlook: &Outlook) -> String {
    let mut report = String::from("## Changes of the spec\n\n");
    for line in summary(all) {
        report += &format!("{}\n\n", line.replace("- ", ""));
    }
    for (title, findings) in outlook.told() {
        report += &format!("### {title}\n\n");
        for (first, others) in told(findings) {
            let Finding { rule, why, fix, .. } = first;
            let why = inline(&format!("{why}; {fix}").replace('\n', " "));
            report += &format!("- **{rule}**: {why}  \n  `{}`\n", code(first.place()));
            if let Some(more) = more(&others, |place| format!("`{}`", code(place))) {
                report += &format!("  - {more}\n");
            }
        }
        report.push('\n');
        if is_shortened(findings) {
            report += "`--format json` tells them all.\n\n";
        }
    }
    if !outlook.idle.is_empty() {
        report += &format!("### {IDLE}\n\n");
        for action in &outlook.idle {
            report += &format!("- `{}`: {}\n", code(&action.to_string()), why_idle(action));
        }
        report.push('\n');
    }
    let titles = [
        ("Breaks installed clients", Some(WireEffect::Breaks)),
        ("Needs care", Some(WireEffect::Care)),
        ("Safe on the wire", Some(WireEffect::Safe)),
        ("Nothing that a client notices", None),
    ];
    for (title, wire) in titles {
        let is_here = |one: &&&Difference| match wire {
            Some(wire) => one.wire == wire && !is_quiet(one),
            None => is_quiet(one),
        };
        let here: Vec<_> = sorted.iter().filter(is_here).collect();
        if here.is_empty() {
            continue;
        }
        report += &format!("### {title}\n\n");
        for one in here {
            report += &format!(
                "- **{}**: {}  \n  `{}`",
                one.rule,
                inline(&one.what),
                code(&place(one))
            );
            if !is_quiet(one) {
                report += &format!("\n  - wire {}: {}", one.wire, inline(&one.on_the_wire));
                report += &format!("\n  - Rust {}: {}", one.rust, inline(&one.in_rust));
            }
            report.push('\n');
        }
        report.push('\n');
    }
    report.trim_end().to_string() + "\n"
}

/// Names of the spec stand between backticks; what is outside of them must not be markup.
fn inline(text: &str) -> String {
    let text = line(text);
    let pieces = text.split('`').enumerate().map(|(index, piece)| {
        if index % 2 == 1 {
            return format!("`{piece}`");
        }
        piece
            .replace('<', "&lt;")
            .replace('_', "\\_")
            .replace('*', "\\*")
            .replace('[', "\\[")
    });
    pieces.collect()
}

fn code(text: &str) -> String {
    line(text).replace('`', "'")
}

fn to_json(sorted: &[&Difference], all: &[Difference], outlook: &Outlook) -> String {
    let differences: Vec<Value> = sorted
        .iter()
        .map(|one| {
            json!({
                "rule": one.rule,
                "spec": one.side.to_string(),
                "pointer": one.pointer,
                "what": one.what,
                "wire": {"effect": one.wire.to_string(), "why": one.on_the_wire},
                "rust": {"effect": one.rust.to_string(), "why": one.in_rust},
            })
        })
        .collect();
    let wire = [WireEffect::Breaks, WireEffect::Care, WireEffect::Safe];
    let wire: serde_json::Map<_, _> = wire
        .iter()
        .map(|effect| (effect.to_string(), count_wire(all, *effect).into()))
        .collect();
    let rust = [
        RustEffect::Breaks,
        RustEffect::Behaviour,
        RustEffect::Additive,
        RustEffect::None,
    ];
    let rust: serde_json::Map<_, _> = rust
        .iter()
        .map(|effect| (effect.to_string(), count_rust(all, *effect).into()))
        .collect();
    let report = json!({
        "bump": Bump::of(all).to_string(),
        "wire": wire,
        "rust": rust,
        "differences": differences,
        "refused": outlook.refused.iter().map(finding).collect::<Vec<_>>(),
        "warnings": outlook.warnings.iter().map(finding).collect::<Vec<_>>(),
        "idle": outlook.idle.iter().map(|action| {
            json!({"action": action.action, "target": action.target, "why": why_idle(action)})
        }).collect::<Vec<_>>(),
    });
    format!("{}\n", seen(&format!("{report:#}")))
}

/// The same JSON, of what shows only.
fn seen(json: &str) -> String {
    let mut seen = String::new();
    for c in json.chars() {
        if is_seen(c) || c == '\n' {
            seen.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            seen += &format!("\\u{unit:04x}");
        }
    }
    seen
}

fn finding(one: &Finding) -> Value {
    json!({"rule": one.rule, "pointer": one.pointer, "why": one.why, "fix": one.fix})
}

fn count_wire(all: &[Difference], effect: WireEffect) -> usize {
    all.iter().filter(|one| one.wire == effect).count()
}

fn count_rust(all: &[Difference], effect: RustEffect) -> usize {
    all.iter().filter(|one| one.rust == effect).count()
}

/// How many there are of which kind, and what follows from it.
fn summary(all: &[Difference]) -> Vec<String> {
    let bump = Bump::of(all);
    let count = match all.len() {
        0 => return NOTHING.map(str::to_string).to_vec(),
        1 => "1 difference".to_string(),
        many => format!("{many} differences"),
    };
    let wire = format!(
        "On the wire, for clients that are installed: {} break, {} need care, {} are safe.",
        count_wire(all, WireEffect::Breaks),
        count_wire(all, WireEffect::Care),
        count_wire(all, WireEffect::Safe),
    );
    let rust = format!(
        "In Rust, for callers of the generated code: {} break, {} change behaviour, {} add, {} change \
         comments at most.",
        count_rust(all, RustEffect::Breaks),
        count_rust(all, RustEffect::Behaviour),
        count_rust(all, RustEffect::Additive),
        count_rust(all, RustEffect::None),
    );
    let version = match bump {
        Bump::Major => "major (while the crate is at 0.x: its second number, 0.1.0 -> 0.2.0)",
        Bump::Minor => "minor (while the crate is at 0.x: its third number, 0.1.0 -> 0.1.1)",
        Bump::Patch => "patch (the third number)",
        Bump::None => "none",
    };
    let mut lines = vec![
        format!("{count}."),
        wire,
        rust,
        format!("Version bump of the crate with the generated code: {version}."),
    ];
    if count_wire(all, WireEffect::Breaks) > 0 {
        let line = "No version number helps clients that are installed: tell their users when the server changes.";
        lines.push(line.to_string());
    }
    lines
}
