//! `felt resume`

use std::time::Instant;

use super::save::{Saved, fetch};
use super::server;
use crate::args;
use crate::events::Subject;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;

pub async fn run(args: args::Resume, report: &Report) -> Result<(), Failure> {
    let began = Instant::now();
    let handle = args.handle;
    let output = Output::new(&args.output, args.keep_zip)?;
    output.check_with(report)?;
    let format = output.export_format(Some(handle.format()))?;
    report.about(Subject {
        map: Some(handle.map_id().to_string()),
        layer: Some(handle.layer_id().to_string()),
        format: Some(format),
    });
    if let Some(path) = output.existing(handle.layer_id(), format) {
        let bytes = path.metadata().ok().map(|found| found.len());
        let saved = Saved {
            export: Some(&handle),
            began,
        };
        return saved.tell(report, Some(&path), bytes, true);
    }
    let client = server::client(&args.token)?;
    let target = output.reserve(handle.layer_id(), format)?;
    let export = client.resume(handle);
    let (timeout, transfer) = (args.wait.timeout, &args.transfer);
    fetch(&export, &output, target, timeout, transfer, report, began).await
}
