//! The sandbox over real sockets.

// In a test a panic is the finding. (clippy.toml allows it in tests, but not in what they call.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod client;
mod data;
mod faults;
mod faulty;
mod formats;
mod geojson;
mod geotiff;
mod gpkg;
mod lifecycle;
mod limits;
mod pmtiles;
mod requests;
mod rules;
mod schema;
mod storage;
mod wire;
