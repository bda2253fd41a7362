//! From a link, or an export, to a file.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use felt_api::{Download, Export, ExportHandle, ExportState, Target};

use crate::args::Transfer;
use crate::events::Event;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Shown;
use crate::report::Report;

/// A slower connection is given up after so long.
const WINDOW: Duration = Duration::from_secs(60);

/// How an export, or what a link leads to, becomes a file.
#[derive(Clone, Copy)]
pub struct Fetch<'a> {
    pub output: &'a Output,
    pub transfer: &'a Transfer,
    pub report: &'a Report,
    /// Since when it is worked at.
    pub began: Instant,
}

impl Fetch<'_> {
    /// Waits for an export, about so long if that is known, and downloads it.
    pub async fn export(
        &self,
        export: &Export,
        target: Option<Target>,
        timeout: Duration,
        watch: &mut Watch,
    ) -> Result<(), Failure> {
        let handle = export.handle();
        let shown = Shown::waiting(self.report, &format!("waiting for {handle}"));
        let mut wait = export.wait().timeout(timeout);
        if let Some(expected) = watch.expected {
            wait = wait.expect(expected);
        }
        while let Some(status) = wait.next().await {
            shown.say(format!("{} {handle}", status.state()));
            watch
                .was_done
                .get_or_insert(*status.state() == ExportState::Completed);
            self.report.event(Event::Status {
                status: status.state().to_string(),
                export: Some(handle.clone()),
            })?;
        }
        let finished = wait.await?;
        watch.is_done = true;
        drop(shown);

        let mut download = finished.download();
        if self.output.keeps_archive() {
            download = download.keep_archive();
        }
        self.save(download, target, Some(handle)).await
    }

    /// Downloads to the place and tells its path, or to stdout.
    pub async fn save(
        &self,
        download: Download<'_>,
        target: Option<Target>,
        export: Option<&ExportHandle>,
    ) -> Result<(), Failure> {
        let what = match &target {
            Some(target) => shown_name(target.path()),
            None => "to stdout".to_string(),
        };
        let (shown, update) = Shown::downloading(self.report, &what);
        let download = download
            .connections(usize::from(self.transfer.connections))
            .min_rate(self.transfer.min_rate, WINDOW)
            .on_progress(update);
        match target {
            Some(target) => {
                let file = download.to_target(target).await?;
                drop(shown);
                self.tell(Some(&file.path), Some(file.bytes), false, export)
            }
            None => match download.to_writer(&mut tokio::io::stdout()).await {
                Err(error) if reader_is_gone(&error) => Ok(()),
                done => self.tell(None, Some(done?), false, export),
            },
        }
    }

    /// The file was there before, and is left as it is.
    pub fn skip(&self, path: &Path, export: Option<&ExportHandle>) -> Result<(), Failure> {
        let bytes = path.metadata().ok().map(|found| found.len());
        self.tell(Some(path), bytes, true, export)
    }

    fn tell(
        &self,
        path: Option<&Path>,
        bytes: Option<u64>,
        skipped: bool,
        export: Option<&ExportHandle>,
    ) -> Result<(), Failure> {
        let path = path.map(|path| path.display().to_string());
        let event = Event::Finished {
            path: path.clone(),
            bytes,
            skipped,
            export: export.cloned(),
            seconds: self.began.elapsed().as_secs_f64(),
        };
        match path {
            Some(path) => self.report.result(&path, event),
            None => self.report.event(event),
        }
    }
}

/// What is expected of a wait, and seen in it.
#[derive(Debug, Default)]
pub struct Watch {
    /// How long exports take.
    pub expected: Option<Duration>,
    /// Whether it was done when it was first asked about.
    pub was_done: Option<bool>,
    /// Whether it is done.
    pub is_done: bool,
}

/// The name alone: a bar has little room.
fn shown_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Whether the pipe was closed at its other end, as `head` does.
fn reader_is_gone(error: &felt_api::Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| source.kind() == io::ErrorKind::BrokenPipe)
}
