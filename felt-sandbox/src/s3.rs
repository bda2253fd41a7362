//! Errors as S3 writes them.

/// The body. Neither text may need escaping.
pub(crate) fn xml(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
}

/// Code and message, as S3 has them.
pub(crate) fn refusal(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("InvalidRequest", "The request is invalid."),
        403 => ("AccessDenied", "Access Denied"),
        404 => ("NoSuchKey", "The specified key does not exist."),
        412 => (
            "PreconditionFailed",
            "At least one of the preconditions you specified did not hold.",
        ),
        416 => ("InvalidRange", "The requested range is not satisfiable"),
        429 | 503 => ("SlowDown", "Please reduce your request rate."),
        500 => (
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        _ => ("Refused", "The request was refused."),
    }
}
