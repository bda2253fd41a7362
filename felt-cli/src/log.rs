//! What `-v` logs, on stderr.

use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::args::{Global, LogFormat};

/// Begins to log, if that was asked for.
pub fn start(args: &Global, bars: &MultiProgress) {
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
    let bars = bars.clone();
    let lines = fmt::layer().with_writer(move || Beside {
        bars: bars.clone(),
        text: Vec::new(),
    });
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

/// What is logged at once, for which the bars on the terminal make way.
struct Beside {
    bars: MultiProgress,
    text: Vec<u8>,
}

impl Write for Beside {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Where nobody hears it, nothing can be done about that.
        let _ = self.bars.suspend(|| io::stderr().write_all(&self.text));
    }
}
