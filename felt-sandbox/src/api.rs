//! The three operations.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::artifact::{Artifact, Order, Workshop};
use crate::catalog::{Catalog, Missing};
use crate::faults::Twist;
use crate::jobs::{Exports, Progress};
use crate::layers::Layer;
use crate::links::Links;
use crate::request;
use crate::respond::Refusal;
use crate::shelf::Shelf;

/// A longer body is refused.
const MAX_BODY: usize = 1024 * 1024;

/// Of a body that is refused, this much is still read: a client that is cut off while it sends may never see the
/// answer.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// What the operations work with.
#[derive(Debug)]
pub(crate) struct Felt {
    pub(crate) token: String,
    pub(crate) base_url: String,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) exports: Exports,
    pub(crate) workshop: Workshop,
    pub(crate) links: Arc<Links>,
    pub(crate) shelf: Arc<Shelf>,
}

pub(crate) fn router(felt: Arc<Felt>) -> Router {
    const LAYER: &str = "/api/v2/maps/{map_id}/layers/{layer_id}";
    let only_get = || async { Refusal::method_not_allowed("GET, HEAD") };
    let only_post = || async { Refusal::method_not_allowed("POST") };
    Router::new()
        .route(
            &format!("{LAYER}/get_export_link"),
            get(export_link).fallback(only_get),
        )
        .route(
            &format!("{LAYER}/custom_export"),
            post(create_export).fallback(only_post),
        )
        .route(
            &format!("{LAYER}/custom_exports/{{export_id}}"),
            get(export_status).fallback(only_get),
        )
        .fallback(async || Refusal::no_such_path())
        .with_state(felt)
}

async fn export_link(
    State(felt): State<Arc<Felt>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct ExportLink {
        export_link: String,
    }
    felt.authorize(&headers)?;
    let Path((map, layer)) = path.map_err(|_| Refusal::no_such_path())?;
    let layer = felt.layer(&map, &layer).await?;
    // Held meanwhile, so that it is produced once for all who wait.
    let mut direct = layer.direct.lock().await;
    let artifact = match direct.upgrade() {
        Some(artifact) => artifact,
        None => {
            let made = felt.workshop.produce(Arc::clone(&layer), Order::Direct);
            let made = made.await.map_err(Refusal::internal)?;
            *direct = Arc::downgrade(&made);
            made
        }
    };
    let export_link = felt.sign(&artifact)?;
    Ok(Json(ExportLink { export_link }).into_response())
}

async fn create_export(
    State(felt): State<Arc<Felt>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(twist): Extension<Twist>,
    body: Body,
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct CustomExportResponse {
        export_request_id: String,
        poll_endpoint: String,
    }
    felt.authorize(&headers)?;
    let Path((map, layer_id)) = path.map_err(|_| Refusal::no_such_path())?;
    let layer = felt.layer(&map, &layer_id).await?;
    let body = read(body).await?;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let request = request::parse(content_type, &body, &layer.content).map_err(Refusal::invalid)?;

    let (id, export) = felt
        .exports
        .create(&map, &layer_id, Arc::clone(&request.filters))
        .map_err(Refusal::internal)?;
    let poll_endpoint = format!(
        "{}maps/{map}/layers/{layer_id}/custom_exports/{id}",
        felt.base_url
    );
    let order = Order::Archive(request.format, request.filters);
    let worker = Arc::clone(&felt);
    felt.exports.work(&export, async move {
        if twist.fail {
            return Err("a fault rule says so".to_owned());
        }
        worker.workshop.produce(layer, order).await
    });
    let created = CustomExportResponse {
        export_request_id: id,
        poll_endpoint,
    };
    Ok(Json(created).into_response())
}

async fn export_status(
    State(felt): State<Arc<Felt>>,
    headers: HeaderMap,
    path: Result<Path<(String, String, String)>, PathRejection>,
    Extension(twist): Extension<Twist>,
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct CustomExportRequestStatus<'a> {
        export_id: &'a str,
        status: &'a str,
        download_url: Option<String>,
        filters: &'a RawValue,
    }
    felt.authorize(&headers)?;
    let Path((map, layer, id)) = path.map_err(|_| Refusal::no_such_path())?;
    let export = match felt.exports.find(&map, &layer, &id) {
        Some(export) => export,
        // Its layer may be gone by now; otherwise that is what is not there.
        None => {
            felt.layer(&map, &layer).await?;
            return Err(no_such_export());
        }
    };
    if twist.fail {
        export.fail();
    }
    let (mut status, mut download_url) = match export.progress() {
        Progress::Running => ("in_progress", None),
        Progress::Completed(artifact) => ("completed", Some(felt.sign(&artifact)?)),
        Progress::Failed => ("failed", None),
        Progress::Expired => return Err(no_such_export()),
    };
    if let Some(unknown) = &twist.status {
        status = unknown;
    }
    if twist.no_link || twist.status.is_some() {
        download_url = None;
    }
    let status = CustomExportRequestStatus {
        export_id: &id,
        status,
        download_url,
        filters: &export.filters,
    };
    Ok(Json(status).into_response())
}

impl Felt {
    fn authorize(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Err(Refusal::unauthorized("There is no Authorization header."));
        };
        match value.to_str().ok().and_then(|value| value.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                if token.trim() == self.token {
                    Ok(())
                } else {
                    Err(Refusal::unauthorized(
                        "The token is not one that this sandbox knows.",
                    ))
                }
            }
            _ => Err(Refusal::unauthorized(
                "The Authorization header is not a bearer token.",
            )),
        }
    }

    async fn layer(&self, map: &str, layer: &str) -> Result<Arc<Layer>, Refusal> {
        let found = self.catalog.find(map, layer).await;
        found.map_err(|missing| match missing {
            Missing::Map => Refusal::not_found("map", "map_id"),
            Missing::Layer => Refusal::not_found("layer on this map", "layer_id"),
            Missing::Unusable(reason) => Refusal::not_found(
                &format!("layer on this map, since its file cannot be used: {reason}"),
                "layer_id",
            ),
        })
    }

    fn sign(&self, artifact: &Arc<Artifact>) -> Result<String, Refusal> {
        self.shelf.touch(artifact);
        self.links.sign(artifact).map_err(Refusal::internal)
    }
}

fn no_such_export() -> Refusal {
    Refusal::not_found(
        "export of this layer, or no more: exports expire, and do not survive a restart of the sandbox",
        "export_id",
    )
}

async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut kept = Vec::new();
    let mut seen = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::unread_body("The body did not arrive whole."))?;
        seen += piece.len();
        if seen <= MAX_BODY {
            kept.extend_from_slice(&piece);
        } else if seen > MAX_DRAINED {
            break;
        }
    }
    if seen > MAX_BODY {
        return Err(Refusal::unread_body(format!(
            "The body may have {MAX_BODY} bytes at the most."
        )));
    }
    Ok(kept)
}
