//! `felt resume`

use std::time::Instant;

use super::save::{Fetch, Watch};
use super::server;
use crate::args;
use crate::events::Subject;
use crate::failure::Failure;
use crate::next;
use crate::output::Output;
use crate::report::Report;
use crate::template::Now;

pub async fn run(args: args::Resume, report: &Report) -> Result<(), Failure> {
    let handle = args.handle.clone();
    let (output, format) = Output::and_format(
        &args.output,
        args.keep_zip,
        (handle.map_id(), handle.layer_id()),
        Some(handle.format()),
        &Now::get(),
    )?;
    output.check_with(report)?;
    report.about(Subject::new(
        handle.map_id(),
        handle.layer_id(),
        Some(format),
    ));
    let fetch = Fetch {
        output: &output,
        transfer: &args.transfer,
        report,
        began: Instant::now(),
    };
    if let Some(path) = output.existing(handle.layer_id(), format) {
        return fetch.skip(&path, Some(&handle));
    }
    let client = server::client(&args.token).await?;
    let target = output.reserve(handle.layer_id(), format)?;
    next::resumes(args.again(&output));
    let export = client.resume(handle);
    let (timeout, mut watch) = (args.wait.timeout, Watch::default());
    fetch.export(&export, target, timeout, &mut watch).await?;
    next::nothing();
    Ok(())
}
