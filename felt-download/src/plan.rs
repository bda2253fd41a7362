//! What a download does, step by step: bytes to a place, then what was asked for out of them.

use std::fs::File;
use std::io::Seek;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWrite;

#[cfg(feature = "zip")]
use crate::archive::Extracted;
use crate::attempt::{Rules, Sink};
use crate::content::{Checks, Content, is_zip};
use crate::disk::{Disk, Place};
use crate::finish::{Dropped, Finish, blocking, read_head};
#[cfg(feature = "zip")]
use crate::folder::{FolderTarget, is_free};
use crate::patience::Limits;
use crate::place::check_folder;
use crate::probe::server_name;
use crate::record::Record;
use crate::target::Target;
use crate::trace::{span, within};
use crate::transfer::{Arrived, Connections, Order, transfer};
use crate::{Error, ErrorKind, Finished, LinkSource, Progress, StorageClient, name};

pub(crate) type OnProgress = Box<dyn Fn(Progress) + Send + Sync>;

/// What is to be done.
pub(crate) struct Plan<'a> {
    pub(crate) storage: StorageClient,
    pub(crate) source: &'a dyn LinkSource,
    pub(crate) subject: String,
    pub(crate) overwrite: bool,
    pub(crate) skip_existing: bool,
    pub(crate) content: Content,
    /// Whether all that is in an archive is wanted, whatever `content` is.
    #[cfg(feature = "zip")]
    pub(crate) unpacks: bool,
    /// Of the file, where only a folder is given.
    pub(crate) file_name: Option<String>,
    pub(crate) checks: Checks,
    pub(crate) progress: OnProgress,
    pub(crate) stall_timeout: Duration,
    pub(crate) min_rate: (u64, Duration),
    pub(crate) limits: Limits,
    pub(crate) connections: Connections,
    #[cfg(feature = "zip")]
    pub(crate) zip_limits: crate::ZipLimits,
}

