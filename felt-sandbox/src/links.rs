//! Signed links: a path that nobody can guess, with a moment at which it stops working.
//!
//! The signature is a random word that the sandbox remembers together with what it opens. That is as sound as a
//! keyed hash, and there is no key to keep.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::artifact::Artifact;
use crate::id;

/// More links than this at once, and the oldest stop working early: the table must not grow without end.
const MAX_LINKS: usize = 10_000;

/// The links that work.
#[derive(Debug)]
pub(crate) struct Links {
    /// The storage's origin, without a slash at the end.
    origin: String,
    ttl: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    links: HashMap<String, Link>,
    /// Signatures by age. All links live equally long, so the front is the first to expire.
    by_age: VecDeque<String>,
}

#[derive(Debug)]
struct Link {
    /// Path and query. They are compared as a whole: whatever was changed, it is another link.
    target: String,
    expires: SystemTime,
    artifact: Weak<Artifact>,
}

/// Why a link opens nothing.
#[derive(Debug, PartialEq)]
pub(crate) enum Closed {
    /// It has no signature at all.
    Unsigned,
    Expired,
    /// It was never given out, or not like this.
    Unknown,
    /// What it opened is no longer there.
    Gone,
}

impl Links {
    pub(crate) fn new(origin: String, ttl: Duration) -> Self {
        Self {
            origin,
            // A century, lest a clock plus a duration overflow.
            ttl: ttl.min(Duration::from_secs(100 * 365 * 24 * 60 * 60)),
            table: Mutex::default(),
        }
    }

    /// A new link to a file.
    pub(crate) fn sign(&self, artifact: &Arc<Artifact>) -> Result<String, getrandom::Error> {
        let signature = id::hex()?;
        let now = SystemTime::now();
        let expires = now + self.ttl;
        let unix = expires
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let target = format!(
            "/{}/{}?X-Expires={unix}&X-Signature={signature}",
            artifact.uuid, artifact.name
        );
        let url = format!("{}{target}", self.origin);

        let mut table = self.table();
        let Table { links, by_age } = &mut *table;
        while let Some(oldest) = by_age.front()
            && (by_age.len() >= MAX_LINKS
                || links.get(oldest).is_none_or(|link| link.expires <= now))
        {
            links.remove(oldest);
            by_age.pop_front();
        }
        by_age.push_back(signature.clone());
        links.insert(
            signature,
            Link {
                target,
                expires,
                artifact: Arc::downgrade(artifact),
            },
        );
        Ok(url)
    }

    /// All links that were given out so far have expired.
    pub(crate) fn expire(&self) {
        let now = SystemTime::now();
        for link in self.table().links.values_mut() {
            link.expires = now;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing that is done under the lock is left half done by a panic.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a request's path and query open.
    pub(crate) fn open(&self, path: &str, query: Option<&str>) -> Result<Arc<Artifact>, Closed> {
        let parameter = |name: &str| {
            let mut pairs = query
                .unwrap_or_default()
                .split('&')
                .filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let signature = parameter("X-Signature").ok_or(Closed::Unsigned)?;
        let now = SystemTime::now();
        let table = self.table();
        match table.links.get(signature) {
            Some(link) if link.target != format!("{path}?{}", query.unwrap_or_default()) => {
                Err(Closed::Unknown)
            }
            Some(link) if link.expires <= now => Err(Closed::Expired),
            Some(link) => link.artifact.upgrade().ok_or(Closed::Gone),
            // Expired links are forgotten in time; what they say of themselves still tells the two cases apart.
            None => {
                let unix: Option<u64> = parameter("X-Expires").and_then(|text| text.parse().ok());
                let past = |unix| {
                    now.duration_since(UNIX_EPOCH)
                        .is_ok_and(|since| since.as_secs() > unix)
                };
                Err(if unix.is_some_and(past) {
                    Closed::Expired
                } else {
                    Closed::Unknown
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(ttl: Duration) -> (Links, Arc<Artifact>) {
        let artifact = Artifact {
            path: "/nowhere/at/all".into(),
            name: "parsed.gpkg",
            uuid: "u".to_owned(),
            media_type: "",
            etag: String::new(),
            modified: UNIX_EPOCH,
            size: 0,
        };
        (Links::new(String::new(), ttl), Arc::new(artifact))
    }

    fn open(links: &Links, link: &str) -> Option<Closed> {
        let (path, query) = link.split_once('?').unwrap();
        links.open(path, Some(query)).err()
    }

    #[test]
    fn the_table_is_bounded() {
        let (links, artifact) = links(Duration::from_secs(3600));
        let sign = || links.sign(&artifact).unwrap();
        let (first, second) = (sign(), sign());
        for _ in 2..=MAX_LINKS {
            sign();
        }
        assert_eq!(open(&links, &first), Some(Closed::Unknown));
        assert_eq!(open(&links, &second), None);
        assert_eq!(links.table.lock().unwrap().links.len(), MAX_LINKS);
    }

    #[test]
    fn a_link_opens_nothing_when_its_file_is_gone_or_all_have_expired() {
        let (links, artifact) = links(Duration::from_secs(3600));
        let link = links.sign(&artifact).unwrap();
        links.expire();
        assert_eq!(open(&links, &link), Some(Closed::Expired));
        let link = links.sign(&artifact).unwrap();
        assert_eq!(open(&links, &link), None);
        drop(artifact);
        assert_eq!(open(&links, &link), Some(Closed::Gone));
    }

    #[test]
    fn expired_links_are_forgotten_but_still_called_expired() {
        let (links, artifact) = links(Duration::ZERO);
        let first = links.sign(&artifact).unwrap();
        links.sign(&artifact).unwrap();
        assert_eq!(links.table.lock().unwrap().links.len(), 1);
        let unix = first
            .split("X-Expires=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        assert_eq!(
            open(&links, &first.replace(unix, "1")),
            Some(Closed::Expired)
        );
        assert_eq!(
            open(&links, &first.replace(unix, "99999999999")),
            Some(Closed::Unknown)
        );
    }
}
