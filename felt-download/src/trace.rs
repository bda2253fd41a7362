//! What is told to `tracing`, with the feature of that name: a span `felt` for each operation on a
//! subject, a layer or an export, and in it an event for each attempt. Neither a token nor a link is part
//! of them.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

#[cfg(feature = "tracing")]
pub use tracing::Span;

/// Nobody listens.
#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub struct Span;

/// The span of one operation.
#[cfg(feature = "tracing")]
pub fn span(operation: &'static str, subject: &impl Display) -> Span {
    tracing::info_span!(target: "felt", "felt", operation, %subject)
}

/// The span of one operation.
#[cfg(not(feature = "tracing"))]
pub fn span(_: &'static str, _: &impl Display) -> Span {
    Span
}

/// Runs in a span.
#[cfg(feature = "tracing")]
pub fn within<F: Future>(span: &Span, future: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(future, span.clone())
}

/// Runs in a span.
#[cfg(not(feature = "tracing"))]
pub fn within<F: Future>(_: &Span, future: F) -> impl Future<Output = F::Output> {
    future
}

/// An attempt that is over: the status of its answer, what was wrong with it, and how long it is until the
/// next.
#[cfg(feature = "tracing")]
pub fn attempt(
    attempt: u32,
    status: Option<u16>,
    error: Option<&dyn Display>,
    delay: Option<Duration>,
) {
    let delay_ms = delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    let error = error.map(tracing::field::display);
    match (&error, delay) {
        (None, _) => tracing::debug!(target: "felt", attempt, status, delay_ms, "answered"),
        (_, Some(_)) => {
            tracing::info!(target: "felt", attempt, status, delay_ms, error, "trying again");
        }
        (_, None) => tracing::info!(target: "felt", attempt, status, error, "giving up"),
    }
}

/// An attempt that is over.
#[cfg(not(feature = "tracing"))]
pub fn attempt(_: u32, _: Option<u16>, _: Option<&dyn Display>, _: Option<Duration>) {}
