//! Formats: which of two allows what the other does.

use super::bounds::FITS;
use super::comparison::{Comparison, Site, Verdict, say};
use super::listed::{LISTED, lists_the_same};
use super::numbers::{fits, range};
use super::rules;
use super::rust;
use super::sides::Part;
use super::values::kind;
use super::words::shown_or;
use super::{RustEffect, WireEffect};

use WireEffect::{Breaks, Care, Safe};

/// What a format allows, as far as it can be compared.
#[derive(Clone, Copy)]
enum Allowed {
    /// Numbers from the first to the second.
    Between(f64, f64),
    Single,
    Double,
    /// Addresses of this version, or of any.
    Address(Option<u8>),
}

impl Allowed {
    fn holds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Between(low, high), Self::Between(least, greatest)) => {
                low <= least && greatest <= high
            }
            (Self::Double, Self::Single | Self::Double) | (Self::Single, Self::Single) => true,
            (Self::Address(version), Self::Address(other)) => version.is_none() || version == other,
            _ => false,
        }
    }
}

/// What the format of a schema allows. Of a number without one the generator makes an `i64` or `f64`.
fn allowed(part: &Part<'_>) -> Option<Allowed> {
    let format = part.text("format");
    Some(match (kind(part.value), format) {
        ("integer", _) => {
            let (least, greatest) = range(format.unwrap_or("int64"))?;
            Allowed::Between(least, greatest)
        }
        ("number", Some("float")) => Allowed::Single,
        ("number", None | Some("double")) => Allowed::Double,
        ("string", Some("ip")) => Allowed::Address(None),
        ("string", Some("ipv4")) => Allowed::Address(Some(4)),
        ("string", Some("ipv6")) => Allowed::Address(Some(6)),
        _ => return None,
    })
}

impl Comparison<'_, '_> {
    pub fn format(&mut self, old: &Part<'_>, new: &Part<'_>, site: &Site) {
        let (was, is) = (old.value.get("format"), new.value.get("format"));
        if was == is {
            return;
        }
        let installed = rust::type_of(old.made);
        let listed = lists_the_same(old, new, |_| true);
        let (takes, gives) = (allowed(old), allowed(new));
        let request = match (takes, gives) {
            _ if listed => say(Safe, LISTED),
            _ if is.is_none() => say(Safe, "no format is asked for any more"),
            (Some(was), Some(is)) if is.holds(was) => {
                say(Safe, "every value of the old format is one of the new")
            }
            (Some(_), Some(_)) => say(Breaks, "values of the old format are refused"),
            _ => say(
                Care,
                "the server may refuse what is written in the old format",
            ),
        };
        let response = match (takes, gives) {
            _ if listed => say(Safe, LISTED),
            _ if installed.contains("String") || installed == rust::type_of(new.made) => {
                let why = "installed clients read it without regard to the format";
                say(Safe, why)
            }
            (Some(was), Some(is)) if was.holds(is) => {
                say(Safe, "every value of the new format is one of the old")
            }
            _ if fits(new.value, &installed) => say(Safe, FITS),
            _ => say(Breaks, &format!("installed clients read it as {installed}")),
        };
        let rust = site.named(RustEffect::None, "the type does not depend on it");
        let verdict = Verdict {
            request,
            response,
            rust,
        };
        let (was, is) = (shown_or(was, "missing"), shown_or(is, "missing"));
        let what = format!("the format was {was} and is {is}");
        self.now(rules::FORMAT_CHANGED, &new.pointer, what, site, verdict);
    }
}
