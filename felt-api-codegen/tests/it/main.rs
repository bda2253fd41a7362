//! The crate from outside: what the library finds and makes, and the command as a process.
// clippy.toml allows these in tests, but not in the functions that tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

mod check;
mod command;
mod compiled;
mod corpus;
mod diff;
mod edits;
mod files;
mod marked;
mod pipeline;
mod preflight;
#[cfg(target_os = "linux")]
mod recipe;
mod shared;
