//! Finished files, for as long as they can be had.
//!
//! Everything else that knows of a file knows it weakly: what leaves the shelf is deleted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::artifact::Artifact;

/// With more bytes than this the files that nobody has asked for the longest go, until the newest is the only one.
const MAX_BYTES: u64 = 4 << 30;

/// Where finished files stand.
#[derive(Debug)]
pub(crate) struct Shelf {
    ttl: Duration,
    max_bytes: u64,
    /// The one that was asked for last is the last.
    files: Mutex<VecDeque<(Instant, Arc<Artifact>)>>,
}

impl Shelf {
    /// `ttl` is how long a file stands there without being asked for.
    pub(crate) fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            max_bytes: MAX_BYTES,
            files: Mutex::default(),
        }
    }

    /// Puts a file there.
    pub(crate) fn put(&self, file: Artifact) -> Arc<Artifact> {
        let file = Arc::new(file);
        let mut files = self.files();
        files.push_back((Instant::now(), Arc::clone(&file)));
        let mut bytes: u64 = files.iter().map(|(_, file)| file.size).sum();
        while bytes > self.max_bytes
            && files.len() > 1
            && let Some((_, oldest)) = files.pop_front()
        {
            bytes -= oldest.size;
        }
        file
    }

    /// The file has been asked for.
    pub(crate) fn touch(&self, file: &Arc<Artifact>) {
        let mut files = self.files();
        if let Some(at) = files.iter().position(|(_, known)| Arc::ptr_eq(known, file)) {
            files.remove(at);
            files.push_back((Instant::now(), Arc::clone(file)));
        }
    }

    /// Takes away what has stood there for too long.
    pub(crate) fn sweep(&self) {
        let mut files = self.files();
        while files
            .front()
            .is_some_and(|(since, _)| since.elapsed() >= self.ttl)
        {
            files.pop_front();
        }
    }

    /// Sweeps again and again, about as often as it takes for nothing to stay much longer than it should.
    pub(crate) async fn sweep_at_times(&self) {
        let pause = (self.ttl / 8).clamp(Duration::from_millis(20), Duration::from_secs(30));
        loop {
            tokio::time::sleep(pause).await;
            self.sweep();
        }
    }

    fn files(&self) -> MutexGuard<'_, VecDeque<(Instant, Arc<Artifact>)>> {
        // Nothing that is done under the lock is left half done by a panic.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::time::UNIX_EPOCH;

    use super::*;

    fn file(size: u64) -> Artifact {
        Artifact {
            path: "/nowhere/at/all".into(),
            name: "parsed.gpkg",
            uuid: String::new(),
            media_type: "",
            etag: String::new(),
            modified: UNIX_EPOCH,
            size,
        }
    }

    fn put(shelf: &Shelf, size: u64) -> Weak<Artifact> {
        Arc::downgrade(&shelf.put(file(size)))
    }

    #[test]
    fn time_takes_files_away_but_not_before() {
        for (ttl, stays) in [(Duration::ZERO, false), (Duration::MAX, true)] {
            let shelf = Shelf::new(ttl);
            let file = put(&shelf, 1);
            shelf.sweep();
            assert_eq!(file.upgrade().is_some(), stays);
        }
    }

    #[test]
    fn what_was_not_asked_for_the_longest_makes_room() {
        let mut shelf = Shelf::new(Duration::MAX);
        shelf.max_bytes = 10;
        let (first, second) = (put(&shelf, 4), put(&shelf, 4));
        shelf.touch(&first.upgrade().unwrap());
        let third = put(&shelf, 4);
        assert!(second.upgrade().is_none());
        assert!(first.upgrade().is_some() && third.upgrade().is_some());
        // What is larger than the shelf stands there alone.
        let large = put(&shelf, 11);
        assert!(first.upgrade().is_none() && third.upgrade().is_none());
        assert!(large.upgrade().is_some());
    }
}
