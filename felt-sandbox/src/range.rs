//! Which bytes of a file a request is for (RFC 9110, 14).

use std::ops::RangeInclusive;

/// What to send.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    Whole,
    /// First and last byte.
    Bytes(RangeInclusive<u64>),
    Unsatisfiable,
}

/// Reads a `Range` header for a file of this size.
///
/// Several ranges are refused: no storage of this kind gives their multipart answer. What is no range of bytes gets the
/// whole file, as the RFC allows: another unit, and a malformed range.
pub(crate) fn part(range: &str, size: u64) -> Part {
    let Some((unit, spec)) = range.split_once('=') else {
        return Part::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    if spec.contains(',') {
        return Part::Unsatisfiable;
    }
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Part::Whole;
    };
    let (first, last) = match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => (first, u64::MAX),
        (Some(first), Some(last)) if first <= last => (first, last),
        // The last so many bytes; of an empty file, or none of them, there is nothing to send.
        (None, Some(0)) if first.is_empty() => return Part::Unsatisfiable,
        (None, Some(length)) if first.is_empty() => (size.saturating_sub(length), u64::MAX),
        _ => return Part::Whole,
    };
    if first >= size {
        return Part::Unsatisfiable;
    }
    Part::Bytes(first..=last.min(size - 1))
}

/// Digits only: `+5` is no number here. One that is too large is beyond any file all the same.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges() {
        for (range, expected) in [
            ("bytes=0-", Part::Bytes(0..=9)),
            ("bytes=3-", Part::Bytes(3..=9)),
            ("bytes=3-5", Part::Bytes(3..=5)),
            ("BYTES=9-9", Part::Bytes(9..=9)),
            ("bytes=3-500", Part::Bytes(3..=9)),
            ("bytes=-3", Part::Bytes(7..=9)),
            ("bytes=-500", Part::Bytes(0..=9)),
            ("bytes=10-", Part::Unsatisfiable),
            ("bytes=10-12", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=99999999999999999999999-", Part::Unsatisfiable),
            ("bytes=3-99999999999999999999999", Part::Bytes(3..=9)),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=-5", 0), Part::Unsatisfiable);
        assert_eq!(part("bytes=0-", 0), Part::Unsatisfiable);
    }

    #[test]
    fn several_ranges_are_refused_and_what_is_no_range_gets_everything() {
        assert_eq!(part("bytes=0-1,4-5", 10), Part::Unsatisfiable);
        assert_eq!(part("items=0-1,4-5", 10), Part::Whole);
        for range in [
            "bytes=5-3",
            "bytes=-",
            "bytes=+1-2",
            "bytes=a-b",
            "bytes",
            "items=0-1",
            "",
            "bytes=1-2-3",
        ] {
            assert_eq!(part(range, 10), Part::Whole, "{range}");
        }
    }
}
