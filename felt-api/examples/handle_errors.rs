//! What a program that runs unattended does about each thing that can go wrong.
//!
//! `cargo run -p felt-api --example handle_errors`, or with `FELT_API_TOKEN` set and the ids of a map
//! and a layer as arguments.

mod support;

use std::error::Error as StdError;

use felt_api::{Error, FinishedExport, Format, Layer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let felt = support::felt().await?;

    // A layer that is not there, an output that does not fit a vector layer, and one that works.
    let missing = felt.client.layer(felt.layer.map_id(), "nowhere")?;
    for (layer, format) in [
        (&missing, Format::Csv),
        (&felt.layer, Format::Geotiff),
        (&felt.layer, Format::Csv),
    ] {
        match backup(layer, format).await {
            Ok(_) => println!("exported"),
            Err(error) => {
                println!("{error}");
                println!("  -> {}", what_to_do(&error));
            }
        }
    }
    Ok(())
}

async fn backup(layer: &Layer, format: Format) -> Result<FinishedExport, Error> {
    let export = layer.export(format).start().await?;
    export.wait().await
}

fn what_to_do(error: &Error) -> String {
    if error.is_outcome_unknown() {
        return "look in Felt whether it was created, before starting another".into();
    }
    if error.is_export_failed() {
        return "start another".into();
    }
    if let Some(handle) = error.export() {
        // Our patience ended, or the status could not be asked for: the export is there.
        return format!("keep {handle}, and resume it later");
    }
    if error.is_retryable() {
        let seconds = error.retry_after().map_or(600, |wait| wait.as_secs());
        return format!("start it again in {seconds} s");
    }
    if error.is_unauthorized() || error.is_forbidden() {
        return "tell whoever owns the token".into();
    }
    match error.details().first() {
        Some(detail) => format!("mend the job; Felt says: {detail}"),
        None => "mend the job: it will fail again as it is".into(),
    }
}
