//! `felt`: get data out of Felt, the web GIS, from the command line.
//!
//! Thin: what it does, `felt-api` does.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod events;
mod failure;
mod interrupt;
mod log;
mod manifest;
mod next;
mod output;
mod progress;
mod report;
mod token;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::failure::Failure;
use crate::report::Report;

/// How long the end waits for work that cannot be cut short, such as a write that nobody reads.
const LAST_WORDS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let args = args::Args::parse();
    log::start(&args.global);
    let report = Report::new(&args.global);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return report.failure(&Failure::Local(format!(
                "cannot start any threads: {error}"
            )));
        }
    };
    let done = runtime.block_on(async {
        let interrupted = interrupt::listen();
        tokio::select! {
            done = commands::run(args.command, &report) => done,
            _ = interrupted => Err(Failure::Interrupted),
        }
    });
    runtime.shutdown_timeout(LAST_WORDS);
    // Only now is it decided what is kept, and thus what there is to say.
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report.failure(&failure),
    }
}
