//! How far an export is.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Answer, call};
use crate::settings::Secret;
use crate::{Client, Error, detail};

/// Asks once for the status of an export.
pub(crate) async fn ask(
    client: &Client,
    map_id: &str,
    layer_id: &str,
    export_id: &str,
) -> Result<Answer<ExportStatus>, Error> {
    let status = client
        .0
        .api
        .poll_map_layer_custom_export(map_id, layer_id, export_id);
    let answer = call(client, client.0.request_timeout, status)
        .await
        .map_err(|error| {
            error.with(|error| error.asking = true).during(|| {
                format!("asking for the status of export {map_id}/{layer_id}/{export_id}")
            })
        })?;
    Ok(Answer {
        retry_after: answer.retry_after,
        value: ExportStatus {
            state: ExportState::from(answer.value.status.as_str()),
            download_url: answer.value.download_url.map(Secret),
            filters: answer.value.filters,
        },
    })
}

/// How far an export is.
///
/// The vendor documents three values, and may add more: an unknown one means not finished yet. In serde
/// it is the vendor's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ExportState {
    /// `in_progress`
    InProgress,
    /// `completed`
    Completed,
    /// `failed`
    Failed,
    /// Any other value.
    #[serde(untagged)]
    Unknown(String),
}

impl ExportState {
    /// The vendor's name for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Unknown(other) => other,
        }
    }
}

impl From<&str> for ExportState {
    fn from(text: &str) -> Self {
        match text {
            "in_progress" => Self::InProgress,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            other => Self::Unknown(detail::clean(other, "").unwrap_or("(nothing)".into())),
        }
    }
}

impl fmt::Display for ExportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer to one question for an export's status.
///
/// In serde it has the vendor's names: `CustomExportRequestStatus` without the id. That form holds the
/// download link, which `Debug` does not show: write it only to where secrets may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ExportStatus {
    /// How far it is: `in_progress`, `completed`, `failed`, or what the vendor has added.
    #[serde(rename = "status")]
    state: ExportState,
    /// The signed link to the file, once there is one: a secret.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    download_url: Option<Secret>,
    /// The filters of the export, as the server repeats them.
    #[serde(default)]
    filters: Vec<Value>,
}

impl ExportStatus {
    /// How far it is.
    pub fn state(&self) -> &ExportState {
        &self.state
    }

    /// The link to the file, once there is one. Whoever has it can download the file until it expires:
    /// treat it as a secret.
    pub fn download_url(&self) -> Option<&str> {
        self.download_url.as_ref().map(|link| link.0.as_str())
    }

    /// The filters of the export, as the server repeats them.
    pub fn filters(&self) -> &[Value] {
        &self.filters
    }
}
