//! `felt download`

use std::time::Instant;

use felt_api::Format;

use super::save::Fetch;
use super::server::Server;
use crate::args;
use crate::events::Subject;
use crate::failure::Failure;
use crate::next;
use crate::output::Output;
use crate::progress::Shown;
use crate::report::Report;
use crate::template::Now;

pub async fn run(args: args::Download, report: &Report) -> Result<(), Failure> {
    let began = Instant::now();
    let (map, layer) = args.layer.ids()?;
    report.about(Subject::new(&map, &layer, None));
    let output = Output::of(&args.output, false, (&map, &layer), None, &Now::get())?;
    output.check_with(report)?;
    let wanted = output.direct_format()?;
    report.about(Subject::new(&map, &layer, wanted));
    let fetch = Fetch {
        output: &output,
        transfer: &args.transfer,
        report,
        began,
    };
    if let Some(path) = output.existing_named() {
        return fetch.skip(&path, None);
    }
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&map, &layer)?;
    // Where the format has no say in the name, what is in the way is told first.
    let named_target = output.reserve_named()?;

    let shown = Shown::waiting(report, &format!("asking for the link to {layer}"));
    let link = layer.export_link().await?;
    drop(shown);

    // Only the name depends on the hint; what arrives is looked at.
    let named = wanted.or(link.format_hint()).unwrap_or(Format::Gpkg);
    let target = match named_target {
        Some(target) => Some(target),
        None => {
            if let Some(path) = output.existing(layer.layer_id(), named) {
                return fetch.skip(&path, None);
            }
            output.reserve(layer.layer_id(), named)?
        }
    };
    // The next embedded sandbox is another one.
    if let (Some(target), false) = (&target, args.server.is_embedded()) {
        next::same_command(target.part_path());
    }
    let download = if output.keeps_archive() {
        link.download().keep_archive()
    } else if output.name_says_format() {
        link.download_as(named)
    } else {
        link.download()
    };
    fetch.save(download, target, None).await?;
    next::nothing();
    Ok(())
}
