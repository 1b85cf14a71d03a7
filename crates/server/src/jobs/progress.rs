//! How far running work is, for pages that watch it and for bars on the command line.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a run is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting for a free place.
    #[default]
    Waiting,
    /// Asking the service; `done` counts bytes.
    Fetching,
    /// Reading rows; `done` counts rows.
    Reading,
    /// Writing figures; `total` counts figures.
    Storing,
    /// Over.
    Finished,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Step {
    /// What it is busy with.
    pub stage: Stage,
    /// Done so far, in the stage's unit.
    pub done: u64,
    /// In all, when known.
    pub total: Option<u64>,
}

impl Stage {
    /// The word used in the API and as a key of messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Waiting => "waiting",
            Stage::Fetching => "fetching",
            Stage::Reading => "reading",
            Stage::Storing => "storing",
            Stage::Finished => "finished",
        }
    }
}

/// Everything that runs in this process, by key. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<BTreeMap<i64, Entry>>>);

#[derive(Debug)]
struct Entry {
    step: watch::Receiver<Step>,
    cancel: CancellationToken,
}

/// One piece of running work; it leaves the list when dropped.
#[derive(Debug)]
pub struct Running {
    list: Progress,
    key: i64,
    step: watch::Sender<Step>,
    cancel: CancellationToken,
}

impl Progress {
    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<i64, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters work under `key`, such as a run's id.
    pub fn enter(&self, key: i64, cancel: CancellationToken) -> Running {
        let (step, receiver) = watch::channel(Step::default());
        self.entries().insert(key, Entry { step: receiver, cancel: cancel.clone() });
        Running { list: self.clone(), key, step, cancel }
    }

    /// How far the work is; `None` when it does not run in this process.
    pub fn of(&self, key: i64) -> Option<Step> {
        self.entries().get(&key).map(|entry| *entry.step.borrow())
    }

    /// Everything that runs.
    pub fn all(&self) -> Vec<(i64, Step)> {
        self.entries().iter().map(|(key, entry)| (*key, *entry.step.borrow())).collect()
    }

    /// A receiver that is told each step.
    #[cfg(test)]
    pub fn watch(&self, key: i64) -> Option<watch::Receiver<Step>> {
        self.entries().get(&key).map(|entry| entry.step.clone())
    }

    /// Asks the work to stop; `false` when it does not run in this process.
    pub fn cancel(&self, key: i64) -> bool {
        let entries = self.entries();
        let found = entries.get(&key);
        if let Some(entry) = found {
            entry.cancel.cancel();
        }
        found.is_some()
    }
}

impl Running {
    /// Says how far the work is.
    pub fn set(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.step.send_replace(Step { stage, done, total });
    }

    /// A receiver that is told each step.
    pub fn watch(&self) -> watch::Receiver<Step> {
        self.step.subscribe()
    }

    /// Asks for an early end.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let last = *self.step.borrow();
        self.step.send_replace(Step { stage: Stage::Finished, ..last });
        self.list.entries().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_listed_while_it_lasts() {
        let progress = Progress::default();
        let running = progress.enter(7, CancellationToken::new());
        running.set(Stage::Reading, 10, Some(20));
        let watcher = progress.watch(7).unwrap();
        assert_eq!(progress.of(7), Some(Step { stage: Stage::Reading, done: 10, total: Some(20) }));
        assert!(progress.cancel(7) && running.cancel().is_cancelled() && !progress.cancel(8));
        drop(running);
        assert_eq!(
            (progress.of(7), watcher.borrow().stage, progress.all().len()),
            (None, Stage::Finished, 0)
        );
    }
}
