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
    let goes_on = args.command.goes_on();
    let mut interrupted = false;
    let code = runtime.block_on(async {
        tokio::select! {
            done = commands::run(args.command) => match done {
                Ok(()) => ExitCode::SUCCESS,
                Err(failure) => failure.report(),
            },
            () = interrupt::interrupted() => {
                interrupted = true;
                interrupt::report()
            }
        }
    });
    runtime.shutdown_timeout(LAST_WORDS);
    // Only now is it decided what is kept.
    if interrupted && goes_on && commands::is_part_kept() {
        eprintln!("{}", failure::GOES_ON);
    }
    code
}
