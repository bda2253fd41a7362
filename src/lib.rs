//! The client of Felt's REST API that progenitor generates from the vendor's OpenAPI spec.
//!
//! `felt-api` is the crate to depend on: it adds what this one leaves out (ids that are checked,
//! retries, polling, errors, downloads) and keeps a stable interface. What is here changes whenever
//! the spec does.
//!
//! With the feature `codegen` (default) the code is generated while building, from `openapi/` or from
//! the folder that `FELT_OPENAPI_DIR` names (an absolute path); without it the committed
//! `src/generated.rs` is used, and progenitor is not built at all.
//!
//! [`Client`] sends no token by itself: build it with [`Client::new_with_client`] and a
//! `reqwest::Client` that has the `Authorization` header among its defaults. Every response is read
//! up to [`Limits::max_body`] bytes only.
//!
//! An argument that becomes part of a path must not be empty, `.` or `..`: these are not escaped (no escape
//! would help, since `%2e%2e` means the same), and the URL is normalized before it is sent, so that the call
//! goes to another endpoint. `felt-api` refuses such ids; whoever calls this client checks what comes from
//! outside.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod hooks;

/// What progenitor made of the spec. Of some specs it makes functions that nothing calls, and variants that
/// are called `minus1`.
#[allow(missing_docs, rustdoc::all, clippy::all, clippy::unwrap_used)]
#[allow(dead_code, nonstandard_style)]
mod generated {
    #[cfg(feature = "codegen")]
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
    #[cfg(not(feature = "codegen"))]
    include!("generated.rs");
}

pub use generated::*;
pub use hooks::{BodyTooLarge, Limits};

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
