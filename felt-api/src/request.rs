//! Creating a custom export, once.

use serde_json::{Value, json};

use crate::call::{call, never_arrived};
use crate::retry::slow_down;
use crate::{Error, ErrorKind, Export, ExportHandle, Format, Layer, check_id};

/// A custom export to be started. Made by [`Layer::export`].
#[derive(Clone, Debug)]
#[must_use = "an export request does nothing before `start` is awaited"]
pub struct ExportRequest {
    layer: Layer,
    format: Format,
    filters: Vec<Value>,
    email_on_completion: bool,
}

impl ExportRequest {
    pub(crate) fn new(layer: Layer, format: Format) -> Self {
        Self {
            layer,
            format,
            filters: Vec::new(),
            email_on_completion: false,
        }
    }

    /// Adds a filter in [Felt Style Language](https://developers.felt.com/felt-style-language), so that
    /// only the features that pass it are exported. It is sent as it is. Felt documents an array of
    /// filters, and not how several are combined; `felt-sandbox` takes the features that pass all.
    ///
    /// ```no_run
    /// # fn example(layer: felt_api::Layer) {
    /// use felt_api::Format;
    /// use serde_json::json;
    ///
    /// let request = layer
    ///     .export(Format::Csv)
    ///     .filter(json!(["pop_est", "gt", 1_000_000]));
    /// # }
    /// ```
    pub fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds several filters.
    pub fn filters(mut self, filters: impl IntoIterator<Item = Value>) -> Self {
        self.filters.extend(filters);
        self
    }

    /// Whether Felt sends the token's owner an e-mail when the export is done. Default: no, other than
    /// the server's own default: a program that waits needs no mail.
    pub fn email_on_completion(mut self, email: bool) -> Self {
        self.email_on_completion = email;
        self
    }

    /// Creates the export on the server, and returns as soon as Felt has accepted it.
    ///
    /// Dropping the future does not take back a request that was sent.
    ///
    /// # Errors
    ///
    /// - [`OutcomeUnknown`](ErrorKind::OutcomeUnknown): the request may have been accepted, and no
    ///   answer says so. The export may exist; look for it in Felt before starting another.
    /// - Any other kind: no export was created. It is tried again, as [`Retry`](crate::Retry) says,
    ///   only when it cannot have been accepted: no connection, 429, 503 with `Retry-After`.
    pub async fn start(self) -> Result<Export, Error> {
        let client = self.layer.client();
        // By name, not by field: a newer spec may have fields that this crate has not heard of.
        let body = json!({
            "output_format": self.format,
            "filters": self.filters,
            "email_on_completion": self.email_on_completion,
        });
        let body: felt_api_client::types::CustomExportParams = serde_json::from_value(body)
            .map_err(|source| {
                Error::new(
                    ErrorKind::InvalidInput,
                    "the API description in use does not know this request",
                )
                .with_source(source)
            })?;
        let handle = client
            .retry()
            .run(never_accepted, || self.create(&body))
            .await
            .map_err(|error| {
                error
                    .during(|| format!("creating a {} export of layer {}", self.format, self.layer))
            })?;
        Ok(Export::created_now(client.clone(), handle))
    }

    /// One attempt.
    async fn create(
        &self,
        body: &felt_api_client::types::CustomExportParams,
    ) -> Result<ExportHandle, Error> {
        let client = self.layer.client();
        call(
            client.token(),
            client.create_timeout(),
            client.api().create_map_layer_custom_export(
                self.layer.map_id(),
                self.layer.layer_id(),
                body,
            ),
        )
        .await
        .and_then(|answer| self.handle(&answer.value.export_request_id.to_string()))
        .map_err(doubt)
    }

    /// The id goes into URLs from now on: it is checked like one that a user gave.
    fn handle(&self, export_id: &str) -> Result<ExportHandle, Error> {
        check_id("export", export_id).map_err(|_| {
            Error::new(
                ErrorKind::UnexpectedResponse,
                "the server answered with an export id that is none",
            )
        })?;
        ExportHandle::new(
            self.layer.map_id(),
            self.layer.layer_id(),
            export_id,
            self.format,
        )
    }
}

/// Whether the server certainly did not accept the request, and may accept it later.
fn never_accepted(error: &Error) -> bool {
    error.kind() == ErrorKind::RateLimited || slow_down(error).is_some() || never_arrived(error)
}

/// Whether an export was created is open, unless the error says that it was not.
fn doubt(error: Error) -> Error {
    let refused = match error.kind() {
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Rejected
        | ErrorKind::InvalidInput => true,
        // A redirect is not followed, and is no answer of the API.
        ErrorKind::UnexpectedResponse => error.status().is_some_and(|status| status >= 300),
        _ => never_accepted(&error),
    };
    if refused {
        error
    } else {
        error.with_kind(ErrorKind::OutcomeUnknown)
    }
}
