//! `felt export`

use felt_api::{Export, ExportHandle, Target};

use super::save;
use super::server::Server;
use crate::args::Export as Args;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::progress::Shown;

pub async fn run(args: Args) -> Result<(), Failure> {
    let output = Output::new(&args.output);
    let format = output.export_format(args.format)?;
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&args.layer)?;
    // Before anything is created at Felt.
    let target = output.reserve(layer.layer_id(), format, args.output.overwrite)?;

    let shown = Shown::waiting("creating the export");
    let export = layer.export(format).filters(args.filters).start().await?;
    drop(shown);

    let goes_on = GoesOn(Some(export.handle()));
    let done = fetch(&export, &output, target).await;
    goes_on.seen_to_its_end();
    done
}

async fn fetch(export: &Export, output: &Output, target: Option<Target>) -> Result<(), Failure> {
    let shown = Shown::waiting(&format!("export {}", export.handle()));
    let mut wait = export.wait();
    while let Some(status) = wait.next().await {
        shown.say(format!("export {} {}", export.handle(), status.state()));
    }
    let finished = wait.await?;
    drop(shown);

    let mut download = finished.download();
    if output.keeps_archive() {
        download = download.keep_archive();
    }
    save(download, target).await
}

/// Says where the export can be found again, if the command is interrupted: it goes on at Felt.
struct GoesOn<'a>(Option<&'a ExportHandle>);

impl GoesOn<'_> {
    /// It succeeded, or failed with an error that says the same.
    fn seen_to_its_end(mut self) {
        self.0 = None;
    }
}

impl Drop for GoesOn<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.0 {
            eprintln!("{}", failure::still_there(handle));
        }
    }
}
