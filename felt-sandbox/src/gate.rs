//! Where every request comes in: it is noted, and what is to go wrong with it does.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use crate::faults::{Book, Cut, Effect, Mishap, Operation};
use crate::limit::Limit;
use crate::links::Links;
use crate::odd::make_odd;
use crate::requests::{Log, Origin};
use crate::respond::Refusal;
use crate::s3;
use crate::shape::shape;
use crate::tap::Line;

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Error</title></head>\
    <body><h1>Please try again later</h1></body></html>\n";

/// What is needed there.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) origin: Origin,
    pub(crate) book: Arc<Book>,
    pub(crate) log: Arc<Log>,
    pub(crate) links: Arc<Links>,
    pub(crate) limit: Option<Arc<Limit>>,
}

/// Lets a request through, or not.
pub(crate) async fn pass(
    State(gate): State<Gate>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let operation = match gate.origin {
        Origin::Api => operation(request.method(), request.uri().path()),
        Origin::Storage => Some(Operation::Download),
    };
    let is_one_too_many = gate
        .limit
        .as_ref()
        .is_some_and(|limit| !limit.take(Instant::now()));
    let mishap = match operation {
        Some(operation) if !is_one_too_many => gate.book.call(operation),
        _ => Mishap::default(),
    };
    let (head, body) = request.into_parts();
    let entry = gate
        .log
        .enter(gate.origin, operation, &head, mishap.names.clone());
    let mut request = Request::from_parts(head, body);

    if is_one_too_many {
        let response = too_many();
        entry.answered(response.status().as_u16());
        return response;
    }
    if mishap.expire_links {
        gate.links.expire();
    }
    if !mishap.delay.is_zero() {
        tokio::time::sleep(mishap.delay).await;
    }
    let mut response = match mishap.instead {
        None => {
            request.extensions_mut().insert(mishap.twist);
            next.run(request).await
        }
        Some(Effect::Html) => Html(PAGE).into_response(),
        Some(Effect::Status {
            code,
            headers,
            body,
        }) => answer(gate.origin, code, headers, body),
        Some(Effect::Reset { .. }) => match line.end(Cut::Reset).await {},
        Some(_) => std::future::pending().await,
    };
    if let Some(how) = mishap.odd {
        response = make_odd(response, how).await;
    }
    entry.answered(response.status().as_u16());
    shape(response, mishap.shape, line)
}

fn too_many() -> Response {
    let retry_after = [(header::RETRY_AFTER, "1")];
    (retry_after, Refusal::fault(StatusCode::TOO_MANY_REQUESTS)).into_response()
}

/// Which operation of the API a request is for.
fn operation(method: &Method, path: &str) -> Option<Operation> {
    let mut segments = path.strip_prefix("/api/v2/maps/")?.split('/');
    let (_map, layers, _layer) = (segments.next()?, segments.next()?, segments.next()?);
    let name = segments.next()?;
    let (export, more) = (segments.next(), segments.next());
    if layers != "layers" || more.is_some() {
        return None;
    }
    match (name, export) {
        ("get_export_link", None) if method == Method::GET => Some(Operation::Link),
        ("custom_export", None) if method == Method::POST => Some(Operation::Export),
        ("custom_exports", Some(_)) if method == Method::GET => Some(Operation::Status),
        _ => None,
    }
}

/// An answer as a rule has it.
fn answer(
    origin: Origin,
    code: u16,
    headers: impl IntoIterator<Item = (String, String)>,
    body: Option<Value>,
) -> Response {
    // Rules are checked when they are made.
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = status.is_client_error() || status.is_server_error();
    let mut response = match body {
        Some(Value::String(text)) => (status, text).into_response(),
        Some(json) => (status, Json(json)).into_response(),
        None if !error => status.into_response(),
        None if origin == Origin::Api => Refusal::fault(status).into_response(),
        None => {
            let (code, message) = s3::refusal(code);
            let media_type = [(header::CONTENT_TYPE, "application/xml")];
            (status, media_type, s3::xml(code, message)).into_response()
        }
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_a_path_and_a_method() {
        const LAYER: &str = "/api/v2/maps/m/layers/l";
        for (method, rest, expected) in [
            (Method::GET, "/get_export_link", Some(Operation::Link)),
            (Method::POST, "/custom_export", Some(Operation::Export)),
            (Method::GET, "/custom_exports/e", Some(Operation::Status)),
            (Method::POST, "/get_export_link", None),
            (Method::GET, "/custom_export", None),
            (Method::GET, "/custom_exports", None),
            (Method::GET, "/custom_exports/e/x", None),
            (Method::GET, "/get_export_link/", None),
            (Method::GET, "", None),
        ] {
            let path = format!("{LAYER}{rest}");
            assert_eq!(operation(&method, &path), expected, "{method} {path}");
        }
        assert_eq!(operation(&Method::GET, "/x"), None);
        assert_eq!(
            operation(&Method::GET, "/api/v2/maps/m/x/l/get_export_link"),
            None
        );
    }
}
