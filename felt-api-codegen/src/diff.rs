//! What changed between two specs, and what that means on the wire and in Rust.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

mod adapted;
mod bodies;
mod bounds;
mod comparison;
mod composition;
mod defaults;
mod demands;
mod document;
mod flattened;
mod formats;
mod listed;
mod names;
mod numbers;
mod objects;
mod operations;
mod outlook;
mod pairing;
mod parameters;
mod reach;
mod references;
mod report;
mod requirements;
mod responses;
mod restyled;
mod rules;
mod rust;
mod schemas;
mod schemes;
mod security;
mod serialization;
mod servers;
mod shapes;
mod sides;
mod texts;
mod untold;
mod values;
mod variants;
mod words;
mod wrapping;

use comparison::Comparison;
use flattened::Flattened;
use sides::Side;

use crate::source::Specs;

pub use outlook::Outlook;
pub use report::{DiffFormat, diff_report};
pub use rules::{DIFF_RULES, DiffRule};

/// What a difference does to the clients that are installed: those that were generated from the old
/// spec, as [`adapt`](crate::adapt()) made it, and talk to a server that follows the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WireEffect {
    /// They go on as before.
    Safe,
    /// The two specs alone do not tell: look at what the server does.
    Care,
    /// A call that worked is refused, or its answer can no longer be read.
    Breaks,
}

/// What a difference does to programs that call the generated code, once it is generated from the new
/// spec.
///
/// By the rules that cargo gives for semver: what can be written against the old code has to compile
/// against the new one. All that is generated can be written out by a caller, so that a field or a
/// variant more breaks too: struct literals, and patterns that name all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RustEffect {
    /// The code is the same, but for comments, and the order of numbers that a type takes.
    None,
    /// There is something new to call or to name; all else is as it was.
    Additive,
    /// What compiled still does, and does something else.
    Behaviour,
    /// Something that compiled no longer does.
    Breaks,
}

/// Which of the two specs a pointer leads into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpecSide {
    /// The old one: what is pointed to is gone.
    Old,
    /// The new one.
    New,
}

/// One thing that differs between two specs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Difference {
    /// The name of the rule that found it, one of [`DIFF_RULES`].
    pub rule: &'static str,
    /// The spec that [`pointer`](Self::pointer) leads into.
    pub side: SpecSide,
    /// The JSON pointer to what differs; empty for the document itself.
    pub pointer: String,
    /// What changed.
    pub what: String,
    /// Whether clients that are installed survive it.
    pub wire: WireEffect,
    /// Why, for a reviewer.
    pub on_the_wire: String,
    /// Whether programs that call the generated code survive it.
    pub rust: RustEffect,
    /// Why, for a reviewer.
    pub in_rust: String,
}

/// The part of a version that has to go up, in the terms of <https://semver.org>. In a crate whose
/// version begins with 0 cargo takes the second number for the major one, and the third for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// Nothing changed, so there is nothing to release.
    None,
    /// Callers see other documentation at most, and installed clients go on.
    Patch,
    /// There is more than before, or it behaves otherwise, and all that compiled still does.
    Minor,
    /// Something that compiled no longer does.
    Major,
}

impl Bump {
    /// What all these differences together call for. It is the interface in Rust that decides: for
    /// clients that are installed no version number helps.
    pub fn of(differences: &[Difference]) -> Self {
        let bumps = differences.iter().map(|difference| match difference.rust {
            RustEffect::None => Self::Patch,
            RustEffect::Additive | RustEffect::Behaviour => Self::Minor,
            RustEffect::Breaks => Self::Major,
        });
        bumps.max().unwrap_or(Self::None)
    }
}

/// Everything in which two specs differ, sorted by pointer. The order of keys, parameters and
/// required names makes no difference, nor do `$ref`s to equal parts.
///
/// Both specs are taken as the vendor wrote them: not adapted. What a difference does to clients, on the
/// other hand, depends on what [`adapt`](crate::adapt()) makes of them. A status that a response adds to
/// its enumeration does no harm, for example, since `open-enums` has taken every text for a status all
/// along.
///
/// Each named schema is compared once, whatever refers to it, and what is said about it takes account of
/// whether requests, responses or both reach it. The time that it takes grows with the size of the specs.
///
/// ```
/// use felt_api_codegen::{Bump, RustEffect, WireEffect, diff};
/// use serde_json::json;
///
/// let spec = |ids: &[&str]| {
///     let operation = |id: &&str| (format!("/{id}"), json!({"get": {"operationId": id, "responses": {}}}));
///     json!({"paths": ids.iter().map(operation).collect::<serde_json::Map<_, _>>()})
/// };
/// let differences = diff(&spec(&["list"]), &spec(&["list", "find"]));
/// let [added] = differences.as_slice() else { panic!() };
/// assert_eq!((added.rule, added.pointer.as_str()), ("operation-added", "/paths/~1find/get"));
/// assert_eq!((added.wire, added.rust), (WireEffect::Safe, RustEffect::Additive));
/// assert_eq!(Bump::of(&differences), Bump::Minor);
/// ```
pub fn diff(old: &Value, new: &Value) -> Vec<Difference> {
    if old == new {
        return Vec::new();
    }
    compared((old, &adapted(old)), (new, &adapted(new))).0
}

/// What differs between two specs, as [`diff()`] says, and what the generator will say of the new one. Both are adapted
/// and compared once for it.
pub fn review(specs: &Specs) -> (Vec<Difference>, Outlook) {
    let (old, new) = (adapted(&specs.old), adapted(&specs.new));
    let (found, renamed) = match specs.old == specs.new {
        true => (Vec::new(), HashMap::new()),
        false => compared((&specs.old, &old), (&specs.new, &new)),
    };
    (found, Outlook::new(specs, (&old, &new), renamed))
}

fn adapted(spec: &Value) -> Value {
    let mut adapted = spec.clone();
    crate::adapt(&mut adapted);
    adapted
}

/// What is found in two specs, each as it is written and as it is adapted; and the named schemas that have another
/// name, by pointer.
fn compared(
    old: (&Value, &Value),
    new: (&Value, &Value),
) -> (Vec<Difference>, HashMap<String, String>) {
    let objects = [old, new].map(|(spec, adapted)| Flattened::of(spec, adapted));
    let [old_objects, new_objects] = &objects;
    let old = Side::new(old.0, old.1, old_objects);
    let new = Side::new(new.0, new.1, new_objects);
    let mut comparison = Comparison::new(&old, &new);
    comparison.document();
    if comparison.count() == 0 && sides::meaning(old.spec) != sides::meaning(new.spec) {
        comparison.unexplained();
    }
    let renamed = comparison.renamed.clone();
    (comparison.done(), renamed)
}

impl fmt::Display for WireEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safe => "safe",
            Self::Care => "care",
            Self::Breaks => "breaks",
        })
    }
}

impl fmt::Display for RustEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Additive => "additive",
            Self::Behaviour => "behaviour",
            Self::Breaks => "breaks",
        })
    }
}

impl fmt::Display for SpecSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Old => "old",
            Self::New => "new",
        })
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}
