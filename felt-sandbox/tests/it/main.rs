//! The sandbox over real sockets.

mod api;
mod client;
mod data;
mod formats;
mod gpkg;
mod lifecycle;
mod requests;
mod schema;
mod storage;
