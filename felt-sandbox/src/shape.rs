//! Answers that arrive slowly, or not whole.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::http::header;
use axum::response::Response;
use futures_util::{StreamExt, stream};

use crate::faults::{Cut, Shape};
use crate::pace::Pace;
use crate::tap::Line;

/// The same answer, but as the shape says.
pub(crate) fn shape(response: Response, shape: Shape, line: Line) -> Response {
    if shape.cut.is_none() && shape.rate.is_none() && shape.length_by.is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let told = parts.headers.get(header::CONTENT_LENGTH);
    let length: Option<u64> = told
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .or(body.size_hint().exact());
    let by = shape.length_by.unwrap_or(0);
    if let Some(length) = length {
        // Said here, since what follows has no length of its own.
        let told = length.saturating_add_signed(by);
        parts.headers.insert(header::CONTENT_LENGTH, told.into());
    }
    let pour = Pour {
        pieces: body.into_data_stream(),
        rest: Bytes::new(),
        left: shape.cut.map(|(at, _)| at),
        end: shape
            .cut
            .map(|(_, cut)| cut)
            .or((by > 0).then_some(Cut::Close)),
        pace: Pace::new(shape.rate),
        line,
    };
    let pieces = stream::unfold(pour, async |mut pour| {
        let piece = pour.next().await?;
        Some((piece, pour))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

struct Pour {
    pieces: BodyDataStream,
    /// Of the piece that came last.
    rest: Bytes,
    /// How many bytes may still go.
    left: Option<u64>,
    /// How the connection ends after the last one. It does not, if this is none.
    end: Option<Cut>,
    pace: Pace,
    line: Line,
}

impl Pour {
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        while self.rest.is_empty() && self.left != Some(0) {
            match self.pieces.next().await {
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(e)) => return Some(Err(e)),
                None => break,
            }
        }
        let most = self
            .left
            .and_then(|left| usize::try_from(left).ok())
            .unwrap_or(usize::MAX);
        let piece = self
            .rest
            .split_to(self.rest.len().min(most).min(self.pace.slice()));
        if piece.is_empty() {
            let cut = self.end?;
            match self.line.end(cut).await {}
        }
        self.left = self.left.map(|left| left - piece.len() as u64);
        self.pace.wait().await;
        self.pace.wrote(piece.len());
        Some(Ok(piece))
    }
}
