//! A spinner while waiting and a bar while downloading: on stderr, and only if that is a terminal.

use std::time::Duration;

use felt_api::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::report::Report;

/// What is shown while a command works. Cleared when it is dropped.
pub struct Shown(ProgressBar);

impl Shown {
    /// A spinner with the time that has passed.
    pub fn waiting(report: &Report, what: &str) -> Self {
        Self::new(report, "{spinner} {elapsed} {wide_msg}", what)
    }

    /// Another text for the spinner.
    pub fn say(&self, what: String) {
        self.0.set_message(what);
    }

    /// A bar that follows a download.
    pub fn downloading(
        report: &Report,
        what: &str,
    ) -> (Self, impl Fn(Progress) + Send + Sync + use<>) {
        let this = Self::new(report, "{spinner} {elapsed} {msg} {bytes}", what);
        let shown = this.0.clone();
        let update = move |progress: Progress| {
            if let Some(total) = progress.total
                && shown.length() != Some(total)
            {
                shown.set_length(total);
                shown.set_style(style(
                    "{spinner} {elapsed} {msg} {bytes}/{total_bytes} {bytes_per_sec} {eta} left {wide_bar}",
                ));
            }
            shown.set_position(progress.bytes);
        };
        (this, update)
    }

    /// A bar for all of so many exports.
    pub fn counting(report: &Report, all: usize) -> Self {
        let this = Self::new(report, "{elapsed} {pos} of {len} {eta} left {wide_bar}", "");
        this.0.set_length(all as u64);
        this
    }

    /// One more is over.
    pub fn advance(&self) {
        self.0.inc(1);
    }

    fn new(report: &Report, template: &str, what: &str) -> Self {
        // indicatif draws nothing where stderr is no terminal.
        let bar = report.bars().add(ProgressBar::no_length());
        bar.set_style(style(template));
        bar.set_message(what.to_string());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that is wrong is shown in the default style rather than not at all.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
