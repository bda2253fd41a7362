//! What came in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, header, request};
use serde::Serialize;

use crate::faults::Operation;

/// With more requests than this the oldest is forgotten.
const MAX_REQUESTS: usize = 10_000;
/// No text is longer than this: the rest of it is left out.
const MAX_TEXT: usize = 1024;
/// The headers of a request together, names included: what is beyond is left out.
const MAX_HEADERS: usize = 4 * 1024;
/// What a log must not know.
const SECRET: [header::HeaderName; 3] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
];

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// Where the operations are.
    Api,
    /// Where links lead.
    Storage,
}

/// A request that came in, without anything secret: neither a token nor the signature of a link. Texts are cut off
/// after 1,024 bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// From 1, over both origins, in the order in which they came in.
    pub number: u64,
    /// Milliseconds since the sandbox started.
    pub at_ms: u64,
    /// Where it came in.
    pub origin: Origin,
    /// What was asked for; `None` if that is no operation.
    pub operation: Option<Operation>,
    /// `GET`.
    pub method: String,
    /// As it was written.
    pub path: String,
    /// As it was written, but for the value of `X-Signature`.
    pub query: Option<String>,
    /// Whether there was an `Authorization` header.
    pub authorization: bool,
    /// The other headers, by their names in lower case; without cookies and those for proxies.
    pub headers: BTreeMap<String, String>,
    /// What it was answered with. `None` while there is no answer, and for those that get none.
    pub status: Option<u16>,
    /// What went wrong on purpose, by the `type` of the rules' effects.
    pub faults: Vec<&'static str>,
}

/// The latest requests.
#[derive(Debug)]
pub(crate) struct Log {
    /// What it must not show.
    token: String,
    start: Instant,
    book: Mutex<(u64, VecDeque<Request>)>,
}

impl Log {
    pub(crate) fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            start: Instant::now(),
            book: Mutex::default(),
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.book().1.iter().cloned().collect()
    }

    /// Forgets all requests. The next one's number is the next one still.
    pub(crate) fn clear(&self) {
        self.book().1.clear();
    }

    /// Notes a request.
    pub(crate) fn enter(
        self: &Arc<Self>,
        origin: Origin,
        operation: Option<Operation>,
        head: &request::Parts,
        faults: Vec<&'static str>,
    ) -> Entry {
        let mut book = self.book();
        let (last, requests) = &mut *book;
        *last += 1;
        let number = *last;
        if requests.len() >= MAX_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(Request {
            number,
            at_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            origin,
            operation,
            method: cut(head.method.as_str()),
            path: self.shown(head.uri.path()),
            query: head.uri.query().map(|query| self.shown(query)),
            authorization: head.headers.contains_key(header::AUTHORIZATION),
            headers: self.harmless(&head.headers),
            status: None,
            faults,
        });
        Entry {
            log: Arc::clone(self),
            number,
        }
    }

    fn book(&self) -> MutexGuard<'_, (u64, VecDeque<Request>)> {
        // Nothing that is done under the lock is left half done by a panic.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
pub(crate) struct Entry {
    log: Arc<Log>,
    number: u64,
}

impl Entry {
    /// Notes the status, before anybody can have seen it.
    pub(crate) fn answered(self, status: u16) {
        let mut book = self.log.book();
        // From the end, since it is among the latest.
        let found = book
            .1
            .iter_mut()
            .rev()
            .find(|one| one.number == self.number);
        if let Some(request) = found {
            request.status = Some(status);
        }
    }
}

impl Log {
    fn harmless(&self, headers: &HeaderMap) -> BTreeMap<String, String> {
        let mut harmless: BTreeMap<String, String> = BTreeMap::new();
        let mut room = MAX_HEADERS;
        for (name, value) in headers {
            if SECRET.contains(name) {
                continue;
            }
            let (name, value) = (
                cut(name.as_str()),
                self.shown(&String::from_utf8_lossy(value.as_bytes())),
            );
            let Some(left) = room.checked_sub(name.len() + value.len()) else {
                break;
            };
            room = left;
            harmless
                .entry(name)
                .and_modify(|so_far| *so_far = cut(&format!("{so_far}, {value}")))
                .or_insert(value);
        }
        harmless
    }

    /// A text as far as it may be seen: neither the token nor the signature of a link, wherever they stand.
    fn shown(&self, text: &str) -> String {
        let text = text.replace(&self.token, "...");
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().ends_with("x-signature") => {
                format!("{name}=...")
            }
            _ => pair.to_owned(),
        });
        cut(&pairs.collect::<Vec<_>>().join("&"))
    }
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(log: &Arc<Log>, uri: &str) -> Entry {
        let (head, ()) = axum::http::Request::get(uri)
            .header("authorization", "Bearer secret")
            .header("Cookie", "secret")
            .header("Accept", "a")
            .header("Accept", "b".repeat(2000))
            .header("X-Api-Key", "felt_pat_x")
            .header("Referer", "http://a/?X-Signature=secret")
            .header("x".repeat(3000), "")
            .header("z".repeat(3000), "c".repeat(3000))
            .header("zz".repeat(3000), "")
            .body(())
            .unwrap()
            .into_parts();
        log.enter(Origin::Storage, None, &head, Vec::new())
    }

    #[test]
    fn nothing_secret_and_nothing_without_end_is_kept() {
        let log = Arc::new(Log::new("felt_pat_x"));
        enter(&log, "/x?X-Expires=5&X-Signature=secret&y").answered(206);
        let requests = log.requests();
        assert!(!format!("{requests:?}").contains("secret"), "{requests:?}");
        let request = &requests[0];
        assert_eq!(
            request.query.as_deref(),
            Some("X-Expires=5&X-Signature=...&y")
        );
        assert!(request.authorization);
        assert_eq!(request.status, Some(206));
        assert_eq!(request.headers["accept"].len(), MAX_TEXT);
        assert_eq!(request.headers["x-api-key"], "...");
        assert_eq!(request.headers["referer"], "http://a/?X-Signature=...");
        let size = |(name, value): (&String, &String)| name.len() + value.len();
        let size: usize = request.headers.iter().map(size).sum();
        assert!(size <= MAX_HEADERS, "{size}");
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let log = Arc::new(Log::new("felt_pat_x"));
        let first = enter(&log, "/first");
        for _ in 0..MAX_REQUESTS {
            enter(&log, "/x");
        }
        // There is no place left for it.
        first.answered(200);
        let requests = log.requests();
        assert_eq!((requests.len(), requests[0].number), (MAX_REQUESTS, 2));
        log.clear();
        enter(&log, "/y");
        assert_eq!(log.requests()[0].number, MAX_REQUESTS as u64 + 2);
    }
}
