//! A link that can be renewed becomes a file that is whole.
//!
//! A [`LinkSource`] says where the bytes are, and gives a fresh link when the last one was refused
//! (signed links expire). A [`Download`] brings them to a path, a folder or any
//! [`AsyncWrite`](tokio::io::AsyncWrite), whatever the network does: never a short file, never over a file
//! that is there unless asked, and never from a host that is not `https` (loopback apart).
//!
//! ```no_run
//! # async fn example() -> Result<(), felt_download::Error> {
//! use felt_download::{ConnectOptions, Download, FixedLink, StorageClient};
//!
//! let storage = StorageClient::new(&ConnectOptions::default())?;
//! let link = FixedLink::new("https://example.com/parsed.gpkg");
//! let done = Download::new(&storage, &link).to_path("countries.gpkg").await?;
//! println!("{} bytes", done.bytes);
//! # Ok(())
//! # }
//! ```
//!
//! # What happens on the way
//!
//! - The bytes go to `<name>.part` beside the target. `<name>.part.json` is locked against a second
//!   process, and remembers what is in the part: what the source calls it
//!   ([`LinkSource::identity`]), its validator, its size, and which bytes are there; no link. When all are
//!   there, and on disk, the part is renamed; the rename refuses to replace a file. A part that no download
//!   has left is somebody else's file, and stays.
//! - A download that fails, is dropped or is killed keeps its part, and the next one of the same source to
//!   the same target goes on from there, in another process too. After the power has failed it goes on from
//!   what was on disk by then, which is at most the last 64 MiB or so behind.
//! - It goes on only with the same file: the server has to have given a strong validator (an `ETag` that is
//!   not weak, or else a `Last-Modified` that is a minute old), and an answer of 206 has to have the same
//!   one, the same total, and begin at the very byte. Otherwise it starts over from the first byte, and what
//!   was there is given up only when the first bytes of what replaces it have been looked at.
//! - A connection that breaks, is silent for [`stall_timeout`](Download::stall_timeout), slower than
//!   [`min_rate`](Download::min_rate), or answered with 408, 429 or 5xx is replaced by another one, until
//!   there have been eight failures in a row without progress, half a second to ten seconds apart. Progress
//!   are more bytes than there ever were. A server that asks for a delay gets it, up to a minute in all
//!   while nothing arrives.
//! - 400, 401 and 403 mean that the link has expired: a fresh one is asked for, once for all connections,
//!   and again only after progress.
//! - Where one connection is slow and the server sends parts, several bring the file
//!   ([`connections`](Download::connections)). Each is a connection of its own: storage is spoken to over
//!   HTTP/1.1.
//! - Whether there is room on the disk is looked at before the first byte is written. In memory are at most
//!   1 MiB that wait to be written, and what each connection reads at a time.
//! - A server that gives neither a length nor an end (HTTP/1.0 mostly) leaves nobody a way to tell a whole file
//!   from one that was cut off, unless it was longer before: [`check_file`](Download::check_file) may know by
//!   the format's own end. Nothing at all is no file.
//! - A connection that fails where others go on is one too many: they bring the rest.
//! - There is no total timeout. Dropping the future stops the transfer.
//!
//! # Features
//!
//! `rustls` (default) or `native-tls`; `zip` (default): [`Content::OneFile`] takes the file out of an
//! archive, `Download::extract_to` and `extract` all of them; `tracing` (default): a span `felt` for each download (`operation`, `subject`), with an event
//! for each attempt that failed (`attempt`, `status`, `delay_ms`).
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod answer;
#[cfg(feature = "zip")]
mod archive;
mod attempt;
mod connect;
mod content;
mod course;
mod decide;
mod disk;
mod disposition;
mod download;
mod ended;
mod error;
mod finish;
#[cfg(feature = "zip")]
mod folder;
#[doc(hidden)]
pub mod http;
mod link;
mod name;
mod os;
mod patience;
mod pieces;
mod place;
mod plan;
mod probe;
mod ramp;
mod rate;
mod record;
mod sidecar;
#[doc(hidden)]
pub mod signature;
mod space;
mod state;
mod target;
#[doc(hidden)]
pub mod trace;
mod transfer;

#[cfg(feature = "zip")]
pub use archive::{Extracted, ExtractedFile, ZipLimits, extract};
pub use connect::ConnectOptions;
pub use content::Content;
pub use download::{Download, Finished, Progress};
pub use error::{Error, ErrorKind};
pub use http::StorageClient;
pub use link::{BoxError, BoxFuture, FixedLink, LinkSource};
pub use target::Target;
