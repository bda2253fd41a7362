//! `felt status`

use super::server;
use crate::args;
use crate::events::{Event, Subject};
use crate::failure::Failure;
use crate::report::Report;

pub async fn run(args: args::Status, report: &Report) -> Result<(), Failure> {
    let (map, layer, export) = args.ids()?;
    report.about(Subject::new(&map, &layer, None));
    let layer = server::client(&args.token).await?.layer(map, layer)?;
    let status = layer.export_status(&export).await?;
    let status = status.state().to_string();
    let event = Event::Status {
        status: status.clone(),
        export: args.export.first().and_then(|word| word.parse().ok()),
    };
    report.result(&status, event)
}
