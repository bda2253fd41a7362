//! The files that make up a spec become one, as overlays correct them.

use serde_json::Value;

use crate::error::Error;
use crate::merge::{Fragment, merge};
use crate::overlay::{Applied, Overlay};

/// Applies each overlay that extends a file to that, merges the files, and applies the others to what comes of it. So
/// what two files define differently can be made equal as data.
pub(crate) fn overlaid(
    mut parts: Vec<Fragment>,
    overlays: &[Overlay],
) -> Result<(Value, Vec<Applied>), Error> {
    let mut applied = Vec::new();
    let mut extending = Vec::new();
    let pristine = parts.clone();
    for overlay in overlays {
        if let Some(file) = overlay.file() {
            let part = parts.iter_mut().find(|part| part.is(file));
            let part = part.ok_or_else(|| overlay.extends_none(file))?;
            applied.extend(overlay.apply(&mut part.spec)?);
            extending.push(overlay.place());
        }
    }
    let mut spec = merge(parts).map_err(|error| match error.places() {
        [] => error,
        // The vendor has made them equal by now.
        _ if !extending.is_empty() && merge(pristine).is_ok() => Error::new(format!(
            "{error}; without {} they are equal: take out what is no longer needed",
            extending.join(" and ")
        )),
        _ => error.with(
            "; an overlay that `extends` one of these files corrects it before they are merged",
        ),
    })?;
    for overlay in overlays.iter().filter(|overlay| overlay.file().is_none()) {
        applied.extend(overlay.apply(&mut spec)?);
    }
    Ok((spec, applied))
}
