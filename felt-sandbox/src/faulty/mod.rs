//! A storage host that misbehaves on purpose: for tests of whatever downloads from one.
//!
//! [`Storage`] serves one [`Content`] under every path, as a good host (S3) does: strong `ETag`, `Last-Modified`,
//! `Content-Length`, single ranges, `If-Range`, XML errors. A script may name a [`Fault`] for each request, and what
//! goes over the wire then is what the fault says, to the byte: resets, silence, bodies that end early, ranges that
//! are not the ones that were asked for.
//!
//! ```
//! # fn main() -> Result<(), felt_sandbox::Error> {
//! use felt_sandbox::faulty::{Content, Fault, Options, Storage};
//!
//! let content = Content::pattern(1, 10_000_000);
//! // The first answer breaks off after 4 MB; every other one is as it should be.
//! let storage = Storage::with_script(content, Options::default(), |asked| {
//!     (asked.number == 0).then_some(Fault::ResetAt(4_000_000))
//! })?;
//! println!("{}", storage.url());
//! // ... download it, and look at what was asked for:
//! for asked in storage.asked() {
//!     println!("{:?} sent {} bytes", asked.range(), asked.sent);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! It keeps every request in memory for as long as it runs, and has no TLS.

mod answer;
mod asked;
mod connection;
mod content;
mod fault;
mod ledger;
mod plan;
mod send;
mod storage;
mod validators;

pub use asked::Asked;
pub use content::Content;
pub use fault::Fault;
pub use storage::{Options, Storage};
