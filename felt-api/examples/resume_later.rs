//! Starts an export, forgets all about it but a line of text, and takes it up again.
//!
//! `cargo run -p felt-api --example resume_later`, or with `FELT_API_TOKEN` set and the ids of a map
//! and a layer as arguments.

mod support;

use std::error::Error;
use std::fs;
use std::time::Duration;

use felt_api::{ExportHandle, Format};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let felt = support::felt().await?;

    // In the evening. The handle is kept before anything else can fail.
    let export = felt.layer.export(Format::Gpkg).start().await?;
    fs::write("export.handle", export.handle().to_string())?;
    // The wait is given no time at all, so that its patience ends.
    match export.wait().timeout(Duration::ZERO).await {
        Ok(_) => println!("it was done at once"),
        Err(error) => println!("{error}"),
    }
    drop(export);

    // In the morning, in another process perhaps.
    let handle: ExportHandle = fs::read_to_string("export.handle")?.trim().parse()?;
    let finished = felt.client.resume(handle).wait().await?;
    let file = finished.download().to_path("resumed.gpkg").await?;
    fs::remove_file("export.handle")?;
    println!("{}", file.path.display());
    Ok(())
}
