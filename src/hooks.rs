//! Sees every call of the generated client, and bounds what is read of a response.

use std::fmt;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{Body, Response};

use crate::Client;

/// How many bytes of a response are read. An endless body is an error, not memory.
pub const MAX_BODY: u64 = 4 * 1024 * 1024;

/// A response went on after [`MAX_BODY`] bytes; found in the `source()` chain of the error that the
/// call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyTooLarge;

impl fmt::Display for BodyTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response is larger than {MAX_BODY} bytes")
    }
}

impl std::error::Error for BodyTooLarge {}

impl ClientHooks for Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        _info: &OperationInfo,
    ) -> reqwest::Result<Response> {
        let response = self.client().execute(request).await?;
        let (parts, body) = http::Response::<Body>::from(response).into_parts();
        let stream = Response::from(http::Response::new(body)).bytes_stream();
        let body = Body::wrap_stream(bounded(stream, MAX_BODY));
        Ok(Response::from(http::Response::from_parts(parts, body)))
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The stream up to `limit` bytes, then an error.
fn bounded(
    stream: impl Stream<Item = reqwest::Result<Bytes>>,
    limit: u64,
) -> impl Stream<Item = Result<Bytes, BoxError>> {
    let mut left = limit;
    stream.map(move |chunk| {
        let chunk = chunk?;
        left = left.checked_sub(chunk.len() as u64).ok_or(BodyTooLarge)?;
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
