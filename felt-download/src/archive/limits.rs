//! How much may come out of an archive.

use crate::space::in_words;

/// How much may come out of a zip archive. What would be more is refused before anything is written.
///
/// ```
/// let limits = felt_download::ZipLimits::default().entries(100).total_bytes(1_000_000_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ZipLimits {
    entries: u64,
    entry_bytes: u64,
    total_bytes: u64,
    ratio: u64,
}

/// So much, in bytes, may come out of an archive however small it is: a few hundred megabytes of zeros
/// do no harm, and a raster with no data is nothing else.
const ANY_RATIO: u64 = 256 * 1024 * 1024;

impl Default for ZipLimits {
    fn default() -> Self {
        const TIB: u64 = 1 << 40;
        Self {
            entries: 10_000,
            entry_bytes: TIB,
            total_bytes: TIB,
            ratio: 200,
        }
    }
}

impl ZipLimits {
    /// The most entries, and the most files and folders that they may make. Default: 10 000.
    pub fn entries(mut self, entries: u64) -> Self {
        self.entries = entries;
        self
    }

    /// The most bytes that one entry may have when it is unpacked. Default: 1 TiB.
    pub fn entry_bytes(mut self, bytes: u64) -> Self {
        self.entry_bytes = bytes;
        self
    }

    /// The most bytes that all entries together may have when they are unpacked. Default: 1 TiB.
    pub fn total_bytes(mut self, bytes: u64) -> Self {
        self.total_bytes = bytes;
        self
    }

    /// How many times the archive's size all entries together may have when they are unpacked, if that
    /// is more than 256 MiB. Default: 200. (Deflate reaches 1032 with zeros, and GeoJSON seldom 20.)
    pub fn ratio(mut self, ratio: u64) -> Self {
        self.ratio = ratio;
        self
    }

    pub(super) fn most_entries(&self) -> u64 {
        self.entries
    }

    /// What is wrong with an entry of this size, in bytes.
    pub(super) fn check_entry(&self, bytes: u64) -> Result<(), String> {
        if bytes <= self.entry_bytes {
            return Ok(());
        }
        let (bytes, most) = (in_words(bytes), in_words(self.entry_bytes));
        Err(format!("has {bytes}, and {most} are allowed"))
    }

    /// What is wrong with entries that are so large together, in an archive of so many bytes.
    pub(super) fn check_total(&self, total: u64, archive: u64) -> Result<(), String> {
        if total > self.total_bytes {
            let (total, most) = (in_words(total), in_words(self.total_bytes));
            return Err(format!("{total} together, and {most} are allowed"));
        }
        if total > ANY_RATIO && total > archive.saturating_mul(self.ratio) {
            return Err(format!(
                "{} together, which is more than {} times its own size",
                in_words(total),
                self.ratio
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_is_allowed() {
        let limits = ZipLimits::default().entry_bytes(7).total_bytes(9);
        assert!(limits.check_entry(7).is_ok());
        assert_eq!(
            limits.check_entry(8),
            Err("has 8 bytes, and 7 bytes are allowed".to_string())
        );
        assert!(limits.check_total(9, 0).is_ok());
        assert_eq!(
            limits.check_total(10, 1000),
            Err("10 bytes together, and 9 bytes are allowed".to_string())
        );
    }

    #[test]
    fn the_ratio_is_for_what_is_large() {
        let limits = ZipLimits::default();
        assert!(limits.check_total(ANY_RATIO, 1).is_ok());
        assert!(limits.check_total(ANY_RATIO + 1, 1).is_err());
        assert!(limits.check_total(400_000_000, 2_000_000).is_ok());
        assert_eq!(
            limits.check_total(400_000_001, 2_000_000),
            Err("400.0 MB together, which is more than 200 times its own size".to_string())
        );
        let limits = limits.ratio(1000);
        assert!(limits.check_total(400_000_001, 2_000_000).is_ok());
        assert!(limits.ratio(u64::MAX).check_total(u64::MAX, 2).is_err());
    }
}
