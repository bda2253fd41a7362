//! Sees every call of the generated client, and bounds what is read of a response.

use std::fmt;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{Body, Response};

use crate::Client;

/// What a response may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes of a response are read. Default: 4 MiB.
    pub max_body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body: 4 * 1024 * 1024,
        }
    }
}

/// A response went on after [`Limits::max_body`] bytes; found in the `source()` chain of the error that
/// the call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyTooLarge {
    /// The bytes that were allowed.
    pub max_body: u64,
}

impl fmt::Display for BodyTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response is larger than {} bytes", self.max_body)
    }
}

impl std::error::Error for BodyTooLarge {}

impl ClientHooks<Limits> for Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<Response> {
        // The fields: an operation may be called as the accessors are.
        let result = self.client.execute(request).await;
        tell(info, &result);
        let (parts, body) = http::Response::<Body>::from(result?).into_parts();
        let stream = Response::from(http::Response::new(body)).bytes_stream();
        let body = Body::wrap_stream(bounded(stream, self.inner.max_body));
        Ok(Response::from(http::Response::from_parts(parts, body)))
    }
}

/// One event for each request. Neither the URL nor a header is part of it.
#[cfg(feature = "tracing")]
fn tell(info: &OperationInfo, result: &reqwest::Result<Response>) {
    let operation = info.operation_id;
    match result {
        Ok(response) => {
            tracing::debug!(target: "felt", operation, status = response.status().as_u16(), "answer")
        }
        Err(_) => tracing::debug!(target: "felt", operation, "no answer"),
    }
}

#[cfg(not(feature = "tracing"))]
fn tell(_: &OperationInfo, _: &reqwest::Result<Response>) {}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The stream up to so many bytes, then an error.
fn bounded(
    stream: impl Stream<Item = reqwest::Result<Bytes>>,
    max_body: u64,
) -> impl Stream<Item = Result<Bytes, BoxError>> {
    let mut left = max_body;
    stream.map(move |chunk| {
        let chunk = chunk?;
        left = left
            .checked_sub(chunk.len() as u64)
            .ok_or(BodyTooLarge { max_body })?;
        Ok(chunk)
    })
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn read(chunks: &[usize], limit: u64) -> Result<usize, BoxError> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|len| Ok(Bytes::from(vec![b'x'; *len])))
            .collect();
        let mut stream = std::pin::pin!(bounded(stream::iter(chunks), limit));
        let mut read = 0;
        while let Some(chunk) = stream.next().await {
            read += chunk?.len();
        }
        Ok(read)
    }

    #[tokio::test]
    async fn a_body_is_read_to_the_limit_and_not_past_it() {
        assert_eq!(read(&[4, 6], 10).await.unwrap(), 10);
        assert!(read(&[4, 7], 10).await.unwrap_err().is::<BodyTooLarge>());
    }
}
