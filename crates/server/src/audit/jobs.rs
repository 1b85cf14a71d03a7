//! What the server does for its audit log by itself: anchors at start, daily and at stop; verification at
//! start and every night.

use super::{Reason, verify::verify_and_keep};
use crate::app::App;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks at the clock.
const TICK: Duration = Duration::from_secs(20);
/// The night's verification begins at this hour of the center's day.
const NIGHT_HOUR: i8 = 1;

/// Anchors and verifies until `stopping` turns true.
pub async fn watch_chain(app: App, mut stopping: watch::Receiver<bool>) {
    let mut done = None;
    while !*stopping.borrow() {
        let (now, zone) = (app.clock().now(), app.identity().time_zone.clone());
        let due = night_of(now, &zone);
        if done != Some(due) {
            let why = if done.is_none() { Reason::Start } else { Reason::Daily };
            look_after(&app, why, now).await;
            done = Some(due);
        }
        tokio::select! {
            changed = stopping.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Writes what waits and anchors the end, when no more requests come.
pub async fn close(app: &App) {
    let owned = app.clone();
    let closed = tokio::task::spawn_blocking(move || {
        owned.audit().close();
        owned.audit().anchor(Reason::Stop)
    });
    match closed.await.map_err(anyhow::Error::from).and_then(|anchored| anchored) {
        Ok(Some(head)) => {
            tracing::info!(number = head.number, hash = %head.hash, "the audit log is anchored")
        }
        Ok(None) => {}
        Err(error) => tracing::error!(error = format!("{error:#}"), "the audit log could not be anchored"),
    }
}

async fn look_after(app: &App, why: Reason, now: Timestamp) {
    let owned = app.clone();
    let work = move || {
        owned.audit().anchor(why)?;
        verify_and_keep(owned.db(), owned.audit(), now.as_millisecond())
    };
    match tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from).and_then(|verified| verified) {
        Ok(verified) if verified.findings.count == 0 => {
            tracing::info!(
                entries = verified.last.number,
                witnesses = verified.witnesses,
                "the audit log is whole"
            );
        }
        Ok(verified) => {
            metrics::counter!("pendopo_audit_damage_total").increment(verified.findings.count);
            tracing::error!(findings = verified.findings.count, first = ?verified.findings.first.first(),
                "the audit log is damaged; run `pendopo audit verify`");
        }
        Err(error) => tracing::error!(error = format!("{error:#}"), "the audit log could not be verified"),
    }
}

/// The night that `now` belongs to: its day from the hour of verification on, else the day before.
fn night_of(now: Timestamp, zone: &TimeZone) -> Date {
    let local = zone.to_datetime(now);
    match local.hour() < NIGHT_HOUR {
        true => local.date().yesterday().unwrap_or(local.date()),
        false => local.date(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_begins_at_one_oclock_of_the_center() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let check = |at: &str, want: &str| {
            assert_eq!(night_of(at.parse().unwrap(), &zone).to_string(), want, "{at}");
        };
        check("2026-11-24T17:59:00Z", "2026-11-24");
        check("2026-11-24T18:00:00Z", "2026-11-25");
        check("2026-11-25T10:00:00Z", "2026-11-25");
    }
}
