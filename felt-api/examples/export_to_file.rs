//! Exports a part of a layer to a file.
//!
//! `cargo run -p felt-api --example export_to_file`, or with `FELT_API_TOKEN` set and the ids of a map
//! and a layer as arguments.

mod support;

use std::error::Error;

use felt_api::{Format, attr};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let felt = support::felt().await?;

    // Before anything is created at Felt: is there room for the file?
    let target = felt_api::reserve("export.geojson", false)?;

    let africa = attr("pop_est")
        .gt(1_000_000)
        .and(attr("continent").one_of(["Africa", "Asia"]));
    println!("exporting where {africa}");

    let export = felt
        .layer
        .export(Format::Geojson)
        .filter(africa)
        .start()
        .await?;
    let file = export.wait().await?.download().to_target(target).await?;
    println!("{}: {} bytes", file.path.display(), file.bytes);
    Ok(())
}
