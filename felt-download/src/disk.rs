//! What arrives, on its way to the disk: a queue that is bounded in bytes, a thread that writes, and one that
//! syncs beside it.

use std::fs::File;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rangemap::RangeSet;
use tokio::sync::{Semaphore, mpsc::UnboundedReceiver, mpsc::UnboundedSender, oneshot};

use crate::os::write_all_at;
use crate::place::sync_folder;
use crate::record::Record;
use crate::target::Target;
use crate::{Error, ErrorKind};

/// Bytes between network and disk, for all connections together. More makes nothing faster.
const QUEUE: u32 = 512 * 1024;

/// After so many bytes it is remembered how far the part is, even if more are waiting to be written.
const SAVE_EACH: u64 = 256 * 1024;

/// After so many bytes, or so much time, they are brought to the disk. If that began at the end only, it
/// would take long then; and what is not synced is lost with the power.
const SYNC_EACH: u64 = 32 * 1024 * 1024;
const SYNC_AFTER: Duration = Duration::from_secs(10);

/// Where the bytes go.
#[derive(Debug)]
pub(crate) enum Place {
    /// A part, of which it is remembered how far it is.
    Target(Box<Target>),
    /// A file without a name.
    Temporary(File),
}

impl Place {
    /// A second handle on the file.
    pub(crate) fn file(&self) -> Result<File, Error> {
        match self {
            Self::Target(target) => target.part(),
            Self::Temporary(file) => file.try_clone().map_err(cannot_write),
        }
    }

    /// What tells what is in the file, where that is remembered: an open file, and the folder of both.
    fn memory(&self) -> Result<Option<(File, PathBuf)>, Error> {
        match self {
            Self::Target(target) => Ok(Some((target.sidecar()?, target.folder().to_path_buf()))),
            Self::Temporary(_) => Ok(None),
        }
    }

    fn start_over(&mut self, record: Record) -> Result<(), Error> {
        match self {
            Self::Target(target) => target.start_over(record),
            Self::Temporary(file) => file.set_len(0).map_err(cannot_write),
        }
    }

    fn save(&mut self) -> Result<(), Error> {
        match self {
            Self::Target(target) => target.save(),
            Self::Temporary(_) => Ok(()),
        }
    }

    /// What is known of it, where that is remembered.
    pub(crate) fn record(&self) -> Option<&Record> {
        match self {
            Self::Target(target) => Some(target.record()),
            Self::Temporary(_) => None,
        }
    }

    /// Gives it up because of an error.
    pub(crate) fn leave(self, error: Error) -> Error {
        match self {
            Self::Target(target) => target.leave(error),
            Self::Temporary(_) => error,
        }
    }

    fn record_mut(&mut self) -> Option<&mut Record> {
        match self {
            Self::Target(target) => Some(target.record_mut()),
            Self::Temporary(_) => None,
        }
    }
}

pub(crate) fn cannot_write(source: io::Error) -> Error {
    let message = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "cannot write what arrives, since the disk is full: make room, and download it again"
        }
        io::ErrorKind::FileTooLarge => {
            "cannot write what arrives, since the file is larger than may be here: choose another folder"
        }
        _ => "cannot write what arrives",
    };
    Error::new(ErrorKind::Disk, message).with_source(source)
}

enum Job {
    Write(u64, Bytes),
    StartOver(Box<Record>),
    Total(u64),
}

/// The thread is gone, and [`Disk::finish`] says why.
#[derive(Debug)]
pub(crate) struct Gone;

/// The way to the disk. Dropping it forgets what is not written yet, and waits for the write that is under
/// way, so that nobody writes any more afterwards.
#[derive(Debug)]
pub(crate) struct Disk {
    jobs: Option<UnboundedSender<Job>>,
    budget: Arc<Semaphore>,
    given_up: Arc<AtomicBool>,
    ended: oneshot::Receiver<()>,
    thread: Option<JoinHandle<Result<Place, Error>>>,
}

