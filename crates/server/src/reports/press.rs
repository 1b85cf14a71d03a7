//! Where documents are set: off the async threads, a few at once, with an end to every wait.

use super::told;
use crate::{
    error::{AppError, AppResult},
    web::Tr,
};
use pendopo_paper::{Limits, PaperError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// How long a document may be.
pub const LIMITS: Limits = Limits { pages: 300, weight: 60_000 };

/// Documents set at the same time: each takes a core and up to two hundred megabytes while it lasts.
const AT_ONCE: usize = 2;
static SEATS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Boxes within boxes are set by calls within calls.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// How long somebody waits for a seat, and then for the document.
const WAIT: Duration = Duration::from_secs(8);
const MAX_TIME: Duration = Duration::from_secs(20);

/// Runs one piece of work at the press.
///
/// # Errors
/// [`AppError::Busy`] when others are at it for too long or the work takes too long; what [`told`] makes of the rest.
pub async fn work(
    t: Tr,
    make: impl FnOnce() -> Result<Vec<u8>, PaperError> + Send + 'static,
) -> AppResult<Vec<u8>> {
    let busy = || AppError::Busy(t.tr("paper-busy").into_owned());
    let seat = tokio::time::timeout(WAIT, SEATS.acquire()).await.map_err(|_| busy())?;
    let seat = seat.map_err(anyhow::Error::from)?;
    let (tell, told_of) = oneshot::channel();
    // A thread of its own: what a document leaves behind in the allocator is used by the next one, where the many
    // threads of the runtime would each keep some of it.
    let thread = std::thread::Builder::new().name("press".to_owned()).stack_size(STACK_BYTES);
    let started = thread.spawn(move || {
        // Given back when the work is done, not when nobody waits for it any more.
        let _seat = seat;
        // Nobody may be waiting any more; that is fine.
        let _ = tell.send(make());
    });
    started.map_err(anyhow::Error::from)?;
    let made = tokio::time::timeout(MAX_TIME, told_of).await.map_err(|_| busy())?;
    // The thread ended without a word: it panicked, and the log says where.
    made.map_err(anyhow::Error::from)?.map_err(|error| told(&error, t))
}
