//! `felt sandbox`

use super::print;
use crate::args::Sandbox as Args;
use crate::failure::Failure;

/// Runs until the program is interrupted.
pub async fn run(args: Args) -> Result<(), Failure> {
    let mut builder = felt_sandbox::Sandbox::builder()
        .addr(args.addr)
        .job_time(args.job_time)
        .link_ttl(args.link_ttl);
    if let Some(data) = args.data {
        builder = builder.data(data);
    }
    let sandbox = builder
        .start()
        .await
        .map_err(|error| Failure::Local(format!("cannot start the sandbox: {error}")))?;
    for skipped in sandbox.skipped() {
        eprintln!("skipped {skipped}");
    }
    print(&format!(
        "FELT_BASE_URL={}\nFELT_API_TOKEN={}",
        sandbox.base_url(),
        sandbox.token()
    ))?;
    std::future::pending::<()>().await;
    Ok(())
}
