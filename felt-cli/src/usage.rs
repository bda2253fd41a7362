//! A command line that is none.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use indicatif::MultiProgress;

use crate::args::{Args, Global};
use crate::failure::Failure;
use crate::report::Report;

/// What was asked for; or what else there is to say, which has been said.
pub fn parse() -> Result<Args, ExitCode> {
    Args::try_parse().map_err(|error| {
        if !error.use_stderr() || is_manual(error.kind()) {
            // --help and --version are no errors. Nobody may be there to read it.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        Report::new(&Global::seen(), MultiProgress::new())
            .failure(&Failure::Usage(message(&error.to_string())))
    })
}

/// A command without anything behind it: its help says more than a sentence.
fn is_manual(kind: ErrorKind) -> bool {
    kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// What is wrong, and what may have been meant: without the usage that follows, and the references to --help.
fn message(said: &str) -> String {
    let mut paragraphs = said.trim_start_matches("error: ").split("\n\n");
    let what = paragraphs.next().unwrap_or_default();
    let tips: Vec<&str> = paragraphs
        .flat_map(str::lines)
        .filter_map(|line| line.trim_start().strip_prefix("tip: "))
        .collect();
    let mut lines = what.lines();
    let mut message = lines.next().unwrap_or_default().to_string();
    let more: Vec<&str> = lines.collect();
    match more[..] {
        // A place is shown in two lines of its own.
        [text, place] if place.trim() == "^" => {
            message.push_str(&format!("\n{text}\n{place}"));
        }
        _ => {
            // Of a place in one of several lines nothing is left in one.
            for line in more.into_iter().filter(|line| line.trim() != "^") {
                message.push(' ');
                message.push_str(line.trim_start());
            }
        }
    }
    if !tips.is_empty() {
        message.push_str(&format!(" ({})", tips.join("; ")));
    }
    message
}
