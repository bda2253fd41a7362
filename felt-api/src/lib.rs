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
//!     .filter(serde_json::json!(["pop_est", "gt", 1_000_000]))
//!     .start()
//!     .await?;
//! println!("started {}", export.handle());
//! let finished = export.wait().await?;
//! finished.download().to_path("big.geojson").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it takes off your hands
//!
//! - An export is never created twice by accident: see [`ExportRequest::start`].
//! - Waiting is bounded, polite, and survives passing trouble: see [`Wait`].
//! - Nothing that was created is lost track of: every error that can carries the
//!   [`ExportHandle`] with which [`Client::resume`] goes on, in another process if need be.
//! - A file is there under its name only when it is whole: see [`Download`].
//! - The token goes to Felt's API and nowhere else. Neither it nor a signed link shows in an error, a
//!   log or `Debug`.
//!
//! # Without a Felt account
//!
//! `felt-sandbox` is a local Felt that really exports; `felt sandbox` runs it from the command line,
//! and [`Client::from_env`] understands the two variables that it prints.
//!
//! # Features
//!
//! - `rustls` (default) or `native-tls`.
//! - `codegen` (default): generate the client from the spec while building, from the folder that
//!   `FELT_OPENAPI_DIR` names if it is set. Without it the committed code is used.
//! - `zip` (default): take the file out of the archive that a custom export arrives in.
//! - `generated`: `Client::generated`, the generated client underneath. Outside semver.
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
mod poll;
mod predicates;
mod request;
mod retry;
#[cfg(feature = "schemars")]
mod schema;
mod settings;
mod status;
mod trace;
mod wait;

pub use client::{Client, ClientBuilder};
pub use detail::{Blame, ErrorDetail};
pub use download::{Download, reserve};
pub use error::Error;
pub use export::{Export, FinishedExport};
pub use felt_download::{ConnectOptions, Finished, Progress, Target};
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
