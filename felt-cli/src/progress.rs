//! What moves on the terminal, on stderr, and only if that is a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use felt_api::Progress;
use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};

use crate::report::Report;

/// A terminal of fewer columns has no room for all the numbers.
const WIDE: u16 = 66;

/// What is shown while a command works: the numbers first, then the phase and what it is about, as far as there is
/// room. Cleared when it is dropped.
pub struct Shown(ProgressBar);

impl Shown {
    /// A spinner with the time that has passed.
    pub fn waiting(report: &Report, what: &str) -> Self {
        Self::new(report, style("{spinner} {elapsed} {wide_msg}"), what)
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
        let begun = style("{spinner} {elapsed} {bytes} {wide_msg}");
        let this = Self::new(report, begun, &format!("downloading {what}"));
        let (shown, all) = (this.0.clone(), report.bytes().clone());
        let update = move |progress: Progress| {
            if let Some(total) = progress.total
                && shown.length() != Some(total)
            {
                shown.set_length(total);
                shown.set_style(style(match is_wide() {
                    true => {
                        "{spinner} {elapsed} {bytes}/{total_bytes} {bytes_per_sec} {eta} left {wide_msg}"
                    }
                    false => "{spinner} {elapsed} {percent}% {eta} left {wide_msg}",
                }));
            }
            let more = progress.bytes.saturating_sub(shown.position());
            all.fetch_add(more, Ordering::Relaxed);
            shown.set_position(progress.bytes);
        };
        (this, update)
    }

    /// A bar for all of so many exports.
    pub fn counting(report: &Report, all: usize) -> Self {
        let bytes = report.bytes().clone();
        let template = match is_wide() {
            true => "{elapsed} {pos} of {len} {all_bytes} {eta} left {wide_bar}",
            false => "{elapsed} {pos} of {len} {eta} left {wide_bar}",
        };
        let style = style(template).with_key("all_bytes", transferred(bytes));
        let this = Self::new(report, style, "");
        this.0.set_length(all as u64);
        this
    }

    /// One more is over.
    pub fn advance(&self) {
        self.0.inc(1);
    }

    fn new(report: &Report, style: ProgressStyle, what: &str) -> Self {
        // indicatif draws nothing where stderr is no terminal.
        let bar = report.bars().add(ProgressBar::no_length());
        bar.set_style(style);
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

/// All bytes, and how many in a second on average.
fn transferred(
    bytes: Arc<AtomicU64>,
) -> impl Fn(&ProgressState, &mut dyn std::fmt::Write) + Clone + Send + Sync + 'static {
    move |state, text| {
        let all = bytes.load(Ordering::Relaxed);
        let rate = all as f64 / state.elapsed().as_secs_f64().max(1.0);
        // Text that is not written is not shown.
        let _ = write!(text, "{} {}/s", HumanBytes(all), HumanBytes(rate as u64));
    }
}

fn is_wide() -> bool {
    terminal_size::terminal_size_of(std::io::stderr())
        .is_none_or(|(terminal_size::Width(columns), _)| columns >= WIDE)
}

fn style(template: &str) -> ProgressStyle {
    // A template that is wrong is shown in the default style rather than not at all.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
