//! Calls the generated client, for an operation that the facade does not cover. (It covers all that
//! today's spec has; a newer one has more.) Needs the feature `generated`.
//!
//! `cargo run -p felt-api --features generated --example generated_client`, or with `FELT_API_TOKEN` set
//! and the ids of a map and a layer as arguments.

mod support;

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let felt = support::felt().await?;

    // It sends the token and bounds what it reads, and makes one attempt. What goes into a path has to
    // be checked here; the ids of a `Layer` are already.
    let (map_id, layer_id) = (felt.layer.map_id(), felt.layer.layer_id());
    felt_api::check_id("map", map_id)?;

    let generated = felt.client.generated();
    match generated
        .create_map_layer_export_link(map_id, layer_id)
        .await
    {
        Ok(response) => {
            let has_link = !response.into_inner().export_link.is_empty();
            println!("a link: {has_link}");
        }
        // Its errors print whole bodies and URLs: only the status is shown here.
        Err(error) => println!("no link: {:?}", error.status()),
    }
    Ok(())
}
