//! TODO
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod api;
mod artifact;
mod builder;
mod filter;
mod format;
mod geometry;
mod id;
mod jobs;
mod layers;
mod links;
mod range;
mod request;
mod respond;
mod server;
mod storage;
mod vector;

pub use builder::{Builder, Error};
pub use layers::Skipped;
pub use server::Sandbox;
