//! What is told to `tracing`, with the feature of that name: a span `felt_api` for each operation, and
//! in it an event for each attempt. Neither the token nor a link is part of any.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use crate::Error;

#[cfg(feature = "tracing")]
pub(crate) use tracing::Span;

/// Nobody listens.
#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub(crate) struct Span;

/// The span of one operation on a layer or an export.
#[cfg(feature = "tracing")]
pub(crate) fn span(operation: &'static str, subject: &impl Display) -> Span {
    tracing::info_span!("felt_api", operation, %subject)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn span(_: &'static str, _: &impl Display) -> Span {
    Span
}

/// Runs in a span.
#[cfg(feature = "tracing")]
pub(crate) fn within<F: Future>(span: &Span, future: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(future, span.clone())
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn within<F: Future>(_: &Span, future: F) -> impl Future<Output = F::Output> {
    future
}

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
