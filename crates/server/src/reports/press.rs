//! Where documents are set: off the async threads, a few at once, with an end to every wait.

use super::told;
use crate::{
    error::{AppError, AppResult},
    web::Tr,
};
use pendopo_paper::{Limits, PaperError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a document may be.
pub const LIMITS: Limits = Limits { pages: 300, weight: 60_000 };

/// Documents set at the same time: each takes a core and up to two hundred megabytes while it lasts.
const AT_ONCE: usize = 2;
static SEATS: Semaphore = Semaphore::const_new(AT_ONCE);

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
    let set = tokio::task::spawn_blocking(move || {
        // Given back when the work is done, not when nobody waits for it any more.
        let _seat = seat;
        make()
    });
    let made = tokio::time::timeout(MAX_TIME, set).await.map_err(|_| busy())?.map_err(anyhow::Error::from)?;
    made.map_err(|error| told(&error, t))
}
