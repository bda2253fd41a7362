//! `felt export`

use std::time::Instant;

use super::save::{Saved, fetch};
use super::server::Server;
use crate::args;
use crate::events::{Event, Subject};
use crate::failure::Failure;
use crate::next;
use crate::output::Output;
use crate::progress::Shown;
use crate::report::Report;

pub async fn run(args: args::Export, report: &Report) -> Result<(), Failure> {
    let began = Instant::now();
    let (map, layer) = args.layer.ids()?;
    let output = Output::new(&args.output, args.keep_zip)?;
    output.check_with(report)?;
    let format = output.export_format(args.format)?;
    report.about(Subject {
        map: Some(map.clone()),
        layer: Some(layer.clone()),
        format: Some(format),
    });
    if !args.detach
        && let Some(path) = output.existing(&layer, format)
    {
        let bytes = path.metadata().ok().map(|found| found.len());
        let saved = Saved {
            export: None,
            began,
        };
        return saved.tell(report, Some(&path), bytes, true);
    }
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&map, &layer)?;
    // Before anything is created at Felt.
    let target = match args.detach {
        true => None,
        false => output.reserve(layer.layer_id(), format)?,
    };

    let shown = Shown::waiting(report, "creating the export");
    next::may_exist();
    let started = layer
        .export(format)
        .filters(args.all_filters())
        .email_on_completion(args.email)
        .start()
        .await;
    next::nothing();
    let export = started?;
    drop(shown);
    let handle = export.handle();
    if args.detach {
        let event = Event::Detached {
            export: handle.clone(),
        };
        return report.result(&handle.to_string(), event);
    }
    report.event(Event::Created {
        export: handle.clone(),
    })?;
    let (timeout, transfer) = (args.wait.timeout, &args.transfer);
    fetch(&export, &output, target, timeout, transfer, report, began).await
}
