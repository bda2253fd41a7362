//! Custom exports: created at once, produced in the background, finished when their time has come.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::artifact::Artifact;
use crate::id;

/// With more exports than this the oldest is forgotten, and its file deleted.
const MAX_EXPORTS: usize = 1_000;

/// The custom exports that can be asked about.
#[derive(Debug)]
pub(crate) struct Exports {
    job_time: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    exports: HashMap<String, Arc<Export>>,
    by_age: VecDeque<String>,
}

/// One custom export.
#[derive(Debug)]
pub(crate) struct Export {
    map: String,
    layer: String,
    /// As the request had them.
    pub(crate) filters: Vec<Value>,
    created: Instant,
    /// Set once, when producing has ended.
    pub(crate) outcome: OnceLock<Result<Arc<Artifact>, String>>,
}

/// How far an export is.
#[derive(Debug)]
pub(crate) enum Progress {
    Running,
    Completed(Arc<Artifact>),
    Failed,
}

impl Exports {
    pub(crate) fn new(job_time: Duration) -> Self {
        Self {
            job_time,
            table: Mutex::default(),
        }
    }

    /// Notes a new export, and gives its id.
    pub(crate) fn create(
        &self,
        map: &str,
        layer: &str,
        filters: Vec<Value>,
    ) -> Result<(String, Arc<Export>), getrandom::Error> {
        let id = id::felt_id()?;
        let export = Arc::new(Export {
            map: map.to_owned(),
            layer: layer.to_owned(),
            filters,
            created: Instant::now(),
            outcome: OnceLock::new(),
        });
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.by_age.len() >= MAX_EXPORTS
            && let Some(oldest) = table.by_age.pop_front()
        {
            table.exports.remove(&oldest);
        }
        table.by_age.push_back(id.clone());
        table.exports.insert(id.clone(), Arc::clone(&export));
        Ok((id, export))
    }

    /// An export of this layer; an id that belongs to another layer is none.
    pub(crate) fn find(&self, map: &str, layer: &str, id: &str) -> Option<Arc<Export>> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let export = table.exports.get(id)?;
        (export.map == map && export.layer == layer).then(|| Arc::clone(export))
    }

    /// How far an export is now.
    pub(crate) fn progress(&self, export: &Export) -> Progress {
        match export.outcome.get() {
            Some(outcome) if export.created.elapsed() >= self.job_time => match outcome {
                Ok(artifact) => Progress::Completed(Arc::clone(artifact)),
                Err(_) => Progress::Failed,
            },
            _ => Progress::Running,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_ends_when_it_is_produced_and_its_time_is_over() {
        let (soon, late) = (Exports::new(Duration::ZERO), Exports::new(Duration::MAX));
        for exports in [&soon, &late] {
            let (_, export) = exports.create("m", "l", Vec::new()).unwrap();
            assert!(matches!(exports.progress(&export), Progress::Running));
            export.outcome.set(Err(String::new())).unwrap();
            let over = matches!(exports.progress(&export), Progress::Failed);
            assert_eq!(over, std::ptr::eq(exports, &soon));
        }
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let exports = Exports::new(Duration::ZERO);
        let create = || exports.create("m", "l", Vec::new()).unwrap().0;
        let (first, second) = (create(), create());
        for _ in 2..=MAX_EXPORTS {
            create();
        }
        assert!(exports.find("m", "l", &first).is_none());
        assert!(exports.find("m", "l", &second).is_some());
        assert_eq!(exports.table.lock().unwrap().exports.len(), MAX_EXPORTS);
    }
}
