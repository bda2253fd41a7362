//! Creating a custom export, once.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use felt_download::trace;
use serde::Serialize;
use tokio::time::Instant;

use crate::call::{call, never_arrived};
use crate::retry::{may_pass, slow_down, too_many};
use crate::{Error, ErrorKind, Export, ExportHandle, Filter, Format, Layer};

/// A custom export to be started. Made by [`Layer::export`].
///
/// In serde it is the body that is sent: `CustomExportParams` of the vendor's
/// [Layer Exports](https://developers.felt.com/rest-api/api-reference/layers/layer-exports) page.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schemars",
    schemars(description = "What a custom export is to be.")
)]
#[must_use = "an export request does nothing before `start` is awaited"]
pub struct ExportRequest {
    #[serde(skip)]
    layer: Layer,
    /// The format of the file.
    #[serde(rename = "output_format")]
    format: Format,
    /// The filters, as Felt Style Language has them.
    filters: Vec<Filter>,
    /// Whether Felt sends the token's owner an e-mail when the export is done.
    email_on_completion: bool,
    #[serde(skip)]
    retry_in_doubt: bool,
}

impl ExportRequest {
    pub(crate) fn new(layer: Layer, format: Format) -> Self {
        Self {
            layer,
            format,
            filters: Vec::new(),
            email_on_completion: false,
            retry_in_doubt: false,
        }
    }

    /// Adds a filter, so that only the features that pass it are exported. Felt documents an array of
    /// filters, and not how several are combined; `felt-sandbox` takes the features that pass all.
    ///
    /// ```no_run
    /// # fn example(layer: felt_api::Layer) -> Result<(), felt_api::Error> {
    /// use felt_api::{Format, attr};
    ///
    /// let big = layer.export(Format::Csv).filter(attr("pop_est").gt(1_000_000));
    /// let same = layer.export(Format::Csv).filter("pop_est > 1000000".parse()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds several filters.
    pub fn filters(mut self, filters: impl IntoIterator<Item = Filter>) -> Self {
        self.filters.extend(filters);
        self
    }

    /// Whether Felt sends the token's owner an e-mail when the export is done. Default: no, other than
    /// the server's own default: a program that waits needs no mail.
    pub fn email_on_completion(mut self, email: bool) -> Self {
        self.email_on_completion = email;
        self
    }

    /// Whether to try again, as often as [`Retry`](crate::Retry) says, where the export may have been
    /// created already: after 408, 500, 502, 503, 504, or no answer at all. Default: no. (An attempt that
    /// runs into [`create_timeout`](crate::ClientBuilder::create_timeout) has used up the budget of the
    /// default `Retry`, and is the last.)
    ///
    /// For those to whom a second export is better than none: each such attempt may leave one behind
    /// at Felt, which runs, counts, and is known to nobody here. Even so, if no attempt gets an answer,
    /// the error is [`OutcomeUnknown`](ErrorKind::OutcomeUnknown).
    pub fn retry_in_doubt(mut self, retry: bool) -> Self {
        self.retry_in_doubt = retry;
        self
    }

    /// Creates the export on the server, and returns as soon as Felt has accepted it.
    ///
    /// Dropping the future does not take back a request that was sent, and its answer is lost: do not
    /// put it under a timeout of your own. [`start_unless`](Self::start_unless) can be stopped.
    ///
    /// # Errors
    ///
    /// - [`OutcomeUnknown`](ErrorKind::OutcomeUnknown): the request may have been accepted, and no
    ///   answer says so. The export may exist; look for it in Felt before starting another.
    /// - Any other kind: no export was created. It is tried again, as [`Retry`](crate::Retry) says,
    ///   only when it cannot have been accepted: no connection, 429, 503 with `Retry-After`.
    ///   [`InvalidInput`](ErrorKind::InvalidInput) is a filter that cannot be sent.
    pub async fn start(self) -> Result<Export, Error> {
        self.attempts(&Gate::default()).await
    }

    /// Creates the export on the server, as [`start`](Self::start) does, but sends nothing any more once
    /// `stop` is over. A request that is on its way then is waited for, since only its answer tells which
    /// export it has created. `None` if there was none: no export was created.
    ///
    /// For programs that are to end soon, and leave nothing behind that they do not know of.
    ///
    /// ```no_run
    /// # async fn example(layer: felt_api::Layer) -> Result<(), felt_api::Error> {
    /// use felt_api::Format;
    ///
    /// let interrupted = async {
    ///     // Whatever tells the program to stop.
    /// };
    /// match layer.export(Format::Csv).start_unless(interrupted).await? {
    ///     Some(export) => println!("go on with {}", export.handle()),
    ///     None => println!("nothing was created"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub async fn start_unless(
        self,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Export>, Error> {
        let gate = Gate::default();
        let (mut attempts, mut stop) = (pin!(self.attempts(&gate)), pin!(stop));
        let started = poll_fn(|context| {
            if !gate.is_closed() && stop.as_mut().poll(context).is_ready() {
                gate.close();
            }
            if gate.is_done() {
                return Poll::Ready(None);
            }
            match attempts.as_mut().poll(context) {
                Poll::Pending if gate.is_done() => Poll::Ready(None),
                polled => polled.map(Some),
            }
        });
        match started.await {
            Some(started) => started.map(Some),
            None if gate.doubted.load(Ordering::Relaxed) => {
                let message = "stopped before an answer told what became of the request";
                let error = Error::new(ErrorKind::OutcomeUnknown, message);
                Err(error.during(|| self.operation()))
            }
            None => Ok(None),
        }
    }

