//! The comparison of two specs under way: what was found, and what is still to be looked at.

use std::collections::{HashMap, HashSet};

use super::reach::Reach;
use super::sides::{Part, Side};
use super::words::pointed;
use super::{Difference, RustEffect, SpecSide, WireEffect};

/// A verdict, and why.
pub(super) type Why<T> = (T, String);

pub(super) fn say<T>(verdict: T, why: &str) -> Why<T> {
    (verdict, why.to_string())
}

/// What a difference means: where requests reach it, where success responses do, and in Rust.
pub(super) struct Verdict {
    pub request: Why<WireEffect>,
    pub response: Why<WireEffect>,
    pub rust: Why<RustEffect>,
}

impl Verdict {
    /// The same in requests and responses.
    pub fn both(wire: WireEffect, on_the_wire: &str, rust: Why<RustEffect>) -> Self {
        Self {
            request: (wire, on_the_wire.to_string()),
            response: (wire, on_the_wire.to_string()),
            rust,
        }
    }

    /// Words that are read by people only.
    pub fn words_only() -> Self {
        let why = "words only, for people";
        Self::both(
            WireEffect::Safe,
            why,
            (RustEffect::None, "comments at most".to_string()),
        )
    }
}

/// Where something stands, and what it takes part in.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub reach: Reach,
    /// Whether both sides become the same item of the code, so that callers see the difference.
    pub is_generated: bool,
    /// The Rust type in this place, before and after, where more than the schema decides it.
    pub types: Option<(String, String)>,
    /// Whether an installed client leaves the value out when it has none, and bears it when the server
    /// does.
    pub may_be_absent: bool,
    /// Whether an installed client sends the value in any case: a default, or what has to be there.
    pub is_always_sent: bool,
    /// Whether a default is filled in where the value is absent.
    pub fills_default: bool,
    /// Whether a client of the new spec does otherwise when it has none.
    pub is_left_out_otherwise: bool,
    /// Whether what is said beside a schema was compared where it is wrapped.
    pub is_told: bool,
    /// Whether what is said of null was told of where the schema stands in another one.
    pub is_null_told: bool,
    /// Whether typify merges the schema with others, and takes no notice of its title.
    pub is_merged: bool,
    /// Why code changes with whether the property has to be there, where the two specs say the same of that.
    pub required_otherwise: Option<Why<RustEffect>>,
    /// Whether the schema has a name, which its types are called after.
    pub is_named: bool,
    /// What two variants are called, before and after: that of this branch of alternatives, or another
    /// one that changes with it.
    pub variants: Option<(String, String)>,
    /// The pointers to what is compared, where another part of the new spec stands instead of one of the old spec.
    pub instead_of: Option<(String, String)>,
}

impl Site {
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            is_generated: true,
            types: None,
            may_be_absent: false,
            is_always_sent: false,
            fills_default: false,
            is_left_out_otherwise: false,
            is_told: false,
            is_null_told: false,
            is_merged: false,
            required_otherwise: None,
            is_named: false,
            variants: None,
            instead_of: None,
        }
    }

    /// Where one part was put in another's place: both go on as they were, so that no code changes with
    /// what differs between them.
    pub fn exchanged(&self, old: &Part<'_>, new: &Part<'_>) -> Self {
        Self {
            is_generated: false,
            instead_of: Some((old.pointer.clone(), new.pointer.clone())),
            ..self.clone()
        }
    }

    /// Where code may be made of one of two parts, or of neither.
    pub fn made_of(&self, old: &Part<'_>, new: &Part<'_>) -> Self {
        Self {
            is_generated: self.is_generated && (old.made.is_some() || new.made.is_some()),
            ..self.clone()
        }
    }

    /// A part of what stands here, with no more known about it.
    pub fn inner(&self) -> Self {
        Self {
            is_generated: self.is_generated,
            instead_of: self.instead_of.clone(),
            ..Self::new(self.reach)
        }
    }
}

pub(super) struct Comparison<'a, 's> {
    pub old: &'s Side<'a>,
    pub new: &'s Side<'a>,
    found: Vec<Difference>,
    /// The named schemas of the old spec that have another name in the new one, by pointer.
    pub renamed: HashMap<String, String>,
    /// The new names that are taken by such a schema.
    pub taken: HashSet<String>,
    /// The new names of security schemes that have another one and are the same, by the old ones.
    pub schemes: HashMap<&'a str, &'a str>,
    /// The components that stand in their place on the other side, with a title that gives the type their name.
    pub moved: HashSet<String>,
    /// Pairs of pointers that were compared already.
    seen: HashSet<(String, String)>,
    /// Schemas that differ in name and were put in each other's place.
    pub exchanged: Vec<(Part<'a>, Part<'a>, Reach)>,
}

