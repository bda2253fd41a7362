//! What is remembered of a part, so that another process can go on with it.

use rangemap::RangeSet;
use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::answer::Validator;
use crate::decide::Known;

/// What every record begins with, by which it is known as ours.
pub(crate) const MARK: &str = "{\"felt_download\":";

/// The version of the record's form that is written. Another one is not read: the download starts over.
const VERSION: u32 = 2;

/// What is remembered of a part: neither its link nor anything else that is secret.
///
/// `written` is what a process has handed to the system, which stays if the process is killed; `synced` is
/// what is on disk, which stays if the power fails. Which of the two holds is told by `boot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    felt_download: u32,
    /// What is downloaded, as its source calls it.
    id: Option<String>,
    validator: Option<Validator>,
    total: Option<u64>,
    /// Since when the system runs that `written` was handed to.
    boot: Option<String>,
    #[serde(with = "ranges")]
    written: RangeSet<u64>,
    #[serde(with = "ranges")]
    synced: RangeSet<u64>,
}

impl Record {
    /// Nothing is there yet of what the source calls `id`.
    pub(crate) fn new(id: Option<String>, known: &Known) -> Self {
        Self {
            felt_download: VERSION,
            id,
            validator: known.validator.clone(),
            total: known.total,
            boot: boot(),
            written: RangeSet::new(),
            synced: RangeSet::new(),
        }
    }

    /// Reads one that a process has left in the part's sidecar; none if nobody can go on from there.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut record: Self = serde_json::from_slice(text).ok()?;
        let sendable = |validator: &Validator| HeaderValue::from_str(validator.as_str()).is_ok();
        if record.felt_download != VERSION
            || !record.is_resumable()
            || !record.validator.as_ref().is_some_and(sendable)
        {
            return None;
        }
        let boot = boot();
        if boot.is_none() || boot != record.boot {
            record.written = record.synced.clone();
            record.boot = boot;
        }
        let end = record.written.last().map_or(0, |last| last.end);
        record
            .total
            .is_none_or(|total| end <= total)
            .then_some(record)
    }

    /// As text, at least so many bytes long, so that it can be written over an older one.
    pub(crate) fn to_text(&self, least: usize) -> String {
        // A record is numbers and strings, which are always JSON.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        let fill = least.saturating_sub(text.len() + 1);
        text.extend(std::iter::repeat_n(' ', fill));
        text.push('\n');
        text
    }

    /// Whether it is about what the source calls `id`.
    pub(crate) fn is_of(&self, id: Option<&str>) -> bool {
        id.is_some() && self.id.as_deref() == id
    }

    pub(crate) fn known(&self) -> Known {
        Known {
            validator: self.validator.clone(),
            total: self.total,
        }
    }

    /// The bytes that are there.
    pub(crate) fn there(&self) -> &RangeSet<u64> {
        &self.written
    }

    /// How many bytes are there.
    pub(crate) fn bytes(&self) -> u64 {
        self.written
            .iter()
            .map(|range| range.end - range.start)
            .sum()
    }

    /// Behind the last byte that is there.
    pub(crate) fn end(&self) -> u64 {
        self.written.last().map_or(0, |last| last.end)
    }

    /// Whether there is a part of which the rest can be asked for.
    pub(crate) fn is_resumable(&self) -> bool {
        self.id.is_some() && self.validator.is_some() && !self.written.is_empty()
    }

    pub(crate) fn wrote(&mut self, at: u64, bytes: u64) {
        if bytes > 0 {
            self.written.insert(at..at.saturating_add(bytes));
        }
    }

    /// Only what was synced is sure: the system reports once that it could not write the rest.
    pub(crate) fn distrust(&mut self) {
        self.written = self.synced.clone();
    }

    /// What was written when a sync began is on disk when it has ended.
    pub(crate) fn synced(&mut self, written: RangeSet<u64>) {
        self.synced = written;
    }

    pub(crate) fn has_total(&mut self, total: u64) {
        self.total = Some(total);
    }
}

/// Which run of the system this is: what a process has written is still there when the next process of
/// the same run looks. None where the system does not tell (only Linux does): then only what was synced
/// counts.
#[cfg(target_os = "linux")]
fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_string()).filter(|id| !id.is_empty())
}

#[cfg(not(target_os = "linux"))]
fn boot() -> Option<String> {
    None
}

/// Ranges as pairs of numbers: first byte, and the one behind the last.
mod ranges {
    use rangemap::RangeSet;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        ranges: &RangeSet<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let pairs: Vec<(u64, u64)> = ranges.iter().map(|r| (r.start, r.end)).collect();
        pairs.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RangeSet<u64>, D::Error> {
        let mut ranges = RangeSet::new();
        for (start, end) in Vec::<(u64, u64)>::deserialize(deserializer)? {
            if start >= end {
                return Err(D::Error::custom("a range that ends before it begins"));
            }
            ranges.insert(start..end);
        }
        Ok(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let known = Known {
            validator: Some(Validator::Etag("\"abc\"".to_string())),
            total: Some(1000),
        };
        let mut record = Record::new(Some("m/l/e:csv".to_string()), &known);
        record.wrote(0, 10);
        record.synced(record.there().clone());
        record.wrote(10, 90);
        record.wrote(500, 100);
        record
    }

    #[test]
    fn it_comes_back_as_it_was() {
        let text = record().to_text(300);
        assert!(
            text.starts_with(MARK) && text.ends_with(" \n") && text.len() == 300,
            "{text}"
        );
        let back = Record::parse(text.as_bytes()).unwrap();
        assert_eq!(back.known(), record().known());
        assert!(back.is_of(Some("m/l/e:csv")) && !back.is_of(Some("other")) && !back.is_of(None));
        #[cfg(target_os = "linux")]
        assert_eq!((back.end(), back), (600, record()));
    }

    #[test]
    fn after_another_start_of_the_system_only_what_was_synced_counts() {
        for boot in [Some("another".to_string()), None] {
            let mut record = record();
            record.boot = boot;
            let back = Record::parse(record.to_text(0).as_bytes()).unwrap();
            assert_eq!((back.end(), back.there()), (10, &record.synced));
        }
    }

    #[test]
    fn what_cannot_be_gone_on_from_is_none() {
        let good = record().to_text(0);
        for (from, to) in [
            ("\"felt_download\":2", "\"felt_download\":1"),
            ("\"id\":\"m/l/e:csv\"", "\"id\":null"),
            ("{\"etag\":\"\\\"abc\\\"\"}", "null"),
            ("\"total\":1000", "\"total\":599"),
            ("[500,600]", "[600,500]"),
            ("[500,600]", "[500,-1]"),
            ("[0,100],[500,600]", ""),
            ("}\n", "\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(bad != good, "{from} is not in {good}");
            assert_eq!(Record::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Record::parse(b"{\"felt_download\": 1}\n"), None);
        assert_eq!(Record::parse(b""), None);
    }
}
