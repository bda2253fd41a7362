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
mod quote;
mod report;
mod stop;
mod template;
mod token;
mod usage;

use std::process::ExitCode;
use std::time::Duration;

use indicatif::MultiProgress;

use crate::failure::Failure;
use crate::report::Report;
use crate::stop::Stop;

/// How long the end waits for work that cannot be cut short, such as a write that nobody reads.
const LAST_WORDS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let args = match usage::parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let bars = MultiProgress::new();
    log::start(&args.global, &bars);
    let report = Report::new(&args.global, bars);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return report.failure(&Failure::Local(format!(
                "cannot start any threads: {error}"
            )));
        }
    };
    let done = runtime.block_on(async {
        let stop = Stop::default();
        interrupt::listen(&stop);
        let slow =
            || report.note("stopping: what was sent to Felt is waited for (once more: at once)");
        tokio::select! {
            done = commands::run(args.command, &report, &stop) => done,
            () = stop.cuts_short(slow) => Err(Failure::Interrupted),
        }
    });
    runtime.shutdown_timeout(LAST_WORDS);
    // Only now is it decided what is kept, and thus what there is to say.
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report.failure(&failure),
    }
}
