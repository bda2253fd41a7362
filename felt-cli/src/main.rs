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
use std::time::Duration;

use clap::Parser;

use crate::failure::Failure;

/// How long the end waits for work that cannot be cut short, such as a write that nobody reads.
const LAST_WORDS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let args = args::Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failure::Local(format!("cannot start any threads: {error}")).report();
        }
    };
    let hint = args.command.goes_on().then_some(failure::GOES_ON);
    let code = runtime.block_on(async {
        tokio::select! {
            done = commands::run(args.command) => match done {
                Ok(()) => ExitCode::SUCCESS,
                Err(failure) => failure.report(),
            },
            () = interrupt::interrupted() => interrupt::report(hint),
        }
    });
    runtime.shutdown_timeout(LAST_WORDS);
    code
}
