//! `felt export`

use std::time::Instant;

use super::create::{Created, create};
use super::save::{Fetch, Watch};
use super::server::Server;
use crate::args;
use crate::events::{Event, Subject};
use crate::failure::Failure;
use crate::next;
use crate::output::Output;
use crate::progress::Shown;
use crate::report::Report;
use crate::stop::Stop;
use crate::template::Now;

pub async fn run(args: args::Export, report: &Report, stop: &Stop) -> Result<(), Failure> {
    let began = Instant::now();
    if args.many.jobs.is_some() || args.many.fail_fast {
        let why = "--jobs and --fail-fast are for many exports: they need --manifest";
        return Err(Failure::Usage(why.to_string()));
    }
    let (map, layer) = args.ids()?;
    report.about(Subject::new(&map, &layer, args.format));
    let (output, format) = Output::and_format(
        &args.output,
        args.keep_zip,
        (&map, &layer),
        args.format,
        &Now::get(),
    )?;
    output.check_with(report)?;
    report.about(Subject::new(&map, &layer, Some(format)));
    let fetch = Fetch {
        output: &output,
        transfer: &args.transfer,
        report,
        began,
    };
    if !args.detach
        && let Some(path) = output.existing(&layer, format)
    {
        return fetch.skip(&path, None);
    }
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&map, &layer)?;
    // Before anything is created at Felt.
    let target = match args.detach {
        true => None,
        false => output.reserve(layer.layer_id(), format)?,
    };

    let shown = Shown::waiting(report, &format!("creating {layer}"));
    let request = layer
        .export(format)
        .filters(args.all_filters())
        .email_on_completion(args.email);
    let export = match create(request, stop).await? {
        Created::Export(export) => export,
        Created::Nothing => return Err(Failure::Interrupted),
        Created::InDoubt => {
            next::may_exist();
            return Err(Failure::Interrupted);
        }
    };
    drop(shown);
    // From here to the next await nothing can come between.
    let handle = export.handle();
    // The next embedded sandbox is another one.
    if !args.server.is_embedded() {
        next::resumes(args.resume(handle, &output));
    }
    if args.detach {
        let event = Event::Detached {
            export: handle.clone(),
        };
        report.result(&handle.to_string(), event)?;
        next::nothing();
        return Ok(());
    }
    report.event(Event::Created {
        export: handle.clone(),
    })?;
    let (timeout, mut watch) = (args.wait.timeout, Watch::default());
    fetch.export(&export, target, timeout, &mut watch).await?;
    next::nothing();
    Ok(())
}
