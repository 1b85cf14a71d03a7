//! Hospital beds (RSUD): a bare array from a PHP script that calls its JSON `text/html`, behind an
//! `X-API-KEY`. The day before is kept as it stood at noon, today is counted each minute.

use super::Shared;
use crate::{
    model::{
        MARK, Model,
        beds::{WARDS, whole_minute},
    },
    secrets::BEDS_KEY,
};
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json as object};

/// Longest history given, in days.
const MAX_DAYS: i64 = 730;

/// Parameters of the list.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Days before today to give as well.
    riwayat: Option<i64>,
}

/// Lists beds by day, hospital and class.
pub async fn list_beds(State(world): Shared, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=UTF-8")];
    let given = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    if given != Some(world.secrets.get(BEDS_KEY)) {
        let body = object!({"status": false, "message": "API key salah"});
        return (StatusCode::FORBIDDEN, kind, body.to_string()).into_response();
    }
    let days = asked.riwayat.unwrap_or(0).clamp(0, MAX_DAYS);
    (kind, Value::from(rows(&world.model, world.now(), days)).to_string()).into_response()
}

/// The rows of the last `days` days and of today.
pub fn rows(model: &Model, now: Timestamp, days: i64) -> Vec<Value> {
    let local = model.local(whole_minute(now));
    (0..=days)
        .filter_map(|back| {
            let day = local.date().checked_sub(Span::new().days(back)).ok()?;
            Some(if back == 0 { local } else { day.at(12, 0, 0, 0) })
        })
        .flat_map(|at| {
            WARDS.iter().enumerate().map(move |(index, ward)| {
                let taken = model.beds_taken(index, at);
                object!({
                    "kode_rs": ward.hospital_code,
                    "rumah_sakit": ward.hospital,
                    "kelas": ward.class,
                    "kapasitas": ward.beds,
                    "terisi": taken,
                    "kosong": ward.beds - taken,
                    "waktu": at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                    "keterangan": MARK,
                })
            })
        })
        .collect()
}