impl Plan<'_> {
    pub(crate) async fn save_as(self, path: &Path) -> Result<Finished, Error> {
        if self.skip_existing
            && let Some(found) = Finished::found(path)
        {
            return Ok(found);
        }
        let target = Target::reserve(path, self.overwrite)?;
        self.save(target).await
    }

    /// In a folder, by the name that was given, or that the server gives.
    pub(crate) async fn save_in(self, folder: &Path) -> Result<Finished, Error> {
        // Before the server is asked for a name.
        check_folder(&folder.join("name"))?;
        let name = match self.file_name.as_deref() {
            Some(name) => name::safe(&self.with_extension(name)).ok_or_else(|| {
                let message = format!("{name:?} is no name for a file: give another");
                Error::new(ErrorKind::InvalidSetting, message)
            })?,
            None => self.server_name().await?,
        };
        let path = folder.join(name);
        self.save_as(&path).await
    }

    async fn server_name(&self) -> Result<String, Error> {
        self.check_settings()?;
        let (storage, source) = (&self.storage, self.source);
        let name = server_name(storage, source, self.stall_timeout, self.limits).await?;
        let name = name.unwrap_or_else(|| "download".to_string());
        Ok(self.with_extension(&name))
    }

    /// A name that says what is kept: the archive, or what is in it.
    fn with_extension(&self, name: &str) -> String {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let is_archive = extension.eq_ignore_ascii_case("zip");
        match &self.content {
            Content::OneFile { extensions } if is_archive => {
                let extension = extensions.first().map_or("bin", String::as_str);
                format!("{stem}.{extension}")
            }
            Content::Archive if !is_archive => format!("{stem}.zip"),
            _ => name.to_owned(),
        }
    }

    pub(crate) async fn save(self, target: Target) -> Result<Finished, Error> {
        let folder = target.folder().to_path_buf();
        let (arrived, mut target) = self.fetch_part(target).await?;
        let (finish, _dropped) = self.finish(Some(&folder));
        blocking(move || {
            let part = target.part()?;
            let done = finish
                .take_entry(&part, &arrived, || target.unpacked())
                .and_then(|entry| {
                    finish.check_wanted()?;
                    Ok(entry.map_or(arrived.bytes, |(_, bytes)| bytes))
                });
            match done {
                Ok(bytes) => Ok(Finished::new(target.publish()?, bytes)),
                Err(error) => Err(target.leave(error)),
            }
        })
        .await
    }

    #[cfg(feature = "zip")]
    pub(crate) async fn extract_to(mut self, folder: &Path) -> Result<Extracted, Error> {
        if self.skip_existing && folder.is_dir() && !is_free(folder)? {
            return Ok(Extracted::found(folder));
        }
        (self.content, self.unpacks) = (Content::AsSent, true);
        let name = self.file_name.as_deref().and_then(name::safe);
        let (target, making) = FolderTarget::reserve(folder)?.split();
        let (arrived, target) = self.fetch_part(target).await?;
        let (finish, _dropped) = self.finish(None);
        let place = FolderTarget::new(target, making);
        blocking(move || finish.take_folder(place, &arrived, name.as_deref())).await
    }

    pub(crate) async fn pass_on<W>(self, writer: &mut W) -> Result<u64, Error>
    where
        W: AsyncWrite + Send + Unpin,
    {
        if self.content == Content::AsSent {
            let sink = Sink::Writer(tokio::sync::Mutex::new(&mut *writer));
            let bytes = self.run(&sink, None, false, &|_| Ok(())).await?.bytes;
            drop(sink);
            tokio::io::AsyncWriteExt::flush(writer)
                .await
                .map_err(cannot_pass_on)?;
            return Ok(bytes);
        }
        let place = Place::Temporary(spool()?);
        let (arrived, place) = self.fetch(place, None, &std::env::temp_dir()).await?;
        let (finish, _dropped) = self.finish(None);
        let mut file = blocking(move || {
            let file = place.file()?;
            let entry = finish.take_entry(&file, &arrived, spool)?;
            let mut file = entry.map_or(file, |(unpacked, _)| unpacked);
            file.rewind().map_err(no_spool)?;
            Ok(tokio::fs::File::from_std(file))
        })
        .await?;
        let bytes = tokio::io::copy(&mut file, writer)
            .await
            .map_err(cannot_pass_on)?;
        tokio::io::AsyncWriteExt::flush(writer)
            .await
            .map_err(cannot_pass_on)?;
        Ok(bytes)
    }

    /// Brings the bytes to the part of a target.
    async fn fetch_part(&self, target: Target) -> Result<(Arrived, Target), Error> {
        let record = target.record().clone();
        let folder = target.folder().to_path_buf();
        let place = Place::Target(Box::new(target));
        match self.fetch(place, Some(&record), &folder).await? {
            (arrived, Place::Target(target)) => Ok((arrived, *target)),
            (_, Place::Temporary(_)) => Err(Error::new(ErrorKind::Disk, "the part is gone")),
        }
    }

    /// Brings the bytes to a place on disk.
    async fn fetch(
        &self,
        place: Place,
        record: Option<&Record>,
        folder: &Path,
    ) -> Result<(Arrived, Place), Error> {
        // Whether what an earlier process has brought is the beginning of an archive.
        let unpacks = record.is_some_and(Record::is_resumable)
            && self.is_to_be_unpacked()
            && is_zip(&read_head(&place.file()?)?);
        let sink = Sink::Disk(Disk::new(place)?);
        let room = |bytes| crate::space::check(folder, bytes);
        let arrived = self.run(&sink, record, unpacks, &room).await;
        let Sink::Disk(disk) = sink else {
            return Err(Error::new(ErrorKind::Disk, "the part is gone"));
        };
        // Where the disk failed, that is why the transfer did.
        let place = disk.finish().await?;
        match (arrived, place) {
            (Ok(arrived), place) => Ok((arrived, place)),
            (Err(error), place) => {
                // It may still be of another file, which nothing has come to replace.
                let id = self.source.identity();
                let other = |record: &Record| !record.is_of(id.as_deref());
                let other = place.record().is_some_and(other);
                let error = place.leave(error);
                Err(if other { error.without_kept() } else { error })
            }
        }
    }

    async fn run(
        &self,
        sink: &Sink<'_>,
        record: Option<&Record>,
        unpacks: bool,
        room: &(dyn Fn(u64) -> Result<(), Error> + Send + Sync),
    ) -> Result<Arrived, Error> {
        self.check_settings()?;
        let order = Order {
            storage: &self.storage,
            source: self.source,
            record,
            rules: Rules {
                stall_timeout: self.stall_timeout,
                min_rate: self.min_rate,
                inspect: &|head, total| {
                    let archive = self.is_to_be_unpacked() && is_zip(head);
                    match total {
                        // What comes out of it is on disk together with it, and is no smaller.
                        Some(total) if archive => room(total.saturating_mul(2)),
                        _ if archive => Ok(()),
                        _ => Finish::inspect(&self.content, &self.checks, head),
                    }
                },
                room,
                unpacks,
            },
            limits: self.limits,
            connections: self.connections,
            progress: &self.progress,
        };
        within(&span("download", &self.subject), transfer(&order, sink)).await
    }

    fn is_to_be_unpacked(&self) -> bool {
        #[cfg(feature = "zip")]
        if self.unpacks {
            return true;
        }
        matches!(self.content, Content::OneFile { .. })
    }

    fn check_settings(&self) -> Result<(), Error> {
        let zero = [
            ("stall_timeout", self.stall_timeout.is_zero()),
            ("attempts", self.limits.attempts == 0),
            ("connections", self.connections.most == 0),
        ];
        match zero.iter().find(|(_, is_zero)| *is_zero) {
            Some((name, _)) => Err(Error::new(
                ErrorKind::InvalidSetting,
                format!("{name} is 0: give more, or nothing can arrive"),
            )),
            None => Ok(()),
        }
    }

    /// What is left to do, for a thread that cannot be dropped with the future: it is told by the other
    /// value's being dropped.
    fn finish(self, folder: Option<&Path>) -> (Finish, Dropped) {
        #[cfg(not(feature = "zip"))]
        let _ = folder;
        let dropped = Dropped::default();
        let finish = Finish {
            content: self.content,
            checks: self.checks,
            #[cfg(feature = "zip")]
            limits: self.zip_limits,
            #[cfg(feature = "zip")]
            folder: folder.map(Path::to_path_buf),
            given_up: dropped.0.clone(),
        };
        (finish, dropped)
    }
}

fn spool() -> Result<File, Error> {
    tempfile::tempfile().map_err(no_spool)
}

fn no_spool(source: std::io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot use a temporary file").with_source(source)
}

fn cannot_pass_on(source: std::io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot write what arrived").with_source(source)
}
