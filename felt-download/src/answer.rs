//! What a storage host says before the first byte of a body.

use std::time::{Duration, SystemTime};

use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{StatusCode, Version};
use serde::{Deserialize, Serialize};

use crate::http::retry_after;

/// How far a `Date` has to be from a `Last-Modified` for the latter to be a strong validator, while two
/// hosts with clocks of their own may have written them.
const CLOCKS_APART: Duration = Duration::from_secs(60);

/// What tells one content from another under the same link, and goes into `If-Range` (RFC 9110, 13.1.5):
/// strong ones only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Validator {
    /// An `ETag`, with its quotes.
    Etag(String),
    /// A `Last-Modified` that is old enough.
    LastModified(String),
}

impl Validator {
    /// Its value in `If-Range`.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Etag(value) | Self::LastModified(value) => value,
        }
    }
}

/// A `Content-Range` of bytes (RFC 9110, 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// First and last byte; none in a 416.
    pub(crate) bytes: Option<(u64, u64)>,
    /// How many bytes there are altogether; none for `*`.
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (bytes, total) = rest.trim().split_once('/')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        let bytes = match bytes {
            "*" => None,
            bytes => {
                let (first, last) = bytes.split_once('-')?;
                Some((number(first)?, number(last)?))
            }
        };
        let possible = match (bytes, total) {
            // Neither says anything.
            (None, None) => false,
            (Some((first, last)), total) => {
                first <= last && last < u64::MAX && total.is_none_or(|total| last < total)
            }
            (None, Some(_)) => true,
        };
        possible.then_some(Self { bytes, total })
    }
}

/// Digits and nothing else: `+5` is no number here.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// The head of an answer, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Of the body.
    pub(crate) length: Option<u64>,
    /// Whether the body has an end of its own: otherwise it ends with the connection, whatever ended that.
    pub(crate) framed: bool,
    pub(crate) range: Option<ContentRange>,
    pub(crate) validator: Option<Validator>,
    /// Whether it says that ranges can be asked for.
    pub(crate) ranges: bool,
    /// Other than `identity`; of the body or of its transfer.
    pub(crate) encoding: Option<String>,
    /// Whether it says neither which version this is nor from when.
    pub(crate) undated: bool,
    /// Whether the body is one of several parts, each with a head of its own.
    pub(crate) multipart: bool,
    pub(crate) retry_after: Duration,
}

impl Head {
    pub(crate) fn new(status: StatusCode, version: Version, headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let length = text(header::CONTENT_LENGTH).and_then(number);
        // Several are as good as none.
        let one_range = headers.get_all(header::CONTENT_RANGE).iter().count() == 1;
        Self {
            status: status.as_u16(),
            length,
            framed: length.is_some()
                || codings(headers, header::TRANSFER_ENCODING)
                    .last()
                    .is_some_and(|last| last == "chunked")
                || version >= Version::HTTP_2,
            range: text(header::CONTENT_RANGE)
                .filter(|_| one_range)
                .and_then(ContentRange::parse),
            validator: validator(
                text(header::ETAG),
                text(header::LAST_MODIFIED),
                text(header::DATE),
            ),
            ranges: text(header::ACCEPT_RANGES).is_some_and(|units| {
                let mut units = units.split(',');
                units.any(|unit| unit.trim().eq_ignore_ascii_case("bytes"))
            }),
            encoding: codings(headers, header::CONTENT_ENCODING)
                .chain(codings(headers, header::TRANSFER_ENCODING).filter(|it| it != "chunked"))
                .find(|coding| coding != "identity"),
            undated: !headers.contains_key(header::ETAG)
                && !headers.contains_key(header::LAST_MODIFIED),
            multipart: text(header::CONTENT_TYPE).is_some_and(|it| {
                it.trim_start()
                    .to_ascii_lowercase()
                    .starts_with("multipart/")
            }),
            retry_after: retry_after(headers).unwrap_or_default(),
        }
    }
}

/// The codings that all headers of this name list, in their order, in lower case.
fn codings(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = String> + '_ {
    headers.get_all(name).into_iter().flat_map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let codings: Vec<String> = value.split(',').map(|it| it.trim().to_owned()).collect();
        codings.into_iter().filter(|coding| !coding.is_empty())
    })
}

