//! Downloads a whole layer by its direct link.
//!
//! `cargo run -p felt-api --example direct_link`, or with `FELT_API_TOKEN` set and the ids of a map
//! and a layer as arguments.

mod support;

use std::error::Error;

use felt_api::Format;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let felt = support::felt().await?;
    let link = felt.layer.export_link().await?;

    // The link itself is a secret: whoever has it can download the layer. Its name is a hint, and what
    // arrives is looked at. A link that expires on the way is renewed.
    let format = link.format_hint().unwrap_or(Format::Gpkg);
    let name = format!("whole-layer.{}", format.extension());
    let file = link.download_as(format).to_path(name).await?;
    println!("{}: {} bytes", file.path.display(), file.bytes);
    Ok(())
}
