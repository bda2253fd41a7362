//! Error bodies: one shape for all, `errors[]` of title, detail and source, as Felt's error schemas have it.

use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// One entry of `errors`.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    title: &'static str,
    pub(crate) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<Source>,
}

/// What in the request an error is about.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    Header(&'static str),
    Parameter(&'static str),
    /// A JSON Pointer (RFC 6901) into the request's body; the empty one is the body itself.
    Pointer(String),
}

impl Problem {
    /// Something in the body is not as the schema wants it.
    pub(crate) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            title: "Invalid Parameter",
            detail: detail.into(),
            source: Some(Source::Pointer(pointer.into())),
        }
    }
}

/// A request that is answered with an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    problems: Vec<Problem>,
    extra: Option<(header::HeaderName, HeaderValue)>,
}

impl Refusal {
    fn one(
        status: StatusCode,
        title: &'static str,
        detail: String,
        source: Option<Source>,
    ) -> Self {
        Self {
            status,
            problems: vec![Problem {
                title,
                detail,
                source,
            }],
            extra: None,
        }
    }

    /// 401, `UnauthorizedError`.
    pub(crate) fn unauthorized(detail: &str) -> Self {
        let mut refusal = Self::one(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            detail.to_owned(),
            Some(Source::Header("authorization")),
        );
        refusal.extra = Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        refusal
    }

    /// 404, `NotFoundError`: no such map, layer or export.
    pub(crate) fn not_found(what: &str, parameter: &'static str) -> Self {
        Self::one(
            StatusCode::NOT_FOUND,
            "Not Found",
            format!("There is no such {what}."),
            Some(Source::Parameter(parameter)),
        )
    }

    /// 404 for a path that leads to no operation.
    pub(crate) fn no_such_path() -> Self {
        Self::one(
            StatusCode::NOT_FOUND,
            "Not Found",
            "No operation has this path; those that exist begin with /api/v2/maps/.".to_owned(),
            None,
        )
    }

    /// 405, with the methods that would do.
    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        let mut refusal = Self::one(
            StatusCode::METHOD_NOT_ALLOWED,
            "Method Not Allowed",
            format!("This path takes {allow}."),
            None,
        );
        refusal.extra = Some((header::ALLOW, HeaderValue::from_static(allow)));
        refusal
    }

    /// 422 for a body that did not arrive whole, or is too long: the specification knows neither 400 nor 413.
    pub(crate) fn unread_body(detail: impl Into<String>) -> Self {
        Self::invalid(vec![Problem::at("", detail)])
    }

    /// 422, `JsonErrorResponse`: everything that is wrong with the body, at once.
    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            problems,
            extra: None,
        }
    }

    /// An error that a fault rule wants, with the body that the specification has for its status.
    pub(crate) fn fault(status: StatusCode) -> Self {
        let source = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Some(Source::Header("authorization"))
            }
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::TOO_MANY_REQUESTS => {
                Some(Source::Pointer(String::new()))
            }
            _ => None,
        };
        let title = status.canonical_reason().unwrap_or("Error");
        Self::one(status, title, "A fault rule says so.".to_owned(), source)
    }

    /// 500, `InternalServerError`.
    pub(crate) fn internal(cause: impl Display) -> Self {
        Self::one(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal Server Error",
            format!("The sandbox failed: {cause}."),
            None,
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            errors: Vec<Problem>,
        }
        let body = Json(Body {
            errors: self.problems,
        });
        let mut response = (self.status, body).into_response();
        if let Some((name, value)) = self.extra {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
