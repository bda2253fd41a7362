//! Runs a sandbox and prints what a client needs; arguments: [DATA_FOLDER [JOB_TIME_MS [LINK_TTL_MS]]].
//!
//! ```sh
//! cargo run -p felt-sandbox --example serve
//! ```

use std::error::Error;
use std::time::Duration;

use felt_sandbox::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut builder = Sandbox::builder();
    if let Some(folder) = arguments.next() {
        builder = builder.data(folder);
    }
    if let Some(time) = arguments.next() {
        builder = builder.job_time(Duration::from_millis(time.parse()?));
    }
    if let Some(ttl) = arguments.next() {
        builder = builder.link_ttl(Duration::from_millis(ttl.parse()?));
    }
    let sandbox = builder.start().await?;
    for skipped in sandbox.skipped() {
        eprintln!("skipped: {skipped}");
    }
    println!("FELT_BASE_URL={}", sandbox.base_url());
    println!("FELT_API_TOKEN={}", sandbox.token());
    std::future::pending::<()>().await;
    Ok(())
}
