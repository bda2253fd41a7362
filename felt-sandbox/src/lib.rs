//! A local Felt that really exports: for tests, for examples, and for trying things out without an account.
//!
//! The three operations of Felt's *Layer Exports* (<https://developers.felt.com/rest-api/api-reference/layers/layer-exports>)
//! answer here as the vendor documents them: the direct link, the custom export, and its status. Exports take time,
//! and are real files. Links lead to a second origin, are signed, and expire. Any client that keeps to the
//! documentation works against it; nothing in this crate is shared with one.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), felt_sandbox::Error> {
//! use std::time::Duration;
//!
//! use felt_sandbox::Sandbox;
//!
//! let sandbox = Sandbox::builder().job_time(Duration::from_millis(100)).start().await?;
//! // What a client wants to know; Felt's own takes it from the environment.
//! println!("FELT_BASE_URL={}", sandbox.base_url());
//! println!("FELT_API_TOKEN={}", sandbox.token());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Maps and layers
//!
//! The map `demo` is built in: the vector layers `countries` (177 areas) and `cities` (243 points), and the raster
//! `relief`. [`Builder::data`] names a folder with more, where `<map>/<layer>.geojson` is a vector layer and
//! `<map>/<layer>.tif` or `.tiff` a raster. The names are the ids, of `A-Z`, `a-z`, `0-9`, `_` and `-`.
//!
//! A GeoJSON file holds a FeatureCollection in WGS 84, longitude first. Of a TIFF all directories, strips and tiles
//! have to be there. A file that cannot be used does not keep the others from being used: [`Sandbox::skipped`] lists it,
//! with the line, or the byte, that is wrong. What is added, changed or taken away while the sandbox runs is found when
//! it is asked for.
//!
//! # Formats
//!
//! Vector layers become `csv`, `gpkg`, `geojson` and `pmtiles`, rasters `geotiff`. A custom export is an archive,
//! `Felt-Export.zip`, with one file in it; a direct link gives `parsed.gpkg` or `parsed.tiff`, bare. PMTiles of a
//! raster are refused.
//!
//! - *GeoJSON* (RFC 7946): geometries as they were written, but for rings that run against the right-hand rule, whose
//!   positions are put in the opposite order. A position keeps all its numbers, even those beyond the third, which the
//!   standard would rather not have. Attributes keep their order and types, and `id`s are kept if they are strings or
//!   numbers. Other members of features, `bbox` and `crs` among them, are left out.
//! - *CSV* (RFC 4180): the attributes in the order in which they first appear; `longitude` and `latitude` if all
//!   geometries are points; the geometry as WKT in `wkt`. If an attribute has such a name, a number is added to
//!   ours. Null is an empty field, lists and objects are JSON. There is no place for the `id`s.
//! - *GeoPackage* 1.3: a table named after the layer, with `fid` and `geom`. Columns are BOOLEAN, INTEGER, REAL or
//!   TEXT, whichever holds every value of the layer (REAL whole numbers beside others to 53 bits); a mixture is TEXT. Attributes whose names differ in case only,
//!   or are `fid` or `geom`, get a number. Polygons beside multipolygons become multipolygons, and so with lines and
//!   points; other mixtures make it a table of GEOMETRY. It has a spatial index (the extension `gpkg_rtree_index`, with
//!   its triggers). Dates stay TEXT, as GeoJSON has them. With more than 1,998 attributes, which SQLite
//!   has no columns for, the export fails. There is no place for the `id`s.
//! - *GeoTIFF*: a Cloud Optimized one (OGC 21-026). A file that is one already passes byte for byte. Of any other one is
//!   made: tiles of 512 x 512 cells, DEFLATE with a predictor, and overviews by powers of two down to 512, which take
//!   every second cell, so that no cell says what the raster does not. Cells, bands, planes, colours, nodata and every
//!   other tag stay as they are. What cannot be made into one passes byte for byte too: compressions other than DEFLATE,
//!   LZW and PackBits; cells that are not integers of 8 to 64 bits or floats of 32 or 64; files with several pages, masks
//!   or tiles that are left out; more than 2 GiB of cells, or a strip or tile of more than 128 MiB; and what is broken.
//! - *PMTiles* 3: Mapbox Vector Tiles 2.1, with one layer, named after ours. See below.
//!
//! In CSV and GeoPackage an empty geometry is null, and heights are kept where every position of a geometry has one.
//! Columns and geometry types are those of the whole layer, whatever a filter lets through.
//!
//! ## PMTiles
//!
//! Tiles go from zoom 0 to the one at which most points are four tiles apart, and most vertices a 32nd of a tile (128
//! of its 4,096 steps): deeper if that is no more than about 2,000 tiles, less deep if it would be more than about
//! 100,000, or a million pieces, and 14 at most. The deepest zoom has every feature and vertex. In others vertices
//! that nobody could see are left out, what is smaller than half a pixel becomes a dot of that size, dots in one
//! place are one, and a tile with more than 500,000 bytes (before it is compressed) keeps the largest features, and of
//! the same size some from everywhere.
//!
//! Lines and areas have a buffer of 64 steps around a tile; a point is in one tile of each zoom. Polygons are valid in
//! each tile. One that crosses itself so often that this would take minutes becomes its convex hull, tile by tile.
//! What is beyond 85.05 degrees of latitude is left out, what is beyond 180 of longitude is on the other side. A
//! collection becomes a feature for points, one for lines and one for areas. There are no heights. Null is left out,
//! lists and objects are JSON, and `id`s are kept if they are whole and not negative. If there is nothing to show,
//! there is one tile with nothing in its layer.
//!
//! # Filters
//!
//! `filters` is an array of Felt Style Language filters, all of which a feature has to pass. One is `[attribute,
//! operator, value]` with `lt`, `gt`, `le`, `ge`, `eq`, `ne`, `cn` (contains), `nc` (does not contain), `is` or
//! `isnt`; or with `in` or `ni` and a list of values; or `[filter, "and" | "or", filter]`; or `null`, `true` or
//! `false`. Felt does not document how values compare. Here:
//!
//! - What a feature lacks is null, and comparisons with null are false, negated ones too. `is` and `isnt` see null.
//! - Values of different kinds are not equal and have no order. Numbers compare by value, strings by code point and
//!   with their case. Booleans, lists and objects have no order.
//! - `cn` and `nc` are false for what is no string.
//! - `null` and `true` let everything pass, `false` nothing.
//!
//! # Answers
//!
//! Errors have the shapes of the specification: 401, 404 with the parameter that leads nowhere, 422 with a JSON
//! Pointer for each thing that is wrong with a body, 429 with [`Builder::rate_limit`], 500. Beyond it, a 405 looks the same. A body that is no JSON, not
//! `application/json` or over 1 MiB is a 422, since the specification knows neither 400, 413 nor 415. There is one token
//! and it may do everything, so that nothing is a 403.
//!
//! The storage answers like S3: XML errors, 403 for a link that expired or was changed and for every method but GET and
//! HEAD, 404 for a file that has expired, 400 if a token is sent along. Single ranges and `If-Range` work; several
//! ranges at once are a 416. (S3 itself signs for one method, so that there HEAD is a 403; [`faulty`] does that.)
//!
//! # Faults
//!
//! [`faults`] are rules for what goes wrong, on both origins: from [`Builder::faults`], from a file (`felt sandbox
//! --faults`), or while it runs from [`Sandbox::add_faults`] and `POST /_sandbox/faults`. [`Sandbox::requests`] and
//! `GET /_sandbox/requests` tell what came in.
//!
//! [`faulty`] is a storage host of its own, without an API in front of it, that misbehaves on purpose: it resets,
//! stalls, cuts off and mislabels what it sends, request by request as a script says. It is for tests of whatever
//! downloads.
//!
//! # Limits
//!
//! It is made for one machine and its owner. Layers are held in memory; files are produced into a temporary folder
//! that goes with the sandbox, two at a time and one for direct links, and go when nobody has asked for them for [`Builder::export_ttl`], or
//! when there are more than 4 GiB of them. The last 10,000 exports, 10,000 links and 10,000 requests are remembered.
//! Nothing outlives the process: after a crash or a restart an export is not found (404). A process that is killed
//! leaves the folder behind.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod api;
mod artifact;
mod builder;
mod catalog;
mod control;
mod drain;
pub mod faults;
pub mod faulty;
mod filter;
mod format;
mod gate;
mod geometry;
mod id;
mod jobs;
mod layers;
mod limit;
mod links;
mod odd;
mod pace;
mod range;
mod request;
mod requests;
mod respond;
mod s3;
mod server;
mod shape;
mod shelf;
mod storage;
mod tap;
mod tiff;
mod vector;

pub use builder::{Builder, Error};
pub use layers::Skipped;
pub use requests::{Origin, Request};
pub use server::Sandbox;