impl Disk {
    pub(crate) fn new(place: Place) -> Result<Self, Error> {
        let file = place.file()?;
        let (jobs, queue) = tokio::sync::mpsc::unbounded_channel();
        let (tell, ended) = oneshot::channel();
        let budget = Arc::new(Semaphore::new(QUEUE as usize));
        let given_up = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            syncer: Syncer::new(&file, place.memory()?)?,
            place,
            file,
            queue,
            budget: Budget(budget.clone()),
            given_up: given_up.clone(),
            unsaved: 0,
            unsynced: 0,
            synced_at: Instant::now(),
        };
        let thread = spawn("felt-write", move || {
            let _tell: oneshot::Sender<()> = tell;
            writer.run()
        })?;
        Ok(Self {
            jobs: Some(jobs),
            budget,
            given_up,
            ended,
            thread: Some(thread),
        })
    }

    /// Waits until there is room for the bytes in the queue, not until they are written.
    pub(crate) async fn write(&self, at: u64, bytes: Bytes) -> Result<(), Gone> {
        let permits = self.budget.acquire_many(cost(&bytes)).await;
        permits.map_err(|_| Gone)?.forget();
        self.tell(Job::Write(at, bytes))
    }

    /// Empties the file.
    pub(crate) fn start_over(&self, record: Record) -> Result<(), Gone> {
        self.tell(Job::StartOver(Box::new(record)))
    }

    /// The file will have so many bytes.
    pub(crate) fn has_total(&self, total: u64) -> Result<(), Gone> {
        self.tell(Job::Total(total))
    }

    fn tell(&self, job: Job) -> Result<(), Gone> {
        let jobs = self.jobs.as_ref().ok_or(Gone)?;
        jobs.send(job).map_err(|_| Gone)
    }

    /// Waits until everything is written.
    pub(crate) async fn finish(mut self) -> Result<Place, Error> {
        self.jobs = None;
        // An error is the news: the other end is dropped when the thread ends.
        let _ = (&mut self.ended).await;
        self.join()
    }

    fn join(&mut self) -> Result<Place, Error> {
        let stopped = || Error::new(ErrorKind::Disk, "the thread that writes has stopped");
        let thread = self.thread.take().ok_or_else(stopped)?;
        thread.join().map_err(|_| stopped())?
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
        self.jobs = None;
        // Whatever it says, nobody is there to hear it.
        let _ = self.join();
    }
}

fn cost(bytes: &Bytes) -> u32 {
    u32::try_from(bytes.len()).map_or(QUEUE, |bytes| bytes.min(QUEUE))
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    let thread = thread::Builder::new().name(name.to_string()).spawn(work);
    thread.map_err(|source| {
        Error::new(ErrorKind::Disk, "cannot start a thread that writes").with_source(source)
    })
}

/// Closed when the writer ends, so that nobody waits for it any more.
struct Budget(Arc<Semaphore>);

impl Drop for Budget {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Writer {
    place: Place,
    file: File,
    queue: UnboundedReceiver<Job>,
    budget: Budget,
    given_up: Arc<AtomicBool>,
    syncer: Syncer,
    unsaved: u64,
    unsynced: u64,
    synced_at: Instant,
}

impl Writer {
    fn run(mut self) -> Result<Place, Error> {
        match self.work() {
            Ok(()) => Ok(self.place),
            Err(error) => Err(self.place.leave(error)),
        }
    }

