//! The second origin: files behind signed links, with the manners of S3.

use std::io::SeekFrom;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::artifact::Artifact;
use crate::links::{Closed, Links};
use crate::range::{Part, part};
use crate::s3;

/// How much of a file is in memory at once, for each download.
const CHUNK: usize = 64 * 1024;

pub(crate) fn router(links: Arc<Links>) -> Router {
    Router::new().fallback(download).with_state(links)
}

async fn download(State(links): State<Arc<Links>>, request: Request) -> Response {
    let uri = request.uri();
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "Only one auth mechanism allowed: a signed link, or an Authorization header.",
        );
    }
    let artifact = match links.open(uri.path(), uri.query()) {
        // A link is signed for reading: with another method the signature is wrong.
        Ok(artifact) if [Method::GET, Method::HEAD].contains(request.method()) => artifact,
        Err(Closed::Expired) => {
            return refuse(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
        }
        Err(Closed::Unsigned) => {
            return refuse(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
        }
        Err(Closed::Gone) => {
            return refuse(
                StatusCode::NOT_FOUND,
                "NoSuchKey",
                "The specified key does not exist.",
            );
        }
        Ok(_) | Err(Closed::Unknown) => {
            return refuse(
                StatusCode::FORBIDDEN,
                "SignatureDoesNotMatch",
                "The signature does not fit this method and address.",
            );
        }
    };
    match send(&artifact, headers, request.method()).await {
        Ok(response) => response,
        Err(_) => refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "The file cannot be read.",
        ),
    }
}

async fn send(
    artifact: &Artifact,
    headers: &HeaderMap,
    method: &Method,
) -> std::io::Result<Response> {
    let size = artifact.size;
    let etag = format!("\"{}\"", artifact.etag);
    let modified = httpdate::fmt_http_date(artifact.modified);
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    // An ETag that is weak is another text than ours. A date is strong here, since what lies under an address
    // never changes.
    let same_file =
        text(header::IF_RANGE).is_none_or(|validator| validator == etag || validator == modified);
    // Ranges are for GET alone (RFC 9110, 14.2).
    let wanted = match text(header::RANGE) {
        Some(range) if same_file && method == Method::GET => part(range, size),
        _ => Part::Whole,
    };
    let common = [
        (header::ETAG, etag),
        (header::LAST_MODIFIED, modified),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let (status, range) = match wanted {
        Part::Unsatisfiable => {
            let mut response = refuse(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "InvalidRange",
                "The requested range is not satisfiable",
            );
            let total = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            response = (total, common, response).into_response();
            return Ok(response);
        }
        Part::Whole => (StatusCode::OK, None),
        Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
    };
    let (first, length) = match &range {
        Some(range) => (*range.start(), range.end() - range.start() + 1),
        None => (0, size),
    };
    let mut file = File::open(&artifact.path).await?;
    file.seek(SeekFrom::Start(first)).await?;
    let body = match *method {
        Method::HEAD => Body::empty(),
        _ => Body::from_stream(ReaderStream::with_capacity(file.take(length), CHUNK)),
    };
    let own = [
        (header::CONTENT_TYPE, artifact.media_type.to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", artifact.name),
        ),
    ];
    let mut response = (status, common, own, body).into_response();
    if let Some(range) = range {
        let value = format!("bytes {}-{}/{size}", range.start(), range.end());
        response = ([(header::CONTENT_RANGE, value)], response).into_response();
    }
    Ok(response)
}

/// An error as S3 writes it. Neither text may need escaping.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/xml")];
    (status, headers, s3::xml(code, message)).into_response()
}
