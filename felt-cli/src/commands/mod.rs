//! One function for each command.

mod create;
mod download;
mod export;
mod link;
mod many;
mod resume;
#[cfg(feature = "sandbox")]
mod sandbox;
mod save;
mod schema;
mod server;
mod status;

use clap::CommandFactory;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::report::Report;
use crate::stop::Stop;

/// Runs the command to its end.
pub async fn run(command: Command, report: &Report, stop: &Stop) -> Result<(), Failure> {
    match command {
        Command::Export(args) => match args.many.manifest.clone() {
            Some(manifest) => many::run(&args, &manifest, report, stop).await,
            None => export::run(args, report, stop).await,
        },
        Command::Download(args) => download::run(args, report).await,
        Command::Link(args) => link::run(args, report).await,
        Command::Status(args) => status::run(args, report).await,
        Command::Resume(args) => resume::run(args, report).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args, report).await,
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Args::command(), "felt", &mut script);
            report.line(String::from_utf8_lossy(&script).trim_end())
        }
        Command::Schema(args) => report.line(&schema::of(args.what)?),
    }
}
