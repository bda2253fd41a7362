//! A custom export on the server, and its file.

use std::fmt;

use felt_download::{BoxError, BoxFuture, LinkSource};
use tokio::time::Instant;

use crate::call::Answer;
use crate::retry::passing;
use crate::status::ask;
use crate::{Client, Download, Error, ErrorKind, ExportHandle, ExportStatus, Wait};

/// A custom export on the server. Made by
/// [`ExportRequest::start`](crate::ExportRequest::start) or [`Client::resume`].
///
/// Dropping it stops nothing: the server goes on. Keep its [`handle`](Self::handle) to come back.
#[derive(Clone, Debug)]
pub struct Export {
    client: Client,
    handle: ExportHandle,
    /// When this process created it; `None` if it was resumed.
    created: Option<Instant>,
}

impl Export {
    pub(crate) fn created_now(client: Client, handle: ExportHandle) -> Self {
        Self {
            client,
            handle,
            created: Some(Instant::now()),
        }
    }

    pub(crate) fn resumed(client: Client, handle: ExportHandle) -> Self {
        Self {
            client,
            handle,
            created: None,
        }
    }

    /// What it takes to find this export again, in another process.
    pub fn handle(&self) -> &ExportHandle {
        &self.handle
    }

    /// Asks the server once how far it is ([Check custom export status][vendor]).
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; it is tried as hard as [`Retry`](crate::Retry) says.
    /// [`Error::export`] is this export's handle.
    ///
    /// [vendor]: https://developers.felt.com/rest-api/api-reference/layers/layer-exports
    pub async fn status(&self) -> Result<ExportStatus, Error> {
        self.client
            .retry()
            .run(passing, || self.ask())
            .await
            .map(|answer| answer.value)
    }

    /// Waits until it is finished: await the [`Wait`], or give it other limits first.
    pub fn wait(&self) -> Wait<'_> {
        Wait::new(self)
    }

    pub(crate) fn created(&self) -> Option<Instant> {
        self.created
    }

    pub(crate) fn finished(&self, download_url: &str) -> FinishedExport {
        FinishedExport {
            export: self.clone(),
            download_url: download_url.to_string(),
        }
    }

    /// One attempt.
    pub(crate) async fn ask(&self) -> Result<Answer<ExportStatus>, Error> {
        let handle = &self.handle;
        ask(
            &self.client,
            handle.map_id(),
            handle.layer_id(),
            handle.export_id(),
        )
        .await
        .map_err(|error| error.for_export(handle))
    }
}

/// An export whose file is ready. Made by [`Export::wait`].
#[derive(Clone)]
pub struct FinishedExport {
    export: Export,
    download_url: String,
}

impl FinishedExport {
    /// What it takes to find this export again, in another process.
    pub fn handle(&self) -> &ExportHandle {
        &self.export.handle
    }

    /// The link to the file. Whoever has it can download the file until it expires: treat it as a
    /// secret.
    pub fn download_url(&self) -> &str {
        &self.download_url
    }

    /// A download of the file, in the format that was asked for. A link that expires on the way is
    /// renewed.
    pub fn download(&self) -> Download<'_> {
        let handle = &self.export.handle;
        Download::new(&self.export.client, self, &[handle.format()])
            .during(format!("downloading export {handle}"))
            .for_export(handle)
    }
}

impl LinkSource for FinishedExport {
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async { Ok(self.download_url.clone()) })
    }

    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async {
            let status = self.export.status().await?;
            let link = status.download_url().map(ToString::to_string);
            link.ok_or_else(|| {
                Error::new(
                    ErrorKind::UnexpectedResponse,
                    format!(
                        "the export is {} and has no download link any more",
                        status.state()
                    ),
                )
                .for_export(self.handle())
                .into()
            })
        })
    }
}

impl fmt::Debug for FinishedExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishedExport")
            .field("handle", &self.export.handle)
            .finish_non_exhaustive()
    }
}