    fn work(&mut self) -> Result<(), Error> {
        while let Some(job) = self.queue.blocking_recv() {
            if self.given_up.load(Ordering::Relaxed) {
                break;
            }
            match job {
                Job::Write(at, bytes) => self.write(at, &bytes)?,
                Job::StartOver(record) => {
                    let synced = self.syncer.wait();
                    self.trusted(synced)?;
                    self.place.start_over(*record)?;
                    (self.unsaved, self.unsynced) = (0, 0);
                }
                Job::Total(total) => {
                    if let Some(record) = self.place.record_mut() {
                        record.has_total(total);
                    }
                    self.place.save()?;
                }
            }
        }
        self.place.save()?;
        if !self.given_up.load(Ordering::Relaxed) {
            let synced = self.syncer.wait();
            self.remember(synced)?;
        }
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &Bytes) -> Result<(), Error> {
        let written = write_all_at(&self.file, bytes, at);
        self.budget.0.add_permits(cost(bytes) as usize);
        written.map_err(cannot_write)?;
        let length = bytes.len() as u64;
        self.unsaved += length;
        self.unsynced += length;
        let Some(record) = self.place.record_mut() else {
            return Ok(());
        };
        record.wrote(at, length);
        let synced = self.syncer.news();
        self.remember(synced)?;
        let Some(record) = self.place.record() else {
            return Ok(());
        };
        let due = self.unsynced >= SYNC_EACH || self.synced_at.elapsed() >= SYNC_AFTER;
        if due && self.syncer.start(record.there()) {
            self.unsynced = 0;
            self.synced_at = Instant::now();
        }
        if self.unsaved >= SAVE_EACH || self.queue.is_empty() {
            self.place.save()?;
            self.unsaved = 0;
        }
        Ok(())
    }
}

impl Writer {
    /// What is on disk by now, if a sync has told.
    fn remember(&mut self, synced: Result<Option<RangeSet<u64>>, Error>) -> Result<(), Error> {
        let synced = self.trusted(synced)?;
        if let (Some(synced), Some(record)) = (synced, self.place.record_mut()) {
            record.synced(synced);
        }
        Ok(())
    }

    /// What a sync has told. If it failed, what was written since the last one is not to be trusted.
    fn trusted<T>(&mut self, synced: Result<T, Error>) -> Result<T, Error> {
        if synced.is_err()
            && let Some(record) = self.place.record_mut()
        {
            record.distrust();
        }
        synced
    }
}

/// Syncs the file while others go on to write it.
struct Syncer {
    orders: mpsc::Sender<()>,
    done: mpsc::Receiver<io::Result<()>>,
    /// What was written when the sync that is under way began.
    under_way: Option<RangeSet<u64>>,
}

impl Syncer {
    /// `memory` is synced together with the file: it tells what earlier syncs have brought to the disk.
    fn new(file: &File, mut memory: Option<(File, PathBuf)>) -> Result<Self, Error> {
        let file = file.try_clone().map_err(cannot_write)?;
        let (orders, ordered) = mpsc::channel();
        let (tell, done) = mpsc::channel();
        // It ends with the orders. Nobody has to wait for that: a sync harms nobody.
        spawn("felt-sync", move || {
            while let Ok(()) = ordered.recv() {
                let mut done = file.sync_data();
                if let Some((sidecar, folder)) = &mut memory {
                    done = done.and_then(|()| sidecar.sync_data());
                    // Once is enough for the names.
                    if !folder.as_os_str().is_empty() {
                        sync_folder(&std::mem::take(folder));
                    }
                }
                if tell.send(done).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self {
            orders,
            done,
            under_way: None,
        })
    }

    /// Begins, unless one is under way.
    fn start(&mut self, written: &RangeSet<u64>) -> bool {
        let starts = self.under_way.is_none() && self.orders.send(()).is_ok();
        if starts {
            self.under_way = Some(written.clone());
        }
        starts
    }

    /// What is on disk, if a sync has ended.
    fn news(&mut self) -> Result<Option<RangeSet<u64>>, Error> {
        match self.done.try_recv() {
            Ok(done) => self.ended(done),
            Err(_) => Ok(None),
        }
    }

    /// Waits for the sync that is under way. Its failure is told to nobody else: the system reports each
    /// one once.
    fn wait(&mut self) -> Result<Option<RangeSet<u64>>, Error> {
        if self.under_way.is_none() {
            return Ok(None);
        }
        match self.done.recv() {
            Ok(done) => self.ended(done),
            Err(_) => Ok(None),
        }
    }

    fn ended(&mut self, done: io::Result<()>) -> Result<Option<RangeSet<u64>>, Error> {
        let written = mem::take(&mut self.under_way);
        done.map_err(cannot_write)?;
        Ok(written)
    }
}
