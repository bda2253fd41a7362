//! The three operations.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::Value;

use crate::artifact::{Artifact, Order, Workshop};
use crate::jobs::{Exports, Progress};
use crate::layers::{Catalog, Layer};
use crate::links::Links;
use crate::request;
use crate::respond::Refusal;

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
    pub(crate) catalog: Catalog,
    pub(crate) exports: Exports,
    pub(crate) workshop: Workshop,
    pub(crate) links: Arc<Links>,
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
    let layer = felt.layer(&map, &layer)?;
    let artifact = layer
        .direct
        .get_or_try_init(|| felt.workshop.produce(Arc::clone(layer), Order::Direct))
        .await
        .map_err(Refusal::internal)?;
    let export_link = felt.sign(artifact)?;
    Ok(Json(ExportLink { export_link }).into_response())
}

async fn create_export(
    State(felt): State<Arc<Felt>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Body,
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct CustomExportResponse {
        export_request_id: String,
        poll_endpoint: String,
    }
    felt.authorize(&headers)?;
    let Path((map, layer_id)) = path.map_err(|_| Refusal::no_such_path())?;
    let layer = Arc::clone(felt.layer(&map, &layer_id)?);
    let body = read(body).await?;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let request = request::parse(content_type, &body, &layer.content).map_err(Refusal::invalid)?;

    let (id, export) = felt
        .exports
        .create(&map, &layer_id, request.echo)
        .map_err(Refusal::internal)?;
    let poll_endpoint = format!(
        "{}maps/{map}/layers/{layer_id}/custom_exports/{id}",
        felt.base_url
    );
    tokio::spawn(async move {
        let order = Order::Archive(request.format, request.filters);
        let outcome = felt.workshop.produce(layer, order).await;
        // Only this task sets it.
        let _ = export.outcome.set(outcome);
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
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct CustomExportRequestStatus<'a> {
        export_id: &'a str,
        status: &'static str,
        download_url: Option<String>,
        filters: &'a [Value],
    }
    felt.authorize(&headers)?;
    let Path((map, layer, id)) = path.map_err(|_| Refusal::no_such_path())?;
    felt.layer(&map, &layer)?;
    let export = felt
        .exports
        .find(&map, &layer, &id)
        .ok_or_else(|| Refusal::not_found("export of this layer", "export_id"))?;
    let (status, download_url) = match felt.exports.progress(&export) {
        Progress::Running => ("in_progress", None),
        Progress::Completed(artifact) => ("completed", Some(felt.sign(&artifact)?)),
        Progress::Failed => ("failed", None),
    };
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

    fn layer(&self, map: &str, layer: &str) -> Result<&Arc<Layer>, Refusal> {
        let layers = self
            .catalog
            .map(map)
            .ok_or_else(|| Refusal::not_found("map", "map_id"))?;
        layers
            .get(layer)
            .ok_or_else(|| Refusal::not_found("layer on this map", "layer_id"))
    }

    fn sign(&self, artifact: &Arc<Artifact>) -> Result<String, Refusal> {
        self.links.sign(artifact).map_err(Refusal::internal)
    }
}

async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut kept = Vec::new();
    let mut seen = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::broken_body())?;
        seen += piece.len();
        if seen <= MAX_BODY {
            kept.extend_from_slice(&piece);
        } else if seen > MAX_DRAINED {
            break;
        }
    }
    if seen > MAX_BODY {
        return Err(Refusal::too_large(MAX_BODY));
    }
    Ok(kept)
}
