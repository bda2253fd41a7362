//! What is told to `tracing`, with the feature of that name: a span `felt` for each operation, and in it
//! an event for each attempt. Neither the token nor a link is part of any.

use std::time::Duration;

pub(crate) use felt_download::trace::{Span, span, within};

use crate::Error;

/// An attempt that is over, what was wrong with it, and how long it is until the next.
#[cfg(feature = "tracing")]
pub(crate) fn attempt(attempt: u32, error: Option<&Error>, delay: Option<Duration>) {
    let delay_ms = delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    let Some(error) = error else {
        tracing::debug!(attempt, delay_ms, "answered");
        return;
    };
    let (status, error) = (error.status(), error.to_string());
    match delay {
        Some(_) => tracing::info!(attempt, status, delay_ms, error, "trying again"),
        None => tracing::info!(attempt, status, error, "giving up"),
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn attempt(_: u32, _: Option<&Error>, _: Option<Duration>) {}
