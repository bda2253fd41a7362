//! `felt sandbox`

use std::fs;
use std::path::Path;

use felt_sandbox::faults::{self, Rule};

use crate::args::Sandbox as Args;
use crate::events::Event;
use crate::failure::Failure;
use crate::report::Report;

/// Runs until the program is interrupted.
pub async fn run(args: Args, report: &Report) -> Result<(), Failure> {
    let mut builder = felt_sandbox::Sandbox::builder()
        .addr(args.addr)
        .queue_time(args.queue_time)
        .job_time(args.job_time)
        .link_ttl(args.link_ttl)
        .export_ttl(args.export_ttl);
    if let Some(per_second) = args.rate_limit {
        builder = builder.rate_limit(per_second);
    }
    if let Some(data) = args.data {
        builder = builder.data(data);
    }
    if let Some(faults) = args.faults {
        builder = builder.faults(rules(&faults)?);
    }
    let sandbox = builder
        .start()
        .await
        .map_err(|error| Failure::Local(format!("cannot start the sandbox: {error}")))?;
    for skipped in sandbox.skipped() {
        report.note(&format!("skipped {skipped}"));
    }
    let (base_url, token) = (sandbox.base_url().to_string(), sandbox.token().to_string());
    let lines = format!("FELT_BASE_URL={base_url}\nFELT_API_TOKEN={token}");
    report.result(&lines, Event::Sandbox { base_url, token })?;
    std::future::pending::<()>().await;
    Ok(())
}

/// Reads rules for what is to go wrong.
fn rules(path: &Path) -> Result<Vec<Rule>, Failure> {
    let json = fs::read_to_string(path)
        .map_err(|error| Failure::Local(format!("cannot read {}: {error}", path.display())))?;
    faults::parse(&json).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}
