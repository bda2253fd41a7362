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

/// Whether the file system has no locks: an old NFS without a lock server says `ENOLCK`, which has no kind.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    is_unsupported(error) || (cfg!(unix) && error.raw_os_error() == Some(ENOLCK))
}

/// Whether this is how a file system says that it knows neither a rename that replaces nothing nor a second
/// name for a file: FAT, and some network mounts.
pub(crate) fn knows_no_other_rename(error: &io::Error) -> bool {
    // What `link` says there.
    const EPERM: i32 = 1;
    is_unsupported(error) || (cfg!(unix) && error.raw_os_error() == Some(EPERM))
}

fn is_unsupported(error: &io::Error) -> bool {
    // Apple's has no kind.
    const ENOTSUP: i32 = 45;
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
    ) || (cfg!(target_vendor = "apple") && error.raw_os_error() == Some(ENOTSUP))
}
