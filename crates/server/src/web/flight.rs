//! One rendering of a page at a time: when a page that many read has expired, the first who asks has it
//! rendered and the others wait for it, instead of all rendering the same.

use super::cache::PageKey;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// The pages being rendered.
#[derive(Clone, Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<PageKey, watch::Receiver<bool>>>>);

/// What somebody who needs a page does.
pub(super) enum Turn {
    /// Renders it; the flight lasts until this is dropped.
    First(Flight),
    /// Was told by the first that the page is there, or that it came to nothing.
    Others {
        /// Whether the page is in the cache now.
        landed: bool,
    },
}

/// The first one's task.
pub(super) struct Flight {
    flights: Flights,
    key: PageKey,
    landed: watch::Sender<bool>,
}

impl Flights {
    /// Begins the rendering of a page, or waits for the one who has begun it.
    pub(super) async fn turn(&self, key: &PageKey) -> Turn {
        let mut waiting = {
            let mut flying = self.lock();
            match flying.entry(key.clone()) {
                Entry::Occupied(entry) => entry.get().clone(),
                Entry::Vacant(entry) => {
                    let (landed, waiting) = watch::channel(false);
                    entry.insert(waiting);
                    return Turn::First(Flight { flights: self.clone(), key: key.clone(), landed });
                }
            }
        };
        // An error says that the flight ended without landing: its page could not be rendered, or its reader
        // went away.
        let landed = waiting.wait_for(|landed| *landed).await.is_ok();
        Turn::Others { landed }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PageKey, watch::Receiver<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Says that the page is in the cache.
    pub(super) fn land(&self) {
        self.landed.send_replace(true);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}
