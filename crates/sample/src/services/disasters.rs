//! Disaster reports (BPBD): single events, newest first, behind HTTP Basic, paged by a cursor.

use super::{Shared, json, unavailable};
use crate::{
    mishaps::Service,
    model::{MARK, Model, disasters::Event},
    secrets::DISASTERS_PASSWORD,
};
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json as object};

/// Events of one page.
const PAGE: usize = 200;
/// The user that must be named.
const USER: &str = "pendopo";

/// Parameters of the list.
#[derive(Debug, Deserialize)]
pub struct Asked {
    cursor: Option<String>,
}

/// Lists events.
pub async fn list_events(State(world): Shared, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let now = world.now();
    if world.mishaps.late(now) == Some(Service::Disasters) {
        return unavailable();
    }
    let wanted = BASE64_STANDARD.encode(format!("{USER}:{}", world.secrets.get(DISASTERS_PASSWORD)));
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given.and_then(|value| value.strip_prefix("Basic ")) != Some(wanted.as_str()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Pusdalops\"")];
        let body = object!({"status": false, "message": "Silakan masuk."});
        return (StatusCode::UNAUTHORIZED, challenge, body.to_string()).into_response();
    }
    let bad_rows = world.mishaps.bad_rows(now) == Some(Service::Disasters);
    let cursor = asked.cursor.as_deref().filter(|cursor| !cursor.is_empty());
    // A cursor is the identifier of the last event seen. An unknown one is answered as this
    // application does: 200 and `status` false.
    let Ok(after) = cursor.map(str::parse::<i64>).transpose() else {
        return json(
            StatusCode::OK,
            &object!({"status": false, "message": "Kursor tidak dikenal.", "data": []}),
        );
    };
    json(StatusCode::OK, &page(&world.model, now, after, bad_rows))
}

/// The page after the event `after`.
pub fn page(model: &Model, now: Timestamp, after: Option<i64>, bad_rows: bool) -> Value {
    let events = model.disasters(now);
    let start = match after {
        None => 0,
        Some(id) => events.iter().position(|event| event.id == id).map_or(events.len(), |at| at + 1),
    };
    let shown = events.get(start..).unwrap_or_default();
    let more = shown.len() > PAGE;
    let shown = &shown[..shown.len().min(PAGE)];
    let mut rows: Vec<Value> = shown.iter().map(row).collect();
    if bad_rows && after.is_none() {
        rows.extend(bad(model, now));
    }
    let next = shown.last().filter(|_| more).map(|event| event.id.to_string());
    object!({
        "status": true,
        "message": MARK,
        "data": rows,
        "paging": {"next_cursor": next, "total": events.len()},
    })
}

fn row(event: &Event) -> Value {
    object!({
        "id": event.id,
        "waktu": event.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        "jenis": event.kind,
        "kode_wilayah": event.village.to_string(),
        "rumah_rusak": event.houses,
        "jiwa_terdampak": event.persons,
        "menit_tanggap": event.response_minutes,
        "keterangan": MARK,
    })
}

/// Events that must be refused: an unknown desa, words for a number, an impossible day and a negative
/// number.
fn bad(model: &Model, now: Timestamp) -> Vec<Value> {
    let local = model.local(now);
    let today = local.strftime("%Y-%m-%d 00:01:00").to_string();
    let village = model.villages.first().map_or_else(String::new, |found| found.code.to_string());
    let unknown =
        format!("{}.2999", model.districts.first().map_or_else(String::new, |d| d.code.to_string()));
    let event = |id: i64, at: &str, place: &str, persons: Value| {
        object!({
            "id": id, "waktu": at, "jenis": "Banjir", "kode_wilayah": place, "rumah_rusak": 1,
            "jiwa_terdampak": persons, "menit_tanggap": 30, "keterangan": MARK,
        })
    };
    vec![
        event(1, &today, &unknown, 4.into()),
        event(2, &today, &village, "banyak".into()),
        event(3, &format!("{}-02-30 10:00:00", local.year()), &village, 4.into()),
        event(4, &today, &village, (-12).into()),
    ]
}
