//! From a link, or an export, to a file.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use felt_api::{Download, Export, ExportHandle, Target};

use crate::args::Transfer;
use crate::events::Event;
use crate::failure::Failure;
use crate::next;
use crate::output::Output;
use crate::progress::Shown;
use crate::report::Report;

/// A slower connection is given up after so long.
const WINDOW: Duration = Duration::from_secs(60);

/// What is told of a file when it is there.
pub struct Saved<'a> {
    pub export: Option<&'a ExportHandle>,
    pub began: Instant,
}

impl Saved<'_> {
    /// It is there, or was before.
    pub fn tell(
        &self,
        report: &Report,
        path: Option<&std::path::Path>,
        bytes: Option<u64>,
        skipped: bool,
    ) -> Result<(), Failure> {
        let path = path.map(|path| path.display().to_string());
        let event = Event::Finished {
            path: path.clone(),
            bytes,
            skipped,
            export: self.export.cloned(),
            seconds: self.began.elapsed().as_secs_f64(),
        };
        match path {
            Some(path) => report.result(&path, event),
            None => report.event(event),
        }
    }
}

/// Waits for an export, and downloads it.
pub async fn fetch(
    export: &Export,
    output: &Output,
    target: Option<Target>,
    timeout: Duration,
    transfer: &Transfer,
    report: &Report,
    began: Instant,
) -> Result<(), Failure> {
    let handle = export.handle();
    next::resumes(
        handle,
        &output.arguments(handle.layer_id(), handle.format()),
    );
    let shown = Shown::waiting(report, &format!("export {handle}"));
    let mut wait = export.wait().timeout(timeout);
    while let Some(status) = wait.next().await {
        shown.say(format!("export {handle} is {}", status.state()));
        report.event(Event::Status {
            status: status.state().to_string(),
            export: Some(handle.clone()),
        })?;
    }
    let finished = wait.await?;
    drop(shown);

    let mut download = finished.download();
    if output.keeps_archive() {
        download = download.keep_archive();
    }
    let saved = Saved {
        export: Some(handle),
        began,
    };
    save(download, target, transfer, report, &saved).await?;
    next::nothing();
    Ok(())
}

/// Downloads to the place and tells its path, or to stdout.
pub async fn save(
    download: Download<'_>,
    target: Option<Target>,
    transfer: &Transfer,
    report: &Report,
    saved: &Saved<'_>,
) -> Result<(), Failure> {
    let (shown, update) = Shown::downloading(report);
    let download = download
        .connections(usize::from(transfer.connections))
        .min_rate(transfer.min_rate, WINDOW)
        .on_progress(update);
    match target {
        Some(target) => {
            let file = download.to_target(target).await?;
            drop(shown);
            saved.tell(report, Some(&file.path), Some(file.bytes), false)
        }
        None => match download.to_writer(&mut tokio::io::stdout()).await {
            Err(error) if reader_is_gone(&error) => Ok(()),
            done => saved.tell(report, None, Some(done?), false),
        },
    }
}

/// Whether the pipe was closed at its other end, as `head` does.
fn reader_is_gone(error: &felt_api::Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| source.kind() == io::ErrorKind::BrokenPipe)
}
