//! Shows how far an export is, while it is waited for and while it is downloaded.
//!
//! `cargo run -p felt-api --example show_progress`, or with `FELT_API_TOKEN` set and the ids of a map
//! and a layer as arguments.

mod support;

use std::error::Error;
use std::time::{Duration, Instant};

use felt_api::Format;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let felt = support::felt().await?;
    let export = felt.layer.export(Format::Csv).start().await?;

    // A wait is a stream of the statuses that it is told. Between them, once in a while, something
    // else can be done: dropping the future of `next` loses nothing.
    let started = Instant::now();
    let mut wait = export.wait().timeout(Duration::from_secs(600));
    loop {
        match tokio::time::timeout(Duration::from_millis(400), wait.next()).await {
            Ok(Some(status)) => eprintln!("{}", status.state()),
            Ok(None) => break,
            Err(_) => eprintln!("... {:.1} s", started.elapsed().as_secs_f64()),
        }
    }
    // How it ended.
    let finished = wait.await?;

    let file = finished
        .download()
        .on_progress(|progress| match progress.total {
            Some(total) => eprintln!("{} of {total} bytes", progress.bytes),
            None => eprintln!("{} bytes", progress.bytes),
        })
        .to_path("progress.csv")
        .await?;
    println!("{}", file.path.display());
    Ok(())
}
