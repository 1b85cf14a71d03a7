//! `POST /api/v1/sources/{code}/rows`: rows that an agency's program sends by itself.

use super::runs::RefusedRow;
use crate::{
    app::App,
    audit::Actor,
    error::{AppError, AppResult},
    runs::store as ledger,
    sources::{
        jobs::{Pushed, Receipt, push_rows},
        receipts,
    },
    web::Who,
};
use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use pendopo_figures::{Reader, RunStatus};
use pendopo_vocab::{Lang, Scope};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The route, for those who bound what may be sent to it.
pub const ROUTE: &str = "/api/v1/sources/{code}/rows";
/// By which a program says that it sends the same thing again.
const KEY: &str = "idempotency-key";
/// Longest key, in characters.
const MOST_KEY: usize = 200;
/// Refused rows told with the answer; the rest is on the run's page.
const MOST_REFUSED: i64 = 20;

/// What came of rows that were sent. It is told once everything is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushedRows {
    /// Number of the run.
    pub run: i64,
    /// Rows accepted.
    pub accepted: i64,
    /// Rows refused; they are kept aside until somebody has looked at them.
    pub refused: i64,
    /// Rows that said the same thing twice.
    pub repeated: i64,
    /// Figures that were new.
    pub added: i64,
    /// Figures that differ from their last revision.
    pub revised: i64,
    /// Figures already known.
    pub same: i64,
    /// The first refused rows.
    pub refused_rows: Vec<RefusedRow>,
}

/// Takes rows of the caller's source: an array of JSON objects, or CSV with a header line. With
/// `Idempotency-Key` the same rows may be sent again and again: they have one effect, and the answer is the same.
#[utoipa::path(post, path = "/api/v1/sources/{code}/rows", tag = "sources",
    params(("code" = String, Path, description = "Code of the source"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 visible ASCII characters, new for every new body; known for 30 days")),
    request_body(content(
        (Vec<std::collections::HashMap<String, serde_json::Value>> = "application/json"),
        (String = "text/csv"))),
    responses((status = 201, body = PushedRows, description = "Applied and kept"),
        (status = 404, body = super::Problem, content_type = "application/problem+json", description = "The token is not for a source of this code"),
        (status = 409, body = super::Problem, content_type = "application/problem+json", description = "A run of the source is going on; send the same again"),
        (status = 413, body = super::Problem, content_type = "application/problem+json", description = "Larger than the center takes at once"),
        (status = 415, body = super::Problem, content_type = "application/problem+json", description = "Neither `application/json` nor `text/csv`"),
        (status = 422, body = super::Problem, content_type = "application/problem+json", description = "Nothing was applied: too many refused rows, missing columns, not readable, or the key was used for another body. With the fields of a good answer where there was a run")))]
pub async fn rows(
    State(app): State<App>,
    who: Who,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> AppResult<Response> {
    // A token of another source learns nothing of this one.
    if who.0.source.as_deref() != Some(code.as_str()) {
        return Err(AppError::NotFound(format!("source `{code}`")));
    }
    let csv = is_csv(&headers)?;
    let key = key_of(&headers)?;
    let most = app.config().web.limits.max_push_bytes;
    let bytes = to_bytes(body, most).await.map_err(|error| unread(&error, most))?;
    let receipt = key.map(|key| receipt(&key, csv, &bytes));
    if let Some(run_id) = known_run(&app, &code, receipt.as_ref()).await? {
        return answer(&app, &code, run_id).await;
    }
    let run_id = push_rows(&app, &code, Actor::from(&*who.0), Pushed { csv, bytes }, receipt).await?;
    answer(&app, &code, run_id).await
}

/// Why a body could not be read to its end: only one that is too large is told so.
fn unread(error: &axum::Error, most: usize) -> AppError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<LengthLimitError>() {
            return AppError::TooLarge(format!("at most {} KiB are taken at once; send less", most / 1024));
        }
        cause = inner.source();
    }
    AppError::Invalid("the body broke off; send the same again".to_owned())
}

fn is_csv(headers: &HeaderMap) -> AppResult<bool> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(true),
        "application/json" => Ok(false),
        other => Err(AppError::WrongKind(format!("`{other}`: send application/json or text/csv"))),
    }
}

fn key_of(headers: &HeaderMap) -> AppResult<Option<String>> {
    let wrong = || AppError::Invalid(format!("{KEY}: 1 to {MOST_KEY} visible ASCII characters, once"));
    let mut all = headers.get_all(KEY).iter();
    let Some(first) = all.next() else { return Ok(None) };
    let key = first.to_str().map_err(|_| wrong())?.trim();
    let fits = (1..=MOST_KEY).contains(&key.len()) && key.chars().all(|letter| letter.is_ascii_graphic());
    (fits && all.next().is_none()).then(|| Some(key.to_owned())).ok_or_else(wrong)
}

fn receipt(key: &str, csv: bool, bytes: &Bytes) -> Receipt {
    let hex = |hasher: Sha256| hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut body = Sha256::new_with_prefix([u8::from(csv)]);
    body.update(bytes);
    Receipt { key_hash: hex(Sha256::new_with_prefix(key)), digest: hex(body) }
}

