//! By what a client recognises the file.

use super::Fault;

/// `ETag` and `Last-Modified` of an answer.
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
}

impl Validators {
    /// Those of the file, unless the fault gives others.
    pub(super) fn new(etag: String, modified: String, fault: Option<&Fault>) -> Self {
        let (etag, modified) = match fault {
            Some(Fault::OtherEtag | Fault::RangeWithOtherEtag) => {
                (Some(other(&etag)), Some(modified))
            }
            Some(Fault::WeakEtag) => (Some(format!("W/{etag}")), Some(modified)),
            Some(Fault::NoEtag) => (None, None),
            Some(Fault::OnlyLastModified) => (None, Some(modified)),
            _ => (Some(etag), Some(modified)),
        };
        Self { etag, modified }
    }

    /// Whether `If-Range` means this file (RFC 9110, 13.1.5): by a strong `ETag`, or by the exact date.
    pub(super) fn fit(&self, if_range: &str) -> bool {
        let strong = self.etag.as_deref().filter(|etag| etag.starts_with('"'));
        [strong, self.modified.as_deref()].contains(&Some(if_range))
    }
}

/// A strong `ETag` that no content has.
fn other(etag: &str) -> String {
    format!("\"other-{}", etag.trim_start_matches('"'))
}
