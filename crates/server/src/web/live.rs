//! Open pages follow the center: one stream of events for each, over which it says that something shown has
//! changed, and every few seconds that it is still there. What changed is not said: the page asks anew, as
//! whoever it is, and so sees what its reader may see.

use super::{
    access::Routes,
    assets::asset_url,
    format::{TimeStyle, format_time},
    i18n::Tr,
    language::UiLang,
    layout::short_place,
};
use crate::app::App;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::stream;
use pendopo_vocab::Lang;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

/// Where the stream is.
pub const LIVE_PATH: &str = "/langsung";

/// Between two signs of life of a stream. A page or a screen that has heard nothing for twice as long says so.
pub const PULSE: Duration = Duration::from_secs(5);
/// Changes that follow each other within this time are told as one.
const REST: Duration = Duration::from_millis(500);
/// Pages ask anew within this time after a change, each at a moment of its own, milliseconds.
const SPREAD_MS: u32 = 300;
/// The same after a restart, when all come back at once.
const SPREAD_AFTER_RESTART_MS: u32 = 3000;
/// A page whose stream broke comes back after so long, and up to twice as long, milliseconds.
const RETRY_MS: u64 = 1500;

/// The stream, and what makes the center an app on a phone.
pub fn routes() -> Routes {
    Routes::new().get(LIVE_PATH, follow).get("/manifest.webmanifest", show_manifest)
}

/// What the page knows already.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    /// The version of the data that it shows.
    sejak: Option<u64>,
}

/// What one page hears.
struct Listener {
    app: App,
    changes: watch::Receiver<u64>,
    pulse: time::Interval,
    lang: Lang,
    /// The version that the page knows.
    known: Option<u64>,
    greeted: bool,
    /// The version before this program began was another program's.
    from_before: bool,
    /// When the page was last told of a change.
    told: Instant,
    _open: OpenPage,
}

/// Counts an open stream for as long as it lives.
pub struct OpenPage(());

impl OpenPage {
    /// One more.
    pub fn new() -> OpenPage {
        metrics::gauge!("pendopo_live_pages").increment(1);
        OpenPage(())
    }
}

impl Drop for OpenPage {
    fn drop(&mut self) {
        metrics::gauge!("pendopo_live_pages").decrement(1);
    }
}

/// The stream of one page. `Last-Event-ID`, or `sejak` of a page that begins, says what it knows.
pub(super) async fn follow(
    State(app): State<App>,
    UiLang(lang): UiLang,
    Query(known): Query<Known>,
    headers: HeaderMap,
) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let changes = app.data_changes();
    let known = last.or(known.sejak);
    let mut pulse = time::interval_at(Instant::now() + PULSE, PULSE);
    pulse.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let listener = Listener {
        pulse,
        from_before: known.is_some_and(|known| known < app.first_version()),
        app,
        changes,
        lang,
        known,
        greeted: false,
        told: Instant::now() - REST,
        _open: OpenPage::new(),
    };
    event_stream(listener, Listener::next)
}

/// A page whose stream broke comes back after so long: not all of them at once.
pub fn retry_after() -> Duration {
    Duration::from_millis(RETRY_MS + rand::random_range(0..RETRY_MS))
}

/// An answer of events without an end, made one after the other by `next`.
pub fn event_stream<S, N>(state: S, next: impl Fn(S) -> N + Send + 'static) -> Response
where
    S: Send + 'static,
    N: Future<Output = Option<(Event, S)>> + Send + 'static,
{
    let events = stream::unfold(state, move |state| {
        let made = next(state);
        async move { made.await.map(|(event, state)| (Ok::<_, Infallible>(event), state)) }
    });
    let mut answer = Sse::new(events).into_response();
    // A proxy that keeps answers until they are whole would keep this one for ever.
    answer.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

impl Listener {
    async fn next(mut self) -> Option<(Event, Listener)> {
        if !self.greeted {
            self.greeted = true;
            let event = self.pulse_event().retry(retry_after());
            return Some((event, self));
        }
        let closing = self.app.closing().clone();
        loop {
            let now = *self.changes.borrow_and_update();
            if *self.known.get_or_insert(now) != now {
                tokio::select! {
                    () = closing.cancelled() => return None,
                    () = time::sleep_until(self.told + REST) => {}
                }
                let event = self.change_event();
                return Some((event, self));
            }
            tokio::select! {
                () = closing.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
                _ = self.pulse.tick() => return Some((self.pulse_event(), self)),
            }
        }
    }

    fn change_event(&mut self) -> Event {
        let now = *self.changes.borrow_and_update();
        self.known = Some(now);
        self.told = Instant::now();
        let spread = if self.from_before { SPREAD_AFTER_RESTART_MS } else { SPREAD_MS };
        self.from_before = false;
        Event::default().event("change").id(now.to_string()).data(spread.to_string())
    }

    fn pulse_event(&self) -> Event {
        let zone = &self.app.identity().time_zone;
        let now = format_time(self.app.clock().now(), zone, TimeStyle::Full, self.lang);
        let event = Event::default().event("pulse").data(now);
        match self.known {
            Some(known) => event.id(known.to_string()),
            None => event,
        }
    }
}

/// The web app manifest: name, look and first page of the center as an app.
async fn show_manifest(State(app): State<App>, UiLang(lang): UiLang) -> Response {
    let identity = app.identity();
    let icon = |purpose: &str| serde_json::json!({"src": asset_url("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": purpose});
    let manifest = serde_json::json!({
        "id": "/",
        "name": format!("Pendopo {}", short_place(&identity.name)),
        "short_name": "Pendopo",
        "description": Tr(lang).tr("app-description"),
        "lang": lang.tag(),
        "start_url": "/hari-ini",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf8f4",
        "theme_color": "#8a5a2b",
        "icons": [icon("any"), icon("maskable")],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response()
}
