//! `/api/v1/runs`: the ledger, and the rows that runs refused.

use super::page::{Page, PageQuery, cut};
use crate::{
    app::App,
    error::{AppError, AppResult},
    runs::{note_rows_view, sees_raw_rows, store},
    web::Who,
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One run of a source.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// Code of the source; absent for imports and computed indicators that belong to none.
    pub source: Option<String>,
    /// source, import, retry or computed.
    pub kind: String,
    /// running, done, refused, failed or interrupted.
    pub status: String,
    /// Who began it.
    pub author: String,
    /// Why.
    pub reason: Option<String>,
    /// What set it off: schedule, manual, …
    pub trigger: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended; the time of record of its figures.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Rows accepted.
    pub accepted: i64,
    /// Rows refused.
    pub refused: i64,
    /// Refused rows that are kept and can be listed: the others were too many, or are past their time.
    pub refused_kept: i64,
    /// Rows that said the same thing twice.
    pub repeated: i64,
    /// Figures that were new.
    pub added: i64,
    /// Figures that differ from their last revision.
    pub revised: i64,
    /// Figures already known.
    pub same: i64,
    /// Size of the answer in bytes.
    pub bytes: i64,
    /// A stable code of what went wrong.
    pub problem: Option<String>,
    /// What went wrong, in words.
    pub message: Option<String>,
    /// The run whose refused rows it read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<i64>,
}

impl From<store::ListedRun> for Run {
    fn from(listed: store::ListedRun) -> Run {
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or_default();
        let row = listed.run;
        Run {
            id: row.run_id,
            source: listed.source_code,
            kind: row.kind.as_str().to_owned(),
            status: row.status.as_str().to_owned(),
            author: row.author,
            reason: row.reason,
            trigger: row.trigger,
            started_at: at(row.started_at),
            finished_at: row.finished_at.map(at),
            accepted: row.counters.accepted,
            refused: row.counters.refused,
            refused_kept: listed.refused_kept,
            repeated: row.counters.repeated,
            added: row.added,
            revised: row.revised,
            same: row.same,
            bytes: row.counters.bytes,
            problem: row.problem_code,
            message: row.message,
            retry_of: row.retry_of,
        }
    }
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// Only runs of this source.
    pub source: Option<String>,
}

/// Runs, newest first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", params(RunQuery, PageQuery),
    responses((status = 200, body = Page<Run>), (status = 400, body = super::Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<RunQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<Run>>> {
    let (limit, before) = (page.limit()?, page.after::<1>()?);
    let scope = who.scope();
    let rows = app
        .blocking(move |db| {
            store::list_runs(db, &scope, query.source.as_deref(), before.map(|[id]| id), limit + 1)
        })
        .await?;
    Ok(Json(cut(rows, limit, |row| [row.run.run_id], Run::from)))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs", params(("id" = i64, Path, description = "Number of the run")),
    responses((status = 200, body = Run), (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<App>, who: Who, Path(id): Path<i64>) -> AppResult<Json<Run>> {
    let scope = who.scope();
    let found = app.blocking(move |db| store::find_run(db, &scope, id)).await?;
    Ok(Json(found.ok_or_else(|| AppError::NotFound(format!("run {id}")))?.into()))
}

/// A row that was kept aside.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedRow {
    /// Row of the answer, as its owner counts.
    pub row: i64,
    /// The column at fault.
    pub column: Option<String>,
    /// A stable code of the reason.
    pub reason: String,
    /// The reason in words.
    pub message: String,
    /// The row as it came.
    pub raw: String,
    /// open, retried or dismissed.
    pub state: String,
    /// The later run whose figure was kept when the row was read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overtaken_by: Option<i64>,
}

impl From<store::ListedRow> for RefusedRow {
    fn from(row: store::ListedRow) -> RefusedRow {
        RefusedRow {
            row: row.row_no,
            column: row.column,
            reason: row.reason_code,
            message: row.message,
            raw: row.raw,
            state: row.state,
            overtaken_by: row.overtaken_by,
        }
    }
}

/// The rows that a run refused, in their order.
#[utoipa::path(get, path = "/api/v1/runs/{id}/refused-rows", tag = "runs",
    params(("id" = i64, Path, description = "Number of the run"), PageQuery),
    responses((status = 200, body = Page<RefusedRow>), (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn refused_rows(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<RefusedRow>>> {
    let (limit, after) = (page.limit()?, page.after::<1>()?);
    sees_raw_rows(&app, &who.0)?;
    note_rows_view(&app, &who.0, id).await?;
    let scope = who.scope();
    let rows = app
        .blocking(move |db| match store::find_run(db, &scope, id)? {
            Some(_) => store::list_refused_rows(db, id, after.map(|[row]| row), limit + 1).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| AppError::NotFound(format!("run {id}")))?;
    Ok(Json(cut(rows, limit, |row| [row.row_no], RefusedRow::from)))
}
