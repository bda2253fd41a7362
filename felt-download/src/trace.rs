//! What is told to `tracing`, with the feature of that name: a span `felt` for each operation on a
//! subject, a layer or an export. Neither a token nor a link is part of it.

use std::fmt::Display;
use std::future::Future;

#[cfg(feature = "tracing")]
pub use tracing::Span;

/// Nobody listens.
#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub struct Span;

/// The span of one operation.
#[cfg(feature = "tracing")]
pub fn span(operation: &'static str, subject: &impl Display) -> Span {
    tracing::info_span!("felt", operation, %subject)
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
