//! A spinner while waiting and a bar while downloading: on stderr, and only if that is a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use felt_api::Progress;
use indicatif::{ProgressBar, ProgressStyle};

static HAS_ARRIVED: AtomicBool = AtomicBool::new(false);

/// Whether anything of the file has arrived, now or before.
pub fn has_arrived() -> bool {
    HAS_ARRIVED.load(Ordering::Relaxed)
}

/// What is shown while a command works. Cleared when it is dropped.
pub struct Shown(ProgressBar);

impl Shown {
    /// A spinner with the time that has passed.
    pub fn waiting(what: &str) -> Self {
        // indicatif draws nothing where stderr is no terminal.
        let bar = ProgressBar::new_spinner().with_message(what.to_string());
        bar.set_style(style("{spinner} {msg} {elapsed}"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Another text for the spinner.
    pub fn say(&self, what: String) {
        self.0.set_message(what);
    }

    /// A bar that follows a download.
    pub fn downloading() -> (Self, impl Fn(Progress) + Send + Sync + 'static) {
        let bar = ProgressBar::no_length().with_message("downloading");
        bar.set_style(style(
            "{spinner} {msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        ));
        bar.enable_steady_tick(Duration::from_millis(120));
        let shown = bar.clone();
        let update = move |progress: Progress| {
            HAS_ARRIVED.fetch_or(progress.bytes > 0, Ordering::Relaxed);
            if let Some(total) = progress.total {
                shown.set_length(total);
            }
            shown.set_position(progress.bytes);
        };
        (Self(bar), update)
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