impl<'a, 's> Comparison<'a, 's> {
    pub fn new(old: &'s Side<'a>, new: &'s Side<'a>) -> Self {
        Self {
            old,
            new,
            found: Vec::new(),
            renamed: HashMap::new(),
            taken: HashSet::new(),
            schemes: HashMap::new(),
            moved: HashSet::new(),
            seen: HashSet::new(),
            exchanged: Vec::new(),
        }
    }

    /// How much was found so far.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// What was found after so much.
    pub fn found_since(&self, before: usize) -> &[Difference] {
        self.found.get(before..).unwrap_or_default()
    }

    /// Whether this pair comes for the first time.
    pub fn is_first(&mut self, old: &Part<'_>, new: &Part<'_>) -> bool {
        self.seen.insert((old.pointer.clone(), new.pointer.clone()))
    }

    /// Reports something that the new spec has, or has otherwise.
    pub fn now(&mut self, rule: &'static str, at: &str, what: String, site: &Site, v: Verdict) {
        self.report(rule, (SpecSide::New, at), what, site, v);
    }

    /// Reports something that is gone.
    pub fn gone(&mut self, rule: &'static str, at: &str, what: String, site: &Site, v: Verdict) {
        self.report(rule, (SpecSide::Old, at), what, site, v);
    }

    fn report(
        &mut self,
        rule: &'static str,
        (side, pointer): (SpecSide, &str),
        what: String,
        site: &Site,
        verdict: Verdict,
    ) {
        let stands_in = match side {
            SpecSide::Old => self.old,
            SpecSide::New => self.new,
        };
        let pointer = stands_in.flattened.real(stands_in.spec, pointer);
        let (wire, on_the_wire) = on_the_wire(site.reach, verdict.request, verdict.response);
        let (rust, in_rust) = if site.is_generated {
            verdict.rust
        } else if site.instead_of.is_some() {
            let why = "the `$ref` names another type, which is said of it; neither of the two types changes with this";
            (RustEffect::None, why.to_string())
        } else {
            (RustEffect::None, "no code is made of it".to_string())
        };
        let what = match (&site.instead_of, side) {
            (Some((old, _)), SpecSide::New) => {
                format!("{what} (compared with {} of the old spec)", pointed(old))
            }
            (Some((_, new)), SpecSide::Old) => {
                format!("{what} (compared with {} of the new spec)", pointed(new))
            }
            (None, _) => what,
        };
        self.found.push(Difference {
            rule,
            side,
            pointer,
            what,
            wire,
            on_the_wire,
            rust,
            in_rust,
        });
    }

    /// All that was found, in order.
    pub fn done(self) -> Vec<Difference> {
        let mut found = self.found;
        let key = |one: &Difference| {
            (
                one.pointer.clone(),
                one.side,
                one.rule,
                one.what.clone(),
                std::cmp::Reverse((one.wire, one.rust)),
            )
        };
        found.sort_by_cached_key(key);
        found.dedup_by(|a, b| {
            a.pointer == b.pointer && a.side == b.side && a.rule == b.rule && a.what == b.what
        });
        found
    }
}

/// The worst of what the directions say that reach a part.
fn on_the_wire(
    reach: Reach,
    request: Why<WireEffect>,
    response: Why<WireEffect>,
) -> Why<WireEffect> {
    let (unread, why) = &response;
    let unread = match reach.unread {
        true => (*unread).min(WireEffect::Care),
        false => WireEffect::Safe,
    };
    let error = "our clients hand on errors as bytes, whatever they are (`raw-error-responses`)";
    match (reach.request, reach.response) {
        (false, false) if unread == WireEffect::Care => {
            let why = format!("our clients hand it on unread: look at what reads it ({why})");
            (unread, why)
        }
        (false, false) if reach.unread => response,
        (false, false) if reach.error => (WireEffect::Safe, error.to_string()),
        (false, false) => (
            WireEffect::Safe,
            "no operation sends or receives it".to_string(),
        ),
        (true, false) => request,
        (false, true) => response,
        (true, true) if request == response => request,
        (true, true) => (
            request.0.max(response.0),
            format!("in requests: {}; in responses: {}", request.1, response.1),
        ),
    }
}
