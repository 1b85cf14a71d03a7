//! `/api/v1/sources`: connections to services, and how they keep their promises.

use super::{
    created,
    object::Object,
    page::{Page, PageQuery, cut},
};
use crate::{
    app::App,
    audit::Actor,
    error::{AppError, AppResult},
    sources::{self, store::SourceHealth},
    web::Who,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    response::Response,
};
use jiff::Timestamp;
use pendopo_vocab::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A connection to a running service.
#[derive(Debug, Serialize, ToSchema)]
pub struct Source {
    /// Short name.
    pub code: String,
    /// Name of the service.
    pub name: String,
    /// Code of the agency that runs it.
    pub agency: String,
    /// fresh, late, stale, down, blocked, changed or waiting.
    pub state: String,
    /// What is wrong, since when, who must act; in Indonesian.
    pub sentence: String,
    /// The same in English.
    pub sentence_en: String,
    /// A good run is promised at least this often, in seconds.
    pub fresh_every_secs: i64,
    /// The newest period that it delivered, such as `2026-11-18`.
    pub newest_period: Option<String>,
    /// That period ended at most this long ago, in seconds, where that is promised.
    pub period_within_secs: Option<i64>,
    /// When the last good run ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_good_at: Option<Timestamp>,
    /// Rows its last run accepted.
    pub accepted: Option<i64>,
    /// Rows its last run refused.
    pub refused: Option<i64>,
}

/// A run that was started.
#[derive(Debug, Serialize, ToSchema)]
pub struct StartedRun {
    /// Code of the source.
    pub source: String,
}

/// Why a run is started.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StartRun {
    /// For the record.
    #[serde(default)]
    pub reason: String,
}

fn source(app: &App, health: &SourceHealth, now: Timestamp) -> Source {
    let zone = &app.identity().time_zone;
    Source {
        code: health.code.clone(),
        name: health.name.clone(),
        agency: health.agency_code.clone(),
        state: health.state.as_str().to_owned(),
        sentence: health.sentence(Lang::Id, now, zone),
        sentence_en: health.sentence(Lang::En, now, zone),
        fresh_every_secs: health.fresh_every_secs,
        newest_period: health.facts.news.newest.map(|newest| newest.period.to_string()),
        period_within_secs: health.period_within_secs,
        last_good_at: health.last_good,
        accepted: health.accepted,
        refused: health.refused,
    }
}

async fn healths(app: &App, who: &Who, now: Timestamp) -> AppResult<Vec<SourceHealth>> {
    let scope = who.scope();
    app.blocking(move |db| sources::store::list_sources(db, &scope, now)).await
}

/// The sources that the caller may see, in the order of the pack.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", params(PageQuery),
    responses((status = 200, body = Page<Source>), (status = 400, body = super::Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<Source>>> {
    let (limit, after) = (page.limit()?, page.after::<2>()?);
    let now = app.clock().now();
    let mut all = healths(&app, &who, now).await?;
    let key = |one: &SourceHealth| [one.position, one.source_id];
    all.sort_by_key(key);
    all.retain(|one| after.is_none_or(|after| key(one) > after));
    Ok(Json(cut(all, limit, key, |health| source(&app, &health, now))))
}

/// One source.
#[utoipa::path(get, path = "/api/v1/sources/{code}", tag = "sources", params(("code" = String, Path, description = "Code of the source")),
    responses((status = 200, body = Source), (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<App>, who: Who, Path(code): Path<String>) -> AppResult<Json<Source>> {
    let now = app.clock().now();
    let all = healths(&app, &who, now).await?;
    let found = all.iter().find(|health| health.code == code);
    let health = found.ok_or_else(|| AppError::NotFound(format!("source `{code}`")))?;
    Ok(Json(source(&app, health, now)))
}

/// Reads a source now. Answers at once; the run shows in `/api/v1/runs`.
#[utoipa::path(post, path = "/api/v1/sources/{code}/runs", tag = "sources", request_body = StartRun,
    params(("code" = String, Path, description = "Code of the source")),
    responses((status = 202, body = StartedRun), (status = 404, body = super::Problem, content_type = "application/problem+json"),
        (status = 409, body = super::Problem, content_type = "application/problem+json", description = "It is being read already")))]
pub async fn start_run(
    State(app): State<App>,
    who: Who,
    Path(code): Path<String>,
    Object(body): Object<StartRun>,
) -> AppResult<Response> {
    let now = app.clock().now();
    if !healths(&app, &who, now).await?.iter().any(|health| health.code == code) {
        return Err(AppError::NotFound(format!("source `{code}`")));
    }
    sources::jobs::start_run(&app, &code, Actor::from(&*who.0), body.reason).await?;
    Ok(created(format!("/api/v1/runs?source={code}"), StartedRun { source: code }))
}
