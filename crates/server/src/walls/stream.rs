//! What a screen hears: that it is still heard itself, that the next story's turn has come, that figures changed.
//! Commands of a phone travel here and nowhere else, so that they expire no page of anybody.

use super::{
    build::Screen,
    rules::shown,
    store::{self, Wall},
};
use crate::{
    app::App,
    error::AppResult,
    web::{OpenPage, PULSE, event_stream, retry_after},
};
use axum::response::{Response, sse::Event};
use jiff::Timestamp;
use std::time::Duration;
use tokio::{sync::watch, time};

/// Screens ask anew within this time, each at a moment of its own, milliseconds.
const SPREAD_MS: u32 = 200;

struct Ear {
    app: App,
    token_id: i64,
    steered: watch::Receiver<u64>,
    data: watch::Receiver<u64>,
    pulse: time::Interval,
    screen: Option<Screen>,
    /// What the screen was last told to show.
    told: Option<String>,
    greeted: bool,
    ended: bool,
    _open: OpenPage,
}

/// The stream of the screen with this key.
pub fn follow(app: App, token_id: i64) -> Response {
    let mut pulse = time::interval(PULSE);
    pulse.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let ear = Ear {
        steered: app.steered(),
        data: app.data_changes(),
        app,
        token_id,
        pulse,
        screen: None,
        told: None,
        greeted: false,
        ended: false,
        _open: OpenPage::new(),
    };
    event_stream(ear, Ear::next)
}

/// What a screen is, from the database; `None` once its key was revoked.
///
/// # Errors
/// The database's.
pub async fn read_screen(app: &App, token_id: i64) -> AppResult<Option<Screen>> {
    app.blocking(move |db| {
        db.read(|reader| {
            let Some(wall) = store::wall_of_token(reader, token_id)? else { return Ok(None) };
            let playlist = store::find_playlist(reader, &wall.playlist)?;
            let steering = store::read_steering(reader, &wall.playlist)?;
            Ok(Some(Screen { wall, playlist, steering }))
        })
    })
    .await
}

impl Screen {
    /// What is shown now: its key, and when that may change by itself.
    fn turn(&self, app: &App, now: Timestamp) -> (String, Option<Timestamp>) {
        let identity = app.identity();
        let shown =
            self.playlist.as_ref().and_then(|list| shown(list, &self.steering, now, &identity.time_zone));
        let Wall { part, .. } = self.wall;
        match shown {
            Some(shown) => (shown.key(&self.steering, part), Some(shown.changes_at)),
            None => ("-".to_owned(), None),
        }
    }
}

impl Ear {
    /// The time, by which the screen sets its clock.
    fn pulse_event(&self) -> Event {
        Event::default().event("pulse").data(self.app.clock().now().as_millisecond().to_string())
    }

    async fn next(mut self) -> Option<(Event, Ear)> {
        if self.ended {
            return None;
        }
        if !self.greeted {
            self.greeted = true;
            let event = self.pulse_event().retry(retry_after());
            return Some((event, self));
        }
        let closing = self.app.closing().clone();
        loop {
            let screen = match self.screen.take() {
                Some(screen) => screen,
                // A database that is busy for a moment ends the stream; the screen comes back by itself.
                None => match read_screen(&self.app, self.token_id).await.ok()? {
                    Some(screen) => screen,
                    None => {
                        self.ended = true;
                        return Some((Event::default().event("revoked").data("-"), self));
                    }
                },
            };
            let now = self.app.clock().now();
            let (key, changes_at) = screen.turn(&self.app, now);
            self.screen = Some(screen);
            if self.told.as_ref() != Some(&key) {
                self.told = Some(key.clone());
                return Some((Event::default().event("screen").data(key), self));
            }
            // A little later rather than a little too early, which would find nothing new.
            let left =
                changes_at.map_or(60_000, |at| (at.as_millisecond() - now.as_millisecond()).max(0) + 2);
            let left = Duration::from_millis(left.unsigned_abs());
            tokio::select! {
                () = closing.cancelled() => return None,
                steered = self.steered.changed() => {
                    steered.ok()?;
                    self.screen = None;
                }
                changed = self.data.changed() => {
                    changed.ok()?;
                    self.screen = None;
                    return Some((Event::default().event("change").data(SPREAD_MS.to_string()), self));
                }
                () = time::sleep(left) => {}
                _ = self.pulse.tick() => return Some((self.pulse_event(), self)),
            }
        }
    }
}
