//! What accounts do by themselves: write down when sessions were last used, forget old ones, and print
//! the link for the first account.

use super::{Door, invitations, store};
use crate::app::App;
use pendopo_figures::DbError;
use pendopo_vocab::DAY_MS;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

const PAUSE: Duration = Duration::from_secs(30);
/// Ended sessions are kept this long, so that their owner can look back.
const KEPT_MS: i64 = 30 * DAY_MS;
/// Minutes for which the link for the first account works.
pub const SETUP_MINS: i64 = 30;

/// Looks after sessions until told to stop.
pub async fn run_housekeeping(app: App, door: Arc<Door>, mut stopping: watch::Receiver<bool>) {
    loop {
        let stop = tokio::select! {
            _ = stopping.changed() => true,
            () = tokio::time::sleep(PAUSE) => false,
        };
        if let Err(error) = door.write_down(&app).await {
            tracing::warn!(%error, "cannot note when sessions were used");
        }
        let before = app.clock().now().as_millisecond().saturating_sub(KEPT_MS);
        let forgotten = app.blocking(move |db| {
            let old: i64 = db.read(|reader| {
                let sql = "select count(*) from session where ended_at < $1 or expires_at < $1";
                reader.query_one(sql, &[before.into()], |row| row.get(0))
            })?;
            // Nothing to do most of the time: no write transaction for that.
            if old == 0 { Ok(0) } else { db.write(|tx| store::session::forget_sessions(tx, before)) }
        });
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "cannot forget old sessions");
        }
        if stop {
            return;
        }
    }
}

/// A fresh link by which the first account is made, as a path; `None` once there is an account.
///
/// # Errors
/// The database's.
pub fn setup_path(app: &App) -> anyhow::Result<Option<String>> {
    let secret = super::secret::Secret::new("")?;
    let (hash, now_ms) = (secret.hash(), app.clock().now().as_millisecond());
    let made = app.db().write(|tx| {
        if store::account::count_accounts(tx)? > 0 {
            return Ok::<bool, DbError>(false);
        }
        let until = now_ms + SETUP_MINS * 60_000;
        store::invitation::add_invitation(tx, &hash, None, "pendopo", now_ms, until)?;
        Ok(true)
    })?;
    Ok(made.then(|| invitations::path_of(&secret)))
}