/// The run that took the same before, unless it left nothing behind for a reason of the center's own.
async fn known_run(app: &App, code: &str, receipt: Option<&Receipt>) -> AppResult<Option<i64>> {
    let Some(Receipt { key_hash, digest }) = receipt.cloned() else { return Ok(None) };
    let (source, now_ms) = (code.to_owned(), app.clock().now().as_millisecond());
    let find = move |reader: &mut Reader<'_>| receipts::find(reader, &source, &key_hash, now_ms);
    let known = app.blocking(move |db| db.read(find)).await?;
    match known {
        Some(known) if known.digest != digest => Err(AppError::Unusable(format!(
            "{KEY}: used before for something else; every new body needs a new key"
        ))),
        // Whether the run still lives is found out by trying to take its place.
        Some(known) if known.running || known.open => Ok(None),
        known => Ok(known.map(|known| known.run_id)),
    }
}

/// What the ledger says of a run that has ended: the same however often it is asked.
async fn answer(app: &App, code: &str, run_id: i64) -> AppResult<Response> {
    let found = app.blocking(move |db| {
        let run = ledger::find_run(db, &Scope::everything(), run_id)?;
        Ok((run, ledger::list_refused_rows(db, run_id, None, MOST_REFUSED)?))
    });
    let (run, refused) = found.await?;
    let listed = run.ok_or_else(|| AppError::NotFound(format!("run {run_id}")))?;
    let problem = listed.problem_sentence(Lang::En).unwrap_or_default();
    let run = listed.run;
    let rows = PushedRows {
        run: run.run_id,
        accepted: run.counters.accepted,
        refused: run.counters.refused,
        repeated: run.counters.repeated,
        added: run.added,
        revised: run.revised,
        same: run.same,
        refused_rows: refused.into_iter().map(RefusedRow::from).collect(),
    };
    let code_of_problem = run.problem_code.unwrap_or_default();
    match run.status {
        RunStatus::Done => {
            let location = [(header::LOCATION, format!("/api/v1/runs/{run_id}"))];
            Ok((StatusCode::CREATED, location, Json(rows)).into_response())
        }
        RunStatus::Running | RunStatus::Interrupted => {
            Err(AppError::Conflict(format!("run {run_id} has not ended well; send the same again")))
        }
        _ if receipts::is_ours(&code_of_problem) => Err(AppError::Busy(problem)),
        _ => Ok(refusal(code, &code_of_problem, &problem, &rows)),
    }
}

/// A run that came to nothing, with what was seen of it.
fn refusal(code: &str, kind: &str, detail: &str, rows: &PushedRows) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut body = serde_json::to_value(rows).unwrap_or_default();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("type".to_owned(), format!("urn:pendopo:problem:{}", kind.replace('_', "-")).into());
        fields.insert("title".to_owned(), status.canonical_reason().unwrap_or("error").into());
        fields.insert("status".to_owned(), status.as_u16().into());
        fields.insert("detail".to_owned(), detail.into());
        fields.insert("instance".to_owned(), ROUTE.replace("{code}", code).into());
    }
    let headers =
        [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "private, no-store")];
    (status, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn keys_are_short_and_visible() {
        let key = |text: &str| key_of(&headers(&[(KEY, text)])).map_err(|error| error.status());
        assert_eq!(key_of(&headers(&[])).ok(), Some(None));
        assert_eq!(key("7b0c-1"), Ok(Some("7b0c-1".to_owned())));
        assert_eq!(key(&"a".repeat(200)), Ok(Some("a".repeat(200))));
        for wrong in ["", " ", "a b", &"a".repeat(201)] {
            assert_eq!(key(wrong), Err(StatusCode::BAD_REQUEST), "{wrong:?}");
        }
        assert!(key_of(&headers(&[(KEY, "a"), (KEY, "b")])).is_err(), "which of two?");
    }

    #[tokio::test]
    async fn only_a_body_that_is_too_large_is_told_so() {
        let status = async |body: Body| unread(&to_bytes(body, 4).await.unwrap_err(), 4).status();
        assert_eq!(status(Body::from("12345")).await, StatusCode::PAYLOAD_TOO_LARGE);
        let limited = http_body_util::Limited::new(Body::from("12345"), 3);
        assert_eq!(
            status(Body::new(limited)).await,
            StatusCode::PAYLOAD_TOO_LARGE,
            "by the limit of the route"
        );
        let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        assert_eq!(status(Body::from_stream(broken)).await, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn the_kind_is_what_the_sender_calls_it() {
        let csv = |kind: &str| is_csv(&headers(&[("content-type", kind)])).map_err(|error| error.status());
        assert_eq!(csv("text/csv; charset=utf-8"), Ok(true));
        assert_eq!(csv("Application/JSON"), Ok(false));
        assert_eq!(csv("text/plain"), Err(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        assert!(is_csv(&headers(&[])).is_err());
    }

    #[test]
    fn a_receipt_tells_bodies_and_kinds_apart() {
        let one = receipt("k", false, &Bytes::from_static(b"[]"));
        assert_eq!(one, receipt("k", false, &Bytes::from_static(b"[]")));
        assert_ne!(one.digest, receipt("k", true, &Bytes::from_static(b"[]")).digest);
        assert_ne!(one.digest, receipt("k", false, &Bytes::from_static(b"[ ]")).digest);
        assert_ne!(one.key_hash, receipt("l", false, &Bytes::from_static(b"[]")).key_hash);
    }
}
