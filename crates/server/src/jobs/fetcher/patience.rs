//! How often and how soon something is asked again: one policy for services, files and databases.

use super::{Bounds, FetchFailure, FetchProblem};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::{future::Future, time::Duration};
use tokio::time::Instant;

/// Pauses that double from `retry_pause`, with jitter; as many as there are further attempts.
pub(super) fn pauses(bounds: &Bounds) -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(bounds.retry_pause)
        .with_max_delay(Duration::from_secs(30))
        .with_max_times(bounds.attempts.saturating_sub(1))
        .with_jitter()
        .build()
}

/// Makes `attempt` until it succeeds, fails for good, or attempts or time run out.
pub(super) async fn again<T, F>(
    bounds: &Bounds,
    deadline: Instant,
    mut attempt: impl FnMut() -> F,
) -> Result<T, FetchFailure>
where
    F: Future<Output = Result<T, FetchFailure>>,
{
    let mut pauses = pauses(bounds);
    loop {
        let failure = match attempt().await {
            Err(FetchFailure::Fetch(problem)) if problem.is_passing() => problem,
            done => return done,
        };
        match pauses.next() {
            Some(pause) if Instant::now() + pause < deadline => wait(&failure, pause).await,
            _ => return Err(failure.into()),
        }
    }
}

/// Waits before the next attempt.
pub(super) async fn wait(problem: &FetchProblem, pause: Duration) {
    tracing::info!(problem = problem.code(), pause_ms = pause.as_millis() as u64, "asking again");
    tokio::time::sleep(pause).await;
}
