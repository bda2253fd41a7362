//! What each system does in its own way.

use std::fs::{File, Metadata};
use std::io;

/// Writes all of it at an offset; where the file's cursor is afterwards is not said.
#[cfg(unix)]
pub(crate) fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

/// Writes all of it at an offset; where the file's cursor is afterwards is not said.
#[cfg(windows)]
pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = match std::os::windows::fs::FileExt::seek_write(file, bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        bytes = bytes.get(written..).unwrap_or_default();
        at += written as u64;
    }
    Ok(())
}

/// Whether the file has no other name by which somebody may know it.
#[cfg(unix)]
pub(crate) fn has_one_name(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) == 1
}

/// Whether the file has no other name by which somebody may know it: Windows does not tell.
#[cfg(not(unix))]
pub(crate) fn has_one_name(_: &Metadata) -> bool {
    true
}
