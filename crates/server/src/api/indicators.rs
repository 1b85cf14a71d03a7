//! `/api/v1/indicators`: definitions of measures.

use super::{
    page::{Page, PageQuery, cut},
    regions::RegionLevelName,
};
use crate::{
    app::App,
    error::{AppError, AppResult},
    web::Who,
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use pendopo_figures::questions::listing::{
    VisibleIndicator, find_visible_indicator, list_visible_indicators,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A measure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Indicator {
    /// Short name.
    #[schema(example = "stunting-prevalensi")]
    pub code: String,
    /// Name in Indonesian.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// What is measured and how.
    pub definition: Option<String>,
    /// Sector.
    pub sector: String,
    /// Code of the agency that answers for it.
    pub agency: String,
    /// Unit.
    pub unit: String,
    /// Decimal places shown.
    pub decimals: u8,
    /// Which way is better: higher, lower or range.
    pub direction: String,
    /// day, week, month, quarter, semester or year.
    pub cadence: String,
    /// The finest level that reports it.
    pub level: RegionLevelName,
    /// How regions below add up: sum, mean, weighted_mean, ratio or none.
    pub region_aggregation: String,
    /// How finer periods add up: sum, last or mean.
    pub time_aggregation: String,
    /// public, internal or restricted.
    pub sensitivity: String,
    /// What it counts: people, health, children or nothing.
    pub counts: String,
    /// The smallest value shown without internal clearance; null when it counts nothing.
    pub least_shown: Option<i64>,
    /// The formula, for computed indicators.
    pub sql: Option<String>,
}

impl From<VisibleIndicator> for Indicator {
    fn from(visible: VisibleIndicator) -> Indicator {
        let row = visible.row;
        Indicator {
            counts: word(&row.counts),
            least_shown: row.least_shown(),
            code: row.code,
            name: row.name,
            name_en: row.name_en,
            definition: row.definition,
            sector: row.sector,
            agency: visible.agency_code,
            unit: row.unit,
            decimals: row.decimals,
            direction: word(&row.direction),
            cadence: row.cadence.as_str().to_owned(),
            level: row.level.into(),
            region_aggregation: word(&row.region_aggregation),
            time_aggregation: word(&row.time_aggregation),
            sensitivity: word(&row.sensitivity),
            sql: row.sql,
        }
    }
}

/// The word by which a value is known in packs.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The indicators that the caller may see, in the order of the pack.
#[utoipa::path(get, path = "/api/v1/indicators", tag = "indicators", params(PageQuery),
    responses((status = 200, body = Page<Indicator>), (status = 400, body = super::Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<Indicator>>> {
    let (limit, after) = (page.limit()?, page.after::<2>()?);
    let scope = who.scope();
    let mut rows = app.blocking(move |db| db.read(|r| list_visible_indicators(r, &scope))).await?;
    // The order of the pack; of two in one place the elder first, whatever they are called.
    let key = |one: &VisibleIndicator| [one.row.position, one.id];
    rows.sort_by_key(key);
    rows.retain(|one| after.is_none_or(|after| key(one) > after));
    Ok(Json(cut(rows, limit, key, Indicator::from)))
}

/// One indicator.
#[utoipa::path(get, path = "/api/v1/indicators/{code}", tag = "indicators", params(("code" = String, Path, description = "Code of the indicator")),
    responses((status = 200, body = Indicator), (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<App>, who: Who, Path(code): Path<String>) -> AppResult<Json<Indicator>> {
    Ok(Json(find(&app, &who, &code).await?.into()))
}

/// The indicator of a request.
///
/// # Errors
/// When there is none that the caller may see.
pub async fn find(app: &App, who: &Who, code: &str) -> AppResult<VisibleIndicator> {
    let (scope, wanted) = (who.scope(), code.to_owned());
    let found = app.blocking(move |db| db.read(|r| find_visible_indicator(r, &scope, &wanted))).await?;
    found.ok_or_else(|| AppError::NotFound(format!("indicator `{code}`")))
}
