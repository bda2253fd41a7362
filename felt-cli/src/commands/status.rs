//! `felt status`

use felt_api::Client;

use super::print;
use crate::args::Status;
use crate::failure::Failure;

pub async fn run(args: Status) -> Result<(), Failure> {
    let layer = Client::from_env()?.layer(args.layer.map, args.layer.layer)?;
    let status = layer.export_status(&args.export).await?;
    print(status.state().as_str())
}
