//! What `-v` logs, on stderr.

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::args::{Global, LogFormat};

/// Begins to log, if that was asked for.
pub fn start(args: &Global) {
    let level = match args.verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // What libraries below have to say may be anything.
    let ours = Targets::new()
        .with_target("felt", level)
        .with_target("felt_api", level)
        .with_target("felt_api_client", level)
        .with_target("felt_download", level);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match args.log_format {
        LogFormat::Text => lines
            .with_ansi(false)
            .with_target(false)
            .compact()
            .with_filter(ours)
            .boxed(),
        LogFormat::Json => lines.json().with_filter(ours).boxed(),
    };
    tracing_subscriber::registry().with(lines).init();
}
