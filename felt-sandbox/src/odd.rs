//! JSON that is not as the specification has it.

use axum::body::{self, Body};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::faults::Oddity;
use crate::respond::Refusal;

/// More than any answer of the API has.
const MAX_ANSWER: usize = 16 << 20;

/// The same answer, but odd. What is no JSON object stays as it is.
pub(crate) async fn make_odd(response: Response, how: Oddity) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = match body::to_bytes(body, MAX_ANSWER).await {
        Ok(bytes) => bytes,
        Err(e) => return Refusal::internal(e).into_response(),
    };
    let mut bytes = Vec::from(bytes);
    if let Ok(Value::Object(mut members)) = serde_json::from_slice(&bytes) {
        let first = members.keys().next().cloned();
        match (how, first) {
            (Oddity::ExtraMember, _) => {
                members.insert("odd".to_owned(), json!({ "made": "by a fault rule" }));
            }
            (Oddity::MissingMember, Some(first)) => {
                members.shift_remove(&first);
            }
            (Oddity::WrongType, Some(first)) => {
                members.insert(first, json!(4_294_967_296_u64));
            }
            _ => {}
        }
        bytes = match how {
            Oddity::Null => b"null".to_vec(),
            Oddity::CutOff => {
                bytes.truncate(bytes.len() / 2);
                bytes
            }
            _ => Value::Object(members).to_string().into_bytes(),
        };
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}
