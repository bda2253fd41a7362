//! Whether what is to come fits on the disk.

use std::path::Path;

use crate::{Error, ErrorKind};

/// Fails with [`ErrorKind::Disk`] if the file system of `folder` has fewer than `needed` bytes for this
/// user. One that cannot tell has room for everything. Blocks.
pub(crate) fn check(folder: &Path, needed: u64) -> Result<(), Error> {
    match fs4::statvfs(folder) {
        // Some network file systems say 0 of 0.
        Ok(stats) if stats.total_space() > 0 => compare(folder, needed, stats.available_space()),
        _ => Ok(()),
    }
}

fn compare(folder: &Path, needed: u64, free: u64) -> Result<(), Error> {
    if needed <= free {
        return Ok(());
    }
    // Rounded apart, or both could read the same.
    let (needed, free) = (rounded(needed, u64::div_ceil), in_words(free));
    let folder = folder.display();
    Err(Error::new(
        ErrorKind::Disk,
        format!(
            "{needed} are needed and the disk has {free} free at {folder}: make room, or choose another folder"
        ),
    ))
}

/// A number of bytes in decimal units, as disks are sold, rounded down: `5.2 GB`.
pub(crate) fn in_words(bytes: u64) -> String {
    rounded(bytes, |bytes, tenth| bytes / tenth)
}

fn rounded(bytes: u64, divide: impl Fn(u64, u64) -> u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = divide(bytes, unit / 10);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_little_and_none_for_everything() {
        let folder = std::env::temp_dir();
        assert!(check(&folder, 0).is_ok());
        let error = check(&folder, u64::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disk);
        let said = error.to_string();
        assert!(said.starts_with("18446744"), "{said}");
        assert!(said.contains(&folder.display().to_string()), "{said}");
    }

    #[test]
    fn what_cannot_be_told_passes() {
        assert!(check(Path::new("/no/such/folder/at all"), u64::MAX).is_ok());
    }

    #[test]
    fn the_message_says_how_much_is_missing_and_what_to_do() {
        let error = compare(Path::new("maps"), 5_200_000_000, 3_190_000_000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "5.2 GB are needed and the disk has 3.1 GB free at maps: make room, or choose another folder"
        );
        let error = compare(Path::new("maps"), 5_200_000_001, 5_200_000_000).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("5.3 GB are needed and the disk has 5.2 GB"),
            "{error}"
        );
        assert!(compare(Path::new("maps"), 7, 7).is_ok());
        let error = compare(Path::new("maps"), 8, 7).unwrap_err();
        assert!(error.to_string().contains("8 bytes"), "{error}");
    }
}
