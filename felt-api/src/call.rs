//! One call of the generated client: bounded in time, its errors ours.

use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use felt_api_client::{BodyTooLarge, ByteStream, Error as ClientError, ResponseValue};
use felt_download::http::retry_after;
use futures_util::StreamExt;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::retry::too_many;
use crate::settings::Token;
use crate::{Client, Error, ErrorKind, detail};

/// What is read of an error body; a longer one is cut here.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// How long an error body may take, once its status is there.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(3);

/// An answer of the API with what its headers say about the next request.
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    pub(crate) retry_after: Option<Duration>,
}

/// Waits for one call, at most for `timeout`, and a little longer for what an error says. Its turn has
/// come ([`Turns::wait`](crate::turns::Turns::wait)): here the others are told what became of it.
pub(crate) async fn call<T>(
    client: &Client,
    timeout: Duration,
    call: impl Future<Output = Result<ResponseValue<T>, ClientError<ByteStream>>>,
) -> Result<Answer<T>, Error> {
    let (turns, sent) = (&client.0.turns, Instant::now());
    let answer = match tokio::time::timeout(timeout, call).await {
        Ok(Ok(response)) => Ok(Answer {
            retry_after: retry_after(response.headers()),
            value: response.into_inner(),
        }),
        Ok(Err(error)) => Err(convert(&client.0.token, error).await),
        Err(_) => Err(unanswered(timeout)),
    };
    match &answer {
        Err(error) if too_many(error) => turns.refused(sent, error.retry_after()),
        // Silence says nothing about how many are too many.
        Err(error) if error.status().is_none() => {}
        _ => turns.passed(sent),
    }
    answer
}

pub(crate) fn unanswered(timeout: Duration) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("no answer within {timeout:.1?}"),
    )
}

/// Whether the request certainly never reached the server: no connection was made.
pub(crate) fn never_arrived(error: &Error) -> bool {
    error.status().is_none()
        && error
            .source()
            .and_then(|source| source.downcast_ref::<reqwest::Error>())
            .is_some_and(reqwest::Error::is_connect)
}

/// Nothing of progenitor's error is shown: it prints whole bodies, headers and URLs.
async fn convert(token: &Token, error: ClientError<ByteStream>) -> Error {
    match error {
        ClientError::ErrorResponse(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read(response.into_inner()).await;
            Error::new(
                kind(status.as_u16()),
                format!("the server answered {}", name(status)),
            )
            .with_status(status.as_u16())
            .with(|error| {
                error.details = detail::parse(&body, token.secret());
                error.retry_after = retry_after(&headers);
                error.request_id = request_id(&headers, token);
            })
        }
        ClientError::UnexpectedResponse(response) => {
            let status = response.status();
            let id = request_id(response.headers(), token);
            let message = match redirect_host(response.headers()) {
                Some(host) if status.is_redirection() => {
                    format!("the server redirects to {host} ({status}): is the base URL right?")
                }
                _ => format!(
                    "the server answered {}, which its API does not know",
                    name(status)
                ),
            };
            let body = read(ByteStream::new(Box::pin(response.bytes_stream()))).await;
            Error::unexpected(message)
                .with_status(status.as_u16())
                .with(|error| {
                    error.request_id = id;
                    error.created = created(status, &body);
                })
        }
        ClientError::InvalidResponsePayload(body, error) => {
            // Where, but not what: the message of serde_json repeats values, and one of them may be
            // a signed link.
            let place = format!("line {} column {}", error.line(), error.column());
            let what = match error.is_data() {
                true => "JSON of another form than documented",
                false if body.is_empty() => "nothing",
                false => "something that is no JSON",
            };
            let what = format!("the server answered 200 OK with {what} ({place})");
            Error::unexpected(what + ": is the base URL right?")
                .with_status(200)
                .with(|error| error.created = created(StatusCode::OK, &body))
        }
        ClientError::ResponseBodyError(error) => match too_large(&error) {
            Some(cause) => Error::unexpected(format!(
                "the server answered with more than {} bytes",
                cause.max_body
            ))
            .with_source(cause)
            .with_status(200),
            // The status was good, or its body would not have been looked at.
            None => transport(error).with_status(200),
        },
        ClientError::CommunicationError(error) | ClientError::InvalidUpgrade(error) => {
            transport(error)
        }
        ClientError::InvalidRequest(why) | ClientError::Custom(why) => Error::invalid(why),
    }
}

fn transport(error: reqwest::Error) -> Error {
    let message = if error.is_connect() && error.is_timeout() {
        "no connection to the server in time"
    } else if error.is_connect() {
        "cannot connect to the server"
    } else if error.is_body() || error.is_decode() {
        "the connection broke within the answer"
    } else {
        "the connection broke before the answer"
    };
    Error::new(ErrorKind::Unreachable, message).with_source(error.without_url())
}

/// The table in the documentation of [`ErrorKind`].
fn kind(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited,
        408 | 500..=599 => ErrorKind::Server,
        400..=499 => ErrorKind::Rejected,
        _ => ErrorKind::UnexpectedResponse,
    }
}

/// What arrives of an error body, up to a bound and for a while; one that breaks off or stalls says
/// what it can. The status is known already, and is not to be lost for it.
async fn read(body: ByteStream) -> Vec<u8> {
    let mut stream = body.into_inner();
    let mut read = Vec::new();
    let until = Instant::now() + ERROR_BODY_TIMEOUT;
    while let Ok(Some(Ok(chunk))) = tokio::time::timeout_at(until, stream.next()).await {
        let room = MAX_ERROR_BODY - read.len();
        read.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if read.len() == MAX_ERROR_BODY {
            break;
        }
    }
    read
}

fn too_large(error: &reqwest::Error) -> Option<BodyTooLarge> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(cause) = error.downcast_ref::<BodyTooLarge>() {
            return Some(*cause);
        }
        source = error.source();
    }
    None
}

/// `404 Not Found`, or the number alone.
fn name(status: StatusCode) -> String {
    status.to_string().replace(" <unknown status code>", "")
}

/// The id of an export that was created, if a good answer tells it that is else not as documented.
fn created(status: StatusCode, body: &[u8]) -> Option<String> {
    let body = status.is_success().then_some(body)?;
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(json.get("export_request_id")?.as_str()?.to_string())
}

fn request_id(headers: &HeaderMap, token: &Token) -> Option<String> {
    detail::clean(headers.get("x-request-id")?.to_str().ok()?, token.secret())
}

/// The host only: the rest may carry secrets.
fn redirect_host(headers: &HeaderMap) -> Option<String> {
    let location = headers.get(reqwest::header::LOCATION)?.to_str().ok()?;
    match url::Url::parse(location) {
        Ok(url) => Some(url.host_str()?.to_string()),
        Err(_) => Some("another path".to_string()),
    }
}
