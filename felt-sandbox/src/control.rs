//! What is not Felt's: the sandbox's own paths, below `/_sandbox/`, beside the API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::faults::{self, Book, Rule};
use crate::requests::{Log, Request};
use crate::respond::{Problem, Refusal};

#[derive(Clone, Debug)]
struct Desk {
    book: Arc<Book>,
    log: Arc<Log>,
}

pub(crate) fn router(book: Arc<Book>, log: Arc<Log>) -> Router {
    Router::new()
        .route(
            "/_sandbox/requests",
            get(async |State(desk): State<Desk>| -> Json<Vec<Request>> {
                Json(desk.log.requests())
            })
            .delete(async |State(desk): State<Desk>| {
                desk.log.clear();
                StatusCode::NO_CONTENT
            }),
        )
        .route(
            "/_sandbox/faults",
            get(rules)
                .post(add)
                .delete(async |State(desk): State<Desk>| {
                    desk.book.clear();
                    StatusCode::NO_CONTENT
                }),
        )
        .with_state(Desk { book, log })
}

async fn rules(State(desk): State<Desk>) -> Json<Vec<Rule>> {
    Json(desk.book.rules())
}

/// Adds rules, and answers with all that hold now.
async fn add(State(desk): State<Desk>, body: String) -> Response {
    match faults::parse(&body).and_then(|more| desk.book.add(more)) {
        Ok(()) => rules(State(desk)).await.into_response(),
        Err(e) => Refusal::invalid(vec![Problem::at("", e.to_string())]).into_response(),
    }
}
