//! `felt`: get data out of Felt, the web GIS, from the command line.
//!
//! Thin: what it does, `felt-api` does.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod failure;
mod interrupt;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::parse();
    tokio::select! {
        done = commands::run(args.command) => match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        },
        () = interrupt::interrupted() => interrupt::report(),
    }
}
