//! Custom exports: created at once, produced in the background, finished when their time has come.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::task::AbortHandle;

use crate::artifact::Artifact;
use crate::id;

/// With more exports than this the oldest is forgotten.
const MAX_EXPORTS: usize = 10_000;
/// The same for the bytes of the filters that they remember.
const MAX_FILTERS: usize = 64 << 20;

/// The custom exports that can be asked about.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    /// How long an export takes, beside the time that producing takes.
    delay: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    exports: HashMap<String, Arc<Export>>,
    by_age: VecDeque<String>,
    /// The size of all filters.
    filters: usize,
}

/// One custom export.
#[derive(Debug)]
pub(crate) struct Export {
    map: String,
    layer: String,
    /// As the request had them.
    pub(crate) filters: Arc<RawValue>,
    /// Set once, when it is known how it ends.
    outcome: OnceLock<Outcome>,
    /// It fails, whatever comes of it.
    fails: AtomicBool,
    /// Stops producing when nobody can ask about the export any more.
    work: OnceLock<AbortHandle>,
}

/// What became of it: a file, unless there is none.
type Outcome = Result<Weak<Artifact>, String>;

/// How far an export is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Or in the queue: the specification does not tell them apart.
    Running,
    Completed(Arc<Artifact>),
    Failed,
    /// It was completed, but its file is no longer there.
    Expired,
}

impl Exports {
    pub(crate) fn new(delay: Duration) -> Self {
        Self {
            delay,
            table: Mutex::default(),
        }
    }

    /// Notes a new export, and gives its id.
    pub(crate) fn create(
        &self,
        map: &str,
        layer: &str,
        filters: Arc<RawValue>,
    ) -> Result<(String, Arc<Export>), getrandom::Error> {
        let id = id::felt_id()?;
        let export = Arc::new(Export {
            map: map.to_owned(),
            layer: layer.to_owned(),
            filters,
            outcome: OnceLock::new(),
            fails: AtomicBool::new(false),
            work: OnceLock::new(),
        });
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.filters += export.size();
        table.by_age.push_back(id.clone());
        table.exports.insert(id.clone(), Arc::clone(&export));
        while (table.by_age.len() > MAX_EXPORTS || table.filters > MAX_FILTERS)
            && let Some(oldest) = table.by_age.pop_front()
            && let Some(export) = table.exports.remove(&oldest)
        {
            table.filters -= export.size();
        }
        Ok((id, export))
    }

    /// Has the work done for an export when its time has come, so that no file lies there before it can be had. The
    /// work may be given up at any await.
    pub(crate) fn work<W>(&self, export: &Arc<Export>, work: W)
    where
        W: Future<Output = Result<Arc<Artifact>, String>> + Send + 'static,
    {
        let delay = self.delay;
        // What is on the stack of a task stays as long as there is a handle to it; this goes when it has ended.
        let work = Box::pin(work);
        // Otherwise the work would keep alive what is to stop it.
        let weak = Arc::downgrade(export);
        let task = tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let outcome = work.await;
            if let Some(export) = weak.upgrade() {
                export.end(outcome.map(|file| Arc::downgrade(&file)));
            }
        });
        // Only the first task counts, and there is no second.
        let _ = export.work.set(task.abort_handle());
    }

    /// An export of this layer; an id that belongs to another layer is none.
    pub(crate) fn find(&self, map: &str, layer: &str, id: &str) -> Option<Arc<Export>> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let export = table.exports.get(id)?;
        (export.map == map && export.layer == layer).then(|| Arc::clone(export))
    }
}

impl Export {
    /// From now on it has failed.
    pub(crate) fn fail(&self) {
        self.fails.store(true, Ordering::Relaxed);
    }

    /// How far it is now.
    pub(crate) fn progress(&self) -> Progress {
        if self.fails.load(Ordering::Relaxed) {
            return Progress::Failed;
        }
        match self.outcome.get() {
            None => Progress::Running,
            Some(Err(_)) => Progress::Failed,
            Some(Ok(file)) => file
                .upgrade()
                .map_or(Progress::Expired, Progress::Completed),
        }
    }

    /// It ends like this, unless it has ended.
    fn end(&self, outcome: Outcome) {
        let _ = self.outcome.set(outcome);
    }

    fn size(&self) -> usize {
        self.filters.get().len()
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Some(work) = self.work.get() {
            work.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(length: usize) -> Arc<RawValue> {
        let text = format!("[{}]", " ".repeat(length));
        RawValue::from_string(text).unwrap().into()
    }

    fn exports() -> Exports {
        Exports::new(Duration::ZERO)
    }

    #[tokio::test(start_paused = true)]
    async fn an_export_ends_when_its_time_is_over_and_it_is_produced() {
        let exports = Exports::new(Duration::from_secs(60));
        let (_, export) = exports.create("m", "l", filters(0)).unwrap();
        let (produce, produced) = tokio::sync::oneshot::channel();
        exports.work(&export, async move { produced.await.unwrap() });
        produce.send(Err(String::new())).unwrap();
        tokio::time::sleep(Duration::from_millis(59_900)).await;
        assert!(matches!(export.progress(), Progress::Running));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(matches!(export.progress(), Progress::Failed));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let exports = exports();
        let create = || exports.create("m", "l", filters(0)).unwrap().0;
        let (first, second) = (create(), create());
        for _ in 2..=MAX_EXPORTS {
            create();
        }
        assert!(exports.find("m", "l", &first).is_none());
        assert!(exports.find("m", "l", &second).is_some());
        assert_eq!(exports.table.lock().unwrap().exports.len(), MAX_EXPORTS);
    }

    #[test]
    fn large_filters_push_the_oldest_out_sooner() {
        let exports = exports();
        let create = || {
            exports
                .create("m", "l", filters(MAX_FILTERS / 4))
                .unwrap()
                .0
        };
        let ids: Vec<String> = (0..4).map(|_| create()).collect();
        assert!(exports.find("m", "l", &ids[0]).is_none());
        assert!(exports.find("m", "l", &ids[1]).is_some());
    }

    #[tokio::test]
    async fn what_nobody_can_ask_about_is_not_worked_at() {
        let exports = exports();
        let (id, export) = exports.create("m", "l", filters(0)).unwrap();
        let (held, dropped) = tokio::sync::oneshot::channel::<()>();
        exports.work(&export, async move {
            let _held = held;
            std::future::pending().await
        });
        drop(export);
        exports.table.lock().unwrap().exports.remove(&id);
        // An error is the news that the work was dropped.
        dropped.await.unwrap_err();
    }
}
