//! A layer on a map, and what can be asked of it.

use std::fmt;

use felt_download::http::check_link;
use felt_download::{BoxError, BoxFuture, LinkSource};

use crate::call::call;
use crate::download::{download, file_name};
use crate::settings::Secret;
use crate::status::ask;
use crate::{Client, Download, Error, ExportRequest, ExportStatus, Format, check_id};

/// A layer on a map. Made by [`Client::layer`].
#[derive(Clone, Debug)]
pub struct Layer {
    pub(crate) client: Client,
    map_id: String,
    layer_id: String,
}

impl Layer {
    pub(crate) fn new(client: Client, map_id: String, layer_id: String) -> Result<Self, Error> {
        check_id("map", &map_id)?;
        check_id("layer", &layer_id)?;
        Ok(Self {
            client,
            map_id,
            layer_id,
        })
    }

    /// The map that it is on.
    pub fn map_id(&self) -> &str {
        &self.map_id
    }

    /// Its own id.
    pub fn layer_id(&self) -> &str {
        &self.layer_id
    }

    /// A direct link to the whole layer: a GeoPackage for a vector layer, a GeoTIFF for a raster
    /// layer ([Create layer export link][vendor]).
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind); it is tried as hard as [`Retry`](crate::Retry) says.
    ///
    /// [vendor]: https://developers.felt.com/rest-api/api-reference/layers/layer-exports
    pub async fn export_link(&self) -> Result<ExportLink, Error> {
        Ok(ExportLink {
            url: Secret(self.ask_for_link().await?),
            layer: self.clone(),
        })
    }

    /// A custom export in this format, to be [started](ExportRequest::start). Nothing is sent yet.
    pub fn export(&self, format: Format) -> ExportRequest {
        ExportRequest::new(self.clone(), format)
    }

    /// Asks the server once how far an export of this layer is, where only its id is known.
    /// [`Export::status`](crate::Export::status) is the same for an export at hand.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the id is not 1 to 64 of `A-Z a-z 0-9 - _`;
    /// otherwise as for [`export_link`](Self::export_link).
    pub async fn export_status(&self, export_id: &str) -> Result<ExportStatus, Error> {
        check_id("export", export_id)?;
        let (client, map_id, layer_id) = (&self.client, &self.map_id, &self.layer_id);
        let ask = || ask(client, map_id, layer_id, export_id);
        let subject = format!("{self}/{export_id}");
        client.question("status", &subject, ask).await
    }

    async fn ask_for_link(&self) -> Result<String, Error> {
        let (client, api) = (&self.client, &self.client.0.api);
        let ask = || {
            let link = api.create_map_layer_export_link(&self.map_id, &self.layer_id);
            call(client, client.0.request_timeout, link)
        };
        let asked = client.question("export_link", self, ask).await;
        asked
            .and_then(|answer| Ok(check_link(&answer.export_link).map(|()| answer.export_link)?))
            .map_err(|error| error.during(|| format!("making an export link for layer {self}")))
    }
}

/// `MAP/LAYER`
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.map_id, self.layer_id)
    }
}

/// A direct link to the file of a layer. It expires: use it soon, or let [`download`](Self::download)
/// renew it.
#[derive(Clone, Debug)]
pub struct ExportLink {
    layer: Layer,
    url: Secret,
}

impl ExportLink {
    /// The link. Whoever has it can download the layer until it expires: treat it as a secret.
    pub fn url(&self) -> &str {
        &self.url.0
    }

    /// What the name in the link says the format is. It is a hint: the first bytes decide.
    pub fn format_hint(&self) -> Option<Format> {
        let url = url::Url::parse(&self.url.0).ok()?;
        let (_, extension) = url.path().rsplit_once('.')?;
        Format::from_extension(extension)
    }

    /// A download of the file, whatever format it has. In a folder it is called `LAYER.EXTENSION`, where
    /// [`format_hint`](Self::format_hint) says which; otherwise as the storage host calls it.
    pub fn download(&self) -> Download<'_> {
        self.download_one_of(vec![Format::Gpkg, Format::Geotiff], self.format_hint())
    }

    /// A download of the file if it has this format; if it has another, it is an error, and no file.
    pub fn download_as(&self, format: Format) -> Download<'_> {
        self.download_one_of(vec![format], Some(format))
    }

    fn download_one_of(&self, formats: Vec<Format>, named: Option<Format>) -> Download<'_> {
        let layer = &self.layer;
        let name = named.map(|format| file_name(layer.layer_id(), format));
        download(&layer.client, self, formats, name, format!("layer {layer}"))
    }
}

impl LinkSource for ExportLink {
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async { Ok(self.url.0.clone()) })
    }

    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async { Ok(self.layer.ask_for_link().await?) })
    }

    /// The layer. It may have changed when it is downloaded again, which its validator tells.
    fn identity(&self) -> Option<String> {
        Some(self.layer.to_string())
    }
}
