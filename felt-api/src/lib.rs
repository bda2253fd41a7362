//! Get data out of [Felt](https://felt.com), the web GIS, without losing any of it.
//!
//! Felt's [Layer Exports API](https://developers.felt.com/rest-api/api-reference/layers/layer-exports)
//! exports a layer in two ways: a *direct link* to the whole layer (GeoPackage, or GeoTIFF for a
//! raster), and a *custom export* in one of five formats, filtered if need be, which is created, asked
//! about until it is done, and downloaded.
//!
//! ```no_run
//! use felt_api::{Client, Format};
//!
//! # async fn example() -> Result<(), felt_api::Error> {
//! let client = Client::from_env()?; // FELT_API_TOKEN
//! let layer = client.layer("luCHyMruTQ6ozGk3gPJfEB", "79CKMBRbBRbMWxJSGbf29C")?;
//!
//! // The whole layer:
//! layer.export_link().await?.download().to_path("all.gpkg").await?;
//!
//! // A part of it, as GeoJSON:
//! let export = layer
//!     .export(Format::Geojson)
//!     .filter("pop_est > 1000000 and continent in ('Africa', 'Asia')".parse()?)
//!     .start()
//!     .await?;
//! println!("started {}", export.handle());
//! let finished = export.wait().await?;
//! finished.download().to_path("big.geojson").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # From a layer to a file
//!
//! | Step | What it takes off your hands |
//! |---|---|
//! | [`Client`] from a token | The token goes to Felt's API and nowhere else. Neither it nor a signed link shows in an error, a log or `Debug`. |
//! | [`Client::layer`] from two ids | An id that would lead to another endpoint is refused. |
//! | [`Layer::export`], [`ExportRequest`] | A [`Filter`] can only be built right: in Rust, from JSON, or from text. |
//! | [`ExportRequest::start`] | An export is never created twice by accident. |
//! | [`Export::wait`], [`Wait`] | Waiting is bounded, polite, survives passing trouble, and ends in one of [four ways](Wait#the-four-ways-in-which-it-ends). |
//! | [`ExportHandle`], [`Client::resume`] | Nothing that was created is lost track of: every error that can carries the handle with which another process goes on, days later. |
//! | [`FinishedExport::download`], [`Download`] | A file is there under its name only when it is whole. A transfer that breaks goes on from there, in the next process too; a link that expires is renewed. |
//!
//! The examples are in `felt-api/examples`, and run against a local sandbox where no token is set
//! (`cargo run -p felt-api --example NAME`): `export_to_file`, `show_progress`, `resume_later`,
//! `handle_errors`, `direct_link`, and with the feature `generated` `generated_client`.
//!
//! # Filters
//!
//! A [`Filter`] is Felt Style Language. In Rust, as text and as JSON it is the same:
//!
//! ```
//! use felt_api::{Filter, attr};
//!
//! let rust = attr("acres").gt(50).and(attr("state").one_of(["CA", "OR"]));
//! let text: Filter = r#"acres > 50 and state in ("CA", "OR")"#.parse()?;
//! let json: Filter = serde_json::from_str(r#"[["acres","gt",50],"and",["state","in",["CA","OR"]]]"#)?;
//! assert!(rust == text && text == json);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Progress, and coming back later
//!
//! A wait is a stream of the statuses that it is told, too, and a handle is a line of text:
//!
//! ```no_run
//! # async fn example(client: felt_api::Client, line: &str) -> Result<(), felt_api::Error> {
//! let export = client.resume(line.parse()?); // what `export.handle().to_string()` was, days ago
//! let mut wait = export.wait();
//! while let Some(status) = wait.next().await {
//!     eprintln!("{}", status.state());
//! }
//! let finished = wait.await?;
//! let download = finished.download().on_progress(|progress| eprintln!("{} bytes", progress.bytes));
//! download.to_path("late.csv").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # When it fails
//!
//! There is one [`Error`], of one [`ErrorKind`]: its table says which answer of the server becomes
//! which kind, whether it was tried again, and what to do. Each kind has a predicate, such as
//! [`Error::is_not_found`], with a paragraph on troubleshooting.
//!
//! What may pass is tried again, as [`Retry`] says: 4 times within 15 s, with full jitter, and for as
//! long as the server asks for within a minute more. It is the only layer of retries. Where the server
//! refuses requests as too many, all calls of a [`Client`](Client#pace) slow down together.
//!
//! # Limits
//!
//! Everything is bounded: a connection is made within 10 s ([`ConnectOptions`]), a question answered
//! within 10 s and an export created within 60 s ([`ClientBuilder::request_timeout`], [`ClientBuilder::create_timeout`]), an answer read
//! up to 4 MiB ([`ClientBuilder::max_body`]) and an error up to 64 KiB, an export waited for up to an
//! hour ([`Wait::timeout`]). A download has no total timeout; a storage host may be silent for 30 s, and
//! slower than 1 KiB/s for a minute ([`Download::min_rate`](felt_download::Download::min_rate)).
//!
//! # Without a Felt account
//!
//! `felt-sandbox` is a local Felt that really exports; `felt sandbox` runs it from the command line,
//! and [`Client::from_env`] understands the two variables that it prints.
//!
//! # Features
//!
//! | Feature | Default | What it adds |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls |
//! | `native-tls` | | TLS by the system's library; one of the two is needed |
//! | `codegen` | yes | the client is generated from the spec while building, from the folder that `FELT_OPENAPI_DIR` names if it is set; without it the committed code is used |
//! | `tracing` | yes | a span `felt` for each operation (`operation`, `subject`), with an event for each attempt (`attempt`, `status`, `delay_ms`; of a download for each that failed), all of the target `felt` |
//! | `zip` | yes | the file is taken out of the archive that a custom export arrives in, or everything is (`extract_to`) |
//! | `schemars` | | JSON Schema (schemars 1) of [`ExportRequest`], [`Filter`], [`ExportHandle`], [`ExportStatus`] and [`Format`] |
//! | `generated` | | `Client::generated`, the generated client underneath, outside semver |
//!
//! # What it does not do
//!
//! - *Other operations of Felt's API.* `Client::generated` has what the spec has.
//! - *Cancelling an export.* The Layer Exports API has no operation for it: whatever is dropped here, an export
//!   that was created runs on.
//! - *Listing exports.* Nor has it one for that: keep the handle.
//! - *Reading what was exported.* A file is checked to be what was asked for by its first bytes, and
//!   not parsed.
//! - *Blocking calls.* It needs a tokio runtime with time and I/O enabled.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod client;
mod detail;
mod download;
mod error;
mod export;
mod filter;
mod format;
mod handle;
mod id;
mod kind;
mod layer;
mod pace;
mod poll;
mod predicates;
mod request;
mod retry;
#[cfg(feature = "schemars")]
mod schema;
mod settings;
mod status;
mod turns;
mod wait;

/// The crate of the generated client, outside semver: the types of [`Client::generated`].
#[cfg(feature = "generated")]
pub use felt_api_client as generated;

pub use client::{Client, ClientBuilder};
pub use detail::{Blame, ErrorDetail};
#[cfg(feature = "zip")]
pub use download::extract;
pub use download::{Download, reserve};
pub use error::Error;
pub use export::{Export, FinishedExport};
pub use felt_download::{ConnectOptions, Content, Finished, Progress, Target};
#[cfg(feature = "zip")]
pub use felt_download::{Extracted, ExtractedFile, ZipLimits};
pub use filter::{Attribute, Filter, ParseFilterError, Scalar, attr};
pub use format::Format;
pub use handle::ExportHandle;
pub use id::check_id;
pub use kind::ErrorKind;
pub use layer::{ExportLink, Layer};
pub use request::ExportRequest;
pub use retry::Retry;
pub use status::{ExportState, ExportStatus};
pub use wait::Wait;
