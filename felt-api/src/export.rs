//! A custom export on the server, and its file.

use felt_download::http::check_link;
use felt_download::{BoxError, BoxFuture, LinkSource};
use tokio::time::Instant;

use crate::call::Answer;
use crate::download::{download, file_name};
use crate::settings::Secret;
use crate::status::ask;
use crate::turns::Turns;
use crate::{Client, Download, Error, ExportHandle, ExportStatus, Wait};

/// A custom export on the server. Made by
/// [`ExportRequest::start`](crate::ExportRequest::start) or [`Client::resume`].
///
/// Dropping it stops nothing: the server goes on. Keep its [`handle`](Self::handle) to come back.
#[derive(Clone, Debug)]
pub struct Export {
    client: Client,
    handle: ExportHandle,
    /// When this process created it; `None` if it was resumed.
    pub(crate) created: Option<Instant>,
}

impl Export {
    pub(crate) fn new(client: Client, handle: ExportHandle, created: Option<Instant>) -> Self {
        Self {
            client,
            handle,
            created,
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
    /// See [`ErrorKind`](crate::ErrorKind); it is tried as hard as [`Retry`](crate::Retry) says.
    /// [`Error::export`] is this export's handle.
    ///
    /// [vendor]: https://developers.felt.com/rest-api/api-reference/layers/layer-exports
    pub async fn status(&self) -> Result<ExportStatus, Error> {
        let asked = self.client.question("status", &self.handle, || self.ask());
        asked.await
    }

    /// Waits until it is finished: await the [`Wait`], or give it other limits first.
    pub fn wait(&self) -> Wait {
        Wait::new(self)
    }

    /// Those that a question about it waits for.
    pub(crate) fn turns(&self) -> &Turns {
        &self.client.0.turns
    }

    /// A link that cannot be one is an error now, and not when it is downloaded.
    pub(crate) fn finished(&self, download_url: &str) -> Result<FinishedExport, Error> {
        check_link(download_url).map_err(|error| {
            let error = Error::from(error).during(|| format!("waiting for export {}", self.handle));
            error.with(|error| error.asking = true)
        })?;
        Ok(FinishedExport {
            export: self.clone(),
            download_url: Secret(download_url.to_string()),
        })
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
#[derive(Clone, Debug)]
pub struct FinishedExport {
    export: Export,
    download_url: Secret,
}

impl FinishedExport {
    /// What it takes to find this export again, in another process.
    pub fn handle(&self) -> &ExportHandle {
        &self.export.handle
    }

    /// The link to the file. Whoever has it can download the file until it expires: treat it as a
    /// secret.
    pub fn download_url(&self) -> &str {
        &self.download_url.0
    }

    /// A download of the file, in the format that was asked for. A link that expires on the way is
    /// renewed. In a folder it is called `LAYER.EXTENSION`, unless
    /// [`file_name`](felt_download::Download::file_name) says otherwise.
    pub fn download(&self) -> Download<'_> {
        let handle = self.export.handle.clone();
        let name = file_name(handle.layer_id(), handle.format());
        let (formats, subject) = (vec![handle.format()], format!("export {handle}"));
        download(&self.export.client, self, formats, Some(name), subject)
            .map_err(move |error: Error| error.for_export(&handle))
    }
}

impl LinkSource for FinishedExport {
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async { Ok(self.download_url.0.clone()) })
    }

    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async {
            let status = self.export.status().await?;
            if let Some(link) = status.download_url() {
                return Ok(link.to_string());
            }
            let state = status.state();
            let message = format!("the export is {state} and has no download link any more");
            Err(Error::unexpected(message).for_export(self.handle()).into())
        })
    }

    /// The handle: what an export has made does not change any more.
    fn identity(&self) -> Option<String> {
        Some(self.handle().to_string())
    }
}
