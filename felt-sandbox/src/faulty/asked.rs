//! What came in.

use std::time::Instant;

/// One request, and what became of it so far.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Asked {
    /// Its number, from 0, over all connections.
    pub number: usize,
    /// The number of its connection, from 0, in the order in which they were accepted.
    pub connection: usize,
    /// How many other answers were under way when it came in.
    pub others: usize,
    /// When its head had come in.
    pub at: Instant,
    /// `GET`, as it was written.
    pub method: String,
    /// Path and query, as they were written.
    pub target: String,
    /// The number of the link ([`Storage::link`](super::Storage::link)), if it is one.
    pub link: Option<u64>,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The status it was answered with. None while there is none, as for a script, and where none was sent.
    pub status: Option<u16>,
    /// How many bytes of the answer's body were handed to the system for it, without the frames of chunks.
    pub sent: u64,
}

impl Asked {
    /// Reads a head, without the empty line at its end. None if it is no request of HTTP/1.
    pub(super) fn parse(head: &str, connection: usize) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if !version.starts_with("HTTP/1.") || words.next().is_some() {
            return None;
        }
        let headers = lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            number: 0,
            connection,
            others: 0,
            at: Instant::now(),
            method: method.to_owned(),
            target: target.to_owned(),
            link: link(target),
            headers,
            status: None,
            sent: 0,
        })
    }

    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first and, if there is one, the last byte of `Range: bytes=FIRST-LAST`. None without the header, and for
    /// everything else that can stand in it.
    pub fn range(&self) -> Option<(u64, Option<u64>)> {
        let (first, last) = self
            .header("range")?
            .strip_prefix("bytes=")?
            .split_once('-')?;
        let last = match last {
            "" => None,
            last => Some(last.parse().ok()?),
        };
        Some((first.parse().ok()?, last))
    }
}

/// The number in `/link/NUMBER/...`.
fn link(target: &str) -> Option<u64> {
    let path = target.split('?').next()?;
    path.strip_prefix("/link/")?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let asked = Asked::parse(
            "GET /link/7/file.bin?a=/link/8/ HTTP/1.1\r\nHost: x:1\r\nRANGE:  bytes=5-9 ",
            3,
        )
        .unwrap();
        assert_eq!(
            (asked.method.as_str(), asked.link, asked.connection),
            ("GET", Some(7), 3)
        );
        assert_eq!(asked.target, "/link/7/file.bin?a=/link/8/");
        assert_eq!(asked.header("host"), Some("x:1"));
        assert_eq!(asked.range(), Some((5, Some(9))));
        for head in [
            "",
            "GET /",
            "GET / HTTP/2",
            "GET / x HTTP/1.1",
            "GET / HTTP/1.1\r\nx",
        ] {
            assert!(Asked::parse(head, 0).is_none(), "{head}");
        }
    }

    #[test]
    fn ranges() {
        for (value, expected) in [
            ("bytes=0-", Some((0, None))),
            ("bytes=5-5", Some((5, Some(5)))),
            ("bytes=-5", None),
            ("bytes=1-2,4-5", None),
            ("items=1-2", None),
        ] {
            let head = format!("GET / HTTP/1.1\r\nRange: {value}");
            assert_eq!(Asked::parse(&head, 0).unwrap().range(), expected, "{value}");
        }
    }
}
