//! What to do with an answer: a pure function of its head, of what was asked for, and of what is known of the
//! file.

use std::time::Duration;

use crate::answer::{Head, Validator};
use crate::{Error, ErrorKind};

/// What is known of the file that is being downloaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Without one no part of it can be asked for.
    pub(crate) validator: Option<Validator>,
    /// In bytes.
    pub(crate) total: Option<u64>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it, whatever it is.
    Whole,
    /// From this byte to before that one, or to the end, if it is still the file that is known.
    Range(u64, Option<u64>),
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Go on: the body begins with the first byte that was asked for, and has so many bytes.
    GoOn { length: u64, total: u64 },
    /// The body is the whole file. What is on disk is of no use, unless it is of the `same` file.
    Whole { known: Known, same: bool },
    /// Nothing is missing.
    Done,
    /// The answer cannot be used, and what is on disk neither: ask for the whole file.
    StartOver(Error),
    /// A fresh link may help.
    Renew(Error),
    /// Asking again may help, after at least this long.
    Again(Error, Duration),
    /// Nothing helps.
    Stop(Error),
}

/// What to do with an answer.
///
/// Bytes are added to others only if both are known to be of one file: `If-Range` was sent with a strong
/// validator, and the answer has the same one, the same total, and begins at the byte that was asked for.
pub(crate) fn decide(head: &Head, asked: Asked, known: &Known) -> Decision {
    let code = head.status;
    let said = |kind, what: &str| {
        Error::new(kind, format!("the storage host answered {code}: {what}")).with_status(code)
    };
    let encoding = head.encoding.as_ref().map(|encoding| {
        Error::new(
            ErrorKind::Content,
            format!(
                "the storage host sent the file encoded as {encoding:?}, which was not asked for"
            ),
        )
    });
    let changed = |what: String| {
        Decision::StartOver(said(
            ErrorKind::Interrupted,
            &format!("{what}, so that it cannot go on from there"),
        ))
    };
    match (code, asked) {
        (200 | 206, _) if encoding.is_some() => encoding.map_or(Decision::Done, Decision::Stop),
        (200, _) if is_a_part(head) => changed("it sends a part where it says all".to_string()),
        // Nothing is missing, and the file is the same.
        (200, Asked::Range(from, _)) if known.total == Some(from) && is_same(head, known) => {
            Decision::Done
        }
        (200, _) if is_other_length(head, known) => {
            changed("the same file has another length".to_string())
        }
        (200, _) => {
            let same = is_same(head, known);
            // A body that does not say how long it is may be cut off: the same file is as long as it was.
            let total = head.length.or(known.total.filter(|_| same));
            let validator = head.validator.clone();
            let known = Known { validator, total };
            Decision::Whole { known, same }
        }
        (206, Asked::Range(from, to)) => match continues(head, from, to, known) {
            Ok((length, total)) => Decision::GoOn { length, total },
            Err(what) => changed(what),
        },
        (416, Asked::Range(from, _)) => {
            let total = head.range.and_then(|range| range.total);
            let other = head.validator.is_some() && head.validator != known.validator;
            let at_end = known.total == Some(from) && total.is_none_or(|total| total == from);
            if at_end && !other {
                Decision::Done
            } else {
                changed(format!("there is nothing from byte {from} on"))
            }
        }
        // Not as the RFC has it, but it can only mean that the validator is another by now.
        (412, Asked::Range(..)) => changed("it is another file by now".to_string()),
        (400 | 401 | 403, _) => {
            Decision::Renew(said(ErrorKind::Refused, "it refuses the download link"))
        }
        (404 | 410, _) => Decision::Stop(said(ErrorKind::Refused, "the file is gone")),
        (408 | 429 | 500..=599, _) => {
            let what = reqwest::StatusCode::from_u16(code)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or("try again later");
            Decision::Again(said(ErrorKind::Interrupted, what), head.retry_after)
        }
        _ => Decision::Stop(said(ErrorKind::Refused, "200 was expected")),
    }
}

/// Whether a 200 says that it sends only some of the bytes.
fn is_a_part(head: &Head) -> bool {
    head.range
        .is_some_and(|range| match (range.bytes, range.total) {
            (Some((0, last)), Some(total)) => last.checked_add(1) != Some(total),
            _ => true,
        })
}

/// Whether it is the file that is known, by a strong validator and as far as its length is told.
fn is_same(head: &Head, known: &Known) -> bool {
    head.validator.is_some()
        && head.validator == known.validator
        && (head.length.is_none() || head.length == known.total)
}

/// Whether its validator says that it is the file that is known, and its length that it is not.
fn is_other_length(head: &Head, known: &Known) -> bool {
    head.validator.is_some()
        && head.validator == known.validator
        && known.total.is_some()
        && head.length.is_some()
        && head.length != known.total
}

/// The bytes in the body of a 206, and those of the whole file; or what is wrong with it.
fn continues(head: &Head, from: u64, to: Option<u64>, known: &Known) -> Result<(u64, u64), String> {
    if head.multipart {
        return Err("it sends several ranges where one was asked for".to_string());
    }
    let range = head.range.ok_or("it does not say which bytes it sends")?;
    let (first, last) = range.bytes.ok_or("it does not say which bytes it sends")?;
    let total = range
        .total
        .ok_or("it does not say how many bytes there are")?;
    if first != from {
        return Err(format!(
            "it sends bytes from {first} where {from} was asked for"
        ));
    }
    if to.is_some_and(|to| last >= to) {
        return Err(format!(
            "it sends bytes up to {last}, more than was asked for"
        ));
    }
    if known.total.is_some_and(|known| known != total) {
        return Err(format!("the file has {total} bytes by now"));
    }
    // With a date in `If-Range` a 206 may leave it out (RFC 9110, 15.3.7).
    let left_out = matches!(known.validator, Some(Validator::LastModified(_))) && head.undated;
    if known.validator.is_none() || !(head.validator == known.validator || left_out) {
        return Err("it does not say that it is the same file".to_string());
    }
    let length = last - first + 1;
    if head.length.is_some_and(|said| said != length) {
        return Err("its length is not that of the bytes it says it sends".to_string());
    }
    Ok((length, total))
}

#[cfg(test)]
mod tests;
