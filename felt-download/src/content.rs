//! What of the bytes that arrive becomes the file.

/// What of the bytes that arrive becomes the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// The bytes as they come.
    #[default]
    AsSent,
    /// One file. If a zip archive arrives (told by its first bytes, not by its name), the file is the
    /// one entry with one of these extensions, without dot, in any case; anything else is the file
    /// itself. Needs the feature `zip` when an archive arrives.
    OneFile {
        /// The extensions that the entry may have: `["tif", "tiff"]`.
        extensions: Vec<String>,
    },
}

/// How many first bytes tell one kind of file from another.
pub(crate) const HEAD: usize = 64;

/// Looks at the first bytes, and says what is wrong with them.
pub(crate) type HeadCheck = Box<dyn Fn(&[u8]) -> Result<(), String> + Send + Sync>;

/// Whether these are the first bytes of a zip archive (APPNOTE 4.3.7; the second form is an empty
/// archive's).
pub(crate) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}
