//! `/api/v1/revisions`: every value that a figure has ever had.

use super::{
    figures::{breakdown_id, cursor_period, period_text, periods},
    indicators,
    page::{Page, PageQuery, cut},
    regions::region_in_scope,
};
use crate::{app::App, error::AppResult, indicators::watch, web::Who};
use axum::{
    Json,
    extract::{Query, State},
};
use jiff::Timestamp;
use pendopo_figures::questions::listing::{ListedRevision, RevisionFilter, list_revisions};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One value that a reported figure has had: it held until the next revision of the same figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionOfFigure {
    /// The period.
    #[schema(example = "2026-09")]
    pub period: String,
    /// The split, such as `komoditas=Beras medium`; absent for the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
    /// The value, in the indicator's unit; null when it is not shown.
    #[schema(required)]
    pub value: Option<f64>,
    /// There is a value, but it is small, or a small one could be worked out from it.
    pub hidden: bool,
    /// The run that recorded it.
    pub run: i64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// Row of the run's answer.
    pub row: i64,
}

/// Which revisions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RevisionQuery {
    /// Code of the indicator.
    pub indicator: String,
    /// Kemendagri code of the region; default: the center's own.
    #[param(
        pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$"
    )]
    pub region: Option<String>,
    /// Only this split; empty for the totals; default: totals and all splits.
    pub breakdown: Option<String>,
    /// First period, such as `2026-01`.
    #[param(pattern = "^[0-9]{4}(-([0-9]{2}(-[0-9]{2})?|Q[1-4]|S[12]|W[0-9]{2}))?$")]
    pub from: Option<String>,
    /// Last period.
    #[param(pattern = "^[0-9]{4}(-([0-9]{2}(-[0-9]{2})?|Q[1-4]|S[12]|W[0-9]{2}))?$")]
    pub to: Option<String>,
}

/// Every revision of the reported figures of a region, oldest first, in order of breakdown and period. What is
/// rolled up has no revisions of its own; ask `/api/v1/observations` with `as_of`.
#[utoipa::path(get, path = "/api/v1/revisions", tag = "figures", params(RevisionQuery, PageQuery),
    responses((status = 200, body = Page<RevisionOfFigure>), (status = 400, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<RevisionQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<RevisionOfFigure>>> {
    watch::note_view(&app, &who.0, "api", "revisions", Some(&query.indicator)).await?;
    let region = region_in_scope(&who, query.region.as_deref())?;
    let (limit, after) = (page.limit()?, page.after::<3>()?);
    let after = match after {
        Some([breakdown, period, commit]) => Some((breakdown, cursor_period(period)?, commit)),
        None => None,
    };
    let periods = periods(query.from.as_deref(), query.to.as_deref())?;
    let indicator = indicators::find(&app, &who, &query.indicator).await?;
    let breakdown_id = breakdown_id(&app, query.breakdown).await?;
    let filter = RevisionFilter { indicator_id: indicator.id, region, periods, breakdown_id };
    let scope = who.scope();
    let rows =
        app.blocking(move |db| db.read(|r| list_revisions(r, &scope, &filter, after, limit + 1))).await?;
    let key = |row: &ListedRevision| [row.breakdown_id, i64::from(row.period), row.commit_no];
    Ok(Json(cut(rows, limit, key, revision)))
}

fn revision(row: ListedRevision) -> RevisionOfFigure {
    RevisionOfFigure {
        period: period_text(row.period),
        breakdown: Some(row.breakdown).filter(|key| !key.is_empty()),
        value: row.value,
        hidden: row.value.is_none(),
        run: row.run_id,
        recorded_at: Timestamp::from_millisecond(row.recorded_at).unwrap_or_default(),
        row: row.row_no,
    }
}
