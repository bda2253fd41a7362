//! `felt download`

use felt_api::Format;

use super::save;
use super::server::Server;
use crate::args::Download;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Shown;

pub async fn run(args: Download) -> Result<(), Failure> {
    let output = Output::new(&args.output);
    let wanted = output.direct_format()?;
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&args.layer)?;
    // Where the format has no say in the name, what is in the way is told first.
    let named_target = output.reserve_named(args.output.overwrite)?;

    let shown = Shown::waiting("asking for the link");
    let link = layer.export_link().await?;
    drop(shown);

    // Only the name depends on the hint; what arrives is looked at.
    let named = wanted.or(link.format_hint()).unwrap_or(Format::Gpkg);
    let target = match named_target {
        Some(target) => Some(target),
        None => output.reserve(layer.layer_id(), named, args.output.overwrite)?,
    };
    let download = if output.keeps_archive() {
        link.download().keep_archive()
    } else if output.name_says_format() {
        link.download_as(named)
    } else {
        link.download()
    };
    save(download, target).await
}
