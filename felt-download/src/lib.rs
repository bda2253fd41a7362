//! A link that can be renewed becomes a file that is whole.
//!
//! A [`LinkSource`] says where the bytes are, and gives a fresh link when the last one was refused
//! (signed links expire). A [`Download`] brings them to a path or to any
//! [`AsyncWrite`](tokio::io::AsyncWrite): never a short file, never over a file that is there unless
//! asked, and never to a host that is not `https` (loopback apart).
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
//! - The bytes go to `<name>.part` beside the target, and `<name>.part.json` is locked against a second
//!   process. When they are all there, and on disk, the part is renamed; the rename refuses to replace
//!   a file. A part that no download has left is somebody else's file, and stays.
//! - A connection that breaks, is silent for [`stall_timeout`](Download::stall_timeout), or answers
//!   408, 429 or 5xx is tried again: up to eight failures in a row, half a second to ten seconds
//!   apart, or as long as the server asks for, up to a minute in all. A transfer that broke starts over from its first byte; the part of a download that fails
//!   or is dropped is removed.
//! - 400, 401 and 403 mean that the link has expired: a fresh one is asked for once, and once more
//!   only after bytes have arrived.
//! - There is no total timeout. Dropping the future stops the transfer.
//!
//! # Features
//!
//! `rustls` (default) or `native-tls`; `zip` (default): [`Content::OneFile`] takes the file out of an
//! archive; `tracing` (default): a span `felt` for each download (`operation`, `subject`), with an event
//! for each attempt that failed (`attempt`, `status`, `delay_ms`).
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod answer;
#[cfg(feature = "zip")]
mod archive;
mod attempt;
mod connect;
mod content;
mod decide;
mod disk;
mod disposition;
mod download;
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
