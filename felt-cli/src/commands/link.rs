//! `felt link`

use super::server::Server;
use crate::args;
use crate::events::{Event, Subject};
use crate::failure::Failure;
use crate::progress::Shown;
use crate::report::Report;

pub async fn run(args: args::Link, report: &Report) -> Result<(), Failure> {
    let (map, layer) = args.layer.ids()?;
    report.about(Subject::new(&map, &layer, None));
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&map, &layer)?;
    let shown = Shown::waiting(report, &format!("asking for the link to {layer}"));
    let link = layer.export_link().await?;
    drop(shown);
    let url = link.url().to_string();
    report.result(link.url(), Event::Link { url })?;
    if args.server.is_embedded() {
        report.note(
            "note: the embedded sandbox has ended, and its link with it; felt sandbox keeps one running",
        );
    }
    Ok(())
}