    fn operation(&self) -> String {
        format!("creating a {} export of layer {}", self.format, self.layer)
    }

    /// As many attempts as it takes, and as are allowed.
    async fn attempts(&self, gate: &Gate) -> Result<Export, Error> {
        let client = &self.layer.client;
        let operation = || self.operation();
        for filter in &self.filters {
            filter.check().map_err(|error| error.during(operation))?;
        }
        // By name, not by field: a newer spec may have fields that this crate has not heard of.
        let body = serde_json::to_value(self).and_then(serde_json::from_value);
        let body = body.map_err(|source| {
            Error::invalid("the API description in use does not know this request")
                .with_source(source)
        })?;
        let worth_it = |error: &Error| {
            let in_doubt = error.kind() == ErrorKind::OutcomeUnknown;
            gate.doubted.fetch_or(in_doubt, Ordering::Relaxed);
            never_accepted(error) || (in_doubt && self.retry_in_doubt && may_pass(error.status()))
        };
        let attempts = || gate.pass(self.create(&body));
        let attempts = client.0.retry.run(&client.0.turns, worth_it, attempts);
        let span = trace::span("create", &self.layer);
        match trace::within(&span, attempts).await {
            Ok(handle) => Ok(Export::new(client.clone(), handle, Some(Instant::now()))),
            // What the last attempt came to says nothing about those before it.
            Err(error) if gate.doubted.load(Ordering::Relaxed) => {
                Err(error.with(|error| error.kind = ErrorKind::OutcomeUnknown))
            }
            Err(error) => Err(error),
        }
        .map_err(|error| error.during(operation))
    }

    /// One attempt.
    async fn create(
        &self,
        body: &felt_api_client::types::CustomExportParams,
    ) -> Result<ExportHandle, Error> {
        let client = &self.layer.client;
        let (api, map_id, layer_id) = (&client.0.api, self.layer.map_id(), self.layer.layer_id());
        let created = api.create_map_layer_custom_export(map_id, layer_id, body);
        call(client, client.0.create_timeout, created)
            .await
            .map(|answer| answer.value.export_request_id.to_string())
            // The id is all that is needed, whatever else is missing or odd.
            .or_else(|error| error.0.created.clone().ok_or(error))
            .and_then(|id| self.handle(&id))
            .map_err(doubt)
    }

    /// The id goes into URLs from now on: it is checked like one that a user gave.
    fn handle(&self, export_id: &str) -> Result<ExportHandle, Error> {
        let (map_id, layer_id) = (self.layer.map_id(), self.layer.layer_id());
        ExportHandle::new(map_id, layer_id, export_id, self.format).map_err(|_| {
            let message = "the server answered with an export id that is none";
            Error::unexpected(message).with_status(200)
        })
    }
}

/// What requests pass on their way to the server, one at a time, until it is closed.
#[derive(Debug, Default)]
struct Gate {
    closed: AtomicBool,
    /// A request has passed, and there is no answer yet.
    on_its_way: AtomicBool,
    /// What became of one before is open.
    doubted: AtomicBool,
}

impl Gate {
    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Nothing is on its way, and nothing will be.
    fn is_done(&self) -> bool {
        self.is_closed() && !self.on_its_way.load(Ordering::Relaxed)
    }

    async fn pass<T>(&self, request: impl Future<Output = T>) -> T {
        if self.is_closed() {
            return pending().await;
        }
        self.on_its_way.store(true, Ordering::Relaxed);
        let answer = request.await;
        self.on_its_way.store(false, Ordering::Relaxed);
        answer
    }
}

/// Whether the server certainly did not accept the request, and may accept it later.
fn never_accepted(error: &Error) -> bool {
    too_many(error) || slow_down(error).is_some() || never_arrived(error)
}

/// Whether an export was created is open, unless the error says that it was not.
fn doubt(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Rejected
        | ErrorKind::InvalidInput => error,
        _ if never_accepted(&error) || is_elsewhere(error.status()) => error,
        _ => error.with(|error| error.kind = ErrorKind::OutcomeUnknown),
    }
}

/// A redirect is not followed, and sends the request elsewhere; but for 303, which answers it.
fn is_elsewhere(status: Option<u16>) -> bool {
    matches!(status, Some(300..=302 | 304..=399))
}