/// The strong validator among these, if there is one. A weak `ETag` says that the bytes may differ, whatever
/// the date is.
fn validator(etag: Option<&str>, modified: Option<&str>, date: Option<&str>) -> Option<Validator> {
    if let Some(etag) = etag {
        let inner = etag.strip_prefix('"')?.strip_suffix('"')?;
        let sound = !inner.contains('"') && inner.bytes().all(|byte| byte.is_ascii_graphic());
        return (sound && !inner.is_empty()).then(|| Validator::Etag(etag.to_string()));
    }
    let modified = modified?;
    let since: SystemTime = httpdate::parse_http_date(modified).ok()?;
    let date = httpdate::parse_http_date(date?).ok()?;
    let old_enough = date
        .duration_since(since)
        .is_ok_and(|age| age >= CLOCKS_APART);
    old_enough.then(|| Validator::LastModified(modified.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(bytes: Option<(u64, u64)>, total: Option<u64>) -> Option<ContentRange> {
        Some(ContentRange { bytes, total })
    }

    #[test]
    fn content_ranges() {
        for (text, expected) in [
            ("bytes 0-9/10", range(Some((0, 9)), Some(10))),
            ("bytes 3-5/10", range(Some((3, 5)), Some(10))),
            ("Bytes 3-5/*", range(Some((3, 5)), None)),
            ("bytes */10", range(None, Some(10))),
            ("bytes */0", range(None, Some(0))),
            ("bytes */*", None),
            ("bytes 5-3/10", None),
            ("bytes 3-10/10", None),
            ("bytes 3-/10", None),
            ("bytes +3-5/10", None),
            ("bytes=3-5/10", None),
            ("items 3-5/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 0-99999999999999999999/*", None),
            ("bytes", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn only_strong_validators_count() {
        const OLD: Option<&str> = Some("Mon, 23 Nov 2026 08:00:00 GMT");
        const NOW: Option<&str> = Some("Mon, 23 Nov 2026 08:01:00 GMT");
        let etag = |text: &str| Some(Validator::Etag(text.to_string()));
        for (given, expected) in [
            ((Some("\"abc\""), OLD, NOW), etag("\"abc\"")),
            ((Some("\"abc\""), None, None), etag("\"abc\"")),
            ((Some("W/\"abc\""), OLD, NOW), None),
            ((Some("abc"), OLD, NOW), None),
            ((Some("\"\""), None, None), None),
            ((Some("\"a\"b\""), None, None), None),
            ((Some("\""), None, None), None),
            (
                (None, OLD, NOW),
                OLD.map(|old| Validator::LastModified(old.to_string())),
            ),
            ((None, OLD, OLD), None),
            ((None, NOW, OLD), None),
            ((None, OLD, None), None),
            ((None, Some("yesterday"), NOW), None),
            ((None, None, NOW), None),
        ] {
            assert_eq!(validator(given.0, given.1, given.2), expected, "{given:?}");
        }
    }

    #[test]
    fn a_head_is_read_from_headers() {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| headers.insert(name, value.parse().unwrap());
        set(header::CONTENT_LENGTH, "3");
        set(header::CONTENT_RANGE, "bytes 1-3/9");
        set(header::ACCEPT_RANGES, "items, Bytes");
        set(header::CONTENT_ENCODING, "IDENTITY");
        set(header::RETRY_AFTER, "7");
        let head = Head::new(StatusCode::PARTIAL_CONTENT, Version::HTTP_11, &headers);
        let expected = Head {
            status: 206,
            length: Some(3),
            framed: true,
            range: range(Some((1, 3)), Some(9)),
            ranges: true,
            undated: true,
            retry_after: Duration::from_secs(7),
            ..Head::default()
        };
        assert_eq!(head, expected);

        headers.append(header::CONTENT_RANGE, "bytes 2-4/9".parse().unwrap());
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        headers.remove(header::CONTENT_LENGTH);
        let head = Head::new(StatusCode::PARTIAL_CONTENT, Version::HTTP_11, &headers);
        assert_eq!((head.range, head.framed), (None, false));
        assert_eq!(head.encoding.as_deref(), Some("gzip"));
        assert!(Head::new(StatusCode::OK, Version::HTTP_2, &HeaderMap::new()).framed);
    }

    #[test]
    fn codings_are_those_of_all_headers() {
        for (content, transfer, encoding, framed) in [
            (&["identity"][..], &["chunked"][..], None, true),
            (&["identity", "gzip"], &["Chunked"], Some("gzip"), true),
            (&["identity, br"], &[], Some("br"), false),
            (&[], &["gzip, chunked"], Some("gzip"), true),
            (&[], &["gzip", "chunked"], Some("gzip"), true),
            (&[], &["identity"], None, false),
            (&[""], &[], None, false),
        ] {
            let mut headers = HeaderMap::new();
            for value in content {
                headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
            }
            for value in transfer {
                headers.append(header::TRANSFER_ENCODING, value.parse().unwrap());
            }
            let head = Head::new(StatusCode::OK, Version::HTTP_11, &headers);
            let found = (head.encoding.as_deref(), head.framed);
            assert_eq!(found, (encoding, framed), "{headers:?}");
        }
        let mut headers = HeaderMap::new();
        assert!(!Head::new(StatusCode::OK, Version::HTTP_11, &headers).multipart);
        headers.insert(
            header::CONTENT_TYPE,
            "Multipart/byteranges; boundary=x".parse().unwrap(),
        );
        assert!(Head::new(StatusCode::OK, Version::HTTP_11, &headers).multipart);
    }
}
