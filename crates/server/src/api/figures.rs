//! `/api/v1/observations` and `/api/v1/latest`: the figures, as known now or at an earlier time.

use super::{
    indicators,
    page::{Page, PageQuery, cut},
    regions::{RegionLevelName, region_in_scope, region_or_own},
};
use crate::{
    app::App,
    error::{AppError, AppResult},
    indicators::{end_of_day, watch},
    web::Who,
};
use axum::{
    Json,
    extract::{Query, State},
};
use jiff::{Timestamp, civil::Date};
use pendopo_figures::{
    Db, list_breakdowns,
    questions::listing::{
        FigureFilter, LatestFilter, ListedFigure, ListedLatest, list_figures, list_latest, list_latest_then,
    },
};
use pendopo_vocab::{Period, RegionCode, RegionLevel, TargetStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A value of an indicator for a region and period: its newest revision.
#[derive(Debug, Serialize, ToSchema)]
pub struct Observation {
    /// Code of the indicator.
    pub indicator: String,
    /// Kemendagri code of the region.
    #[schema(example = "33.16.09.1010")]
    pub region: String,
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
    /// The run that recorded it; absent when a change of definitions made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// When it was recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// Row of the run's answer; absent for figures rolled up from the regions below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<i64>,
}

/// Which observations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ObservationQuery {
    /// Code of the indicator.
    pub indicator: String,
    /// This region and all that lies in it; default: the center's own.
    #[param(
        pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$"
    )]
    pub within: Option<String>,
    /// This region and nothing in it, instead of `within`.
    #[param(
        pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$"
    )]
    pub region: Option<String>,
    /// Only regions of this level.
    pub level: Option<RegionLevelName>,
    /// Only this split, such as `komoditas=Beras medium`; empty for the totals; default: totals and all splits.
    pub breakdown: Option<String>,
    /// First period, such as `2026-01`.
    #[param(pattern = "^[0-9]{4}(-([0-9]{2}(-[0-9]{2})?|Q[1-4]|S[12]|W[0-9]{2}))?$")]
    pub from: Option<String>,
    /// Last period.
    #[param(pattern = "^[0-9]{4}(-([0-9]{2}(-[0-9]{2})?|Q[1-4]|S[12]|W[0-9]{2}))?$")]
    pub to: Option<String>,
    /// `true`: what the regions below come to, instead of what was reported.
    #[serde(default)]
    pub rolled_up: bool,
    /// As known then: a day of the center's calendar, the whole of it, or an instant such as
    /// `2026-09-30T12:00:00Z`; default: now.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z)?$")]
    pub as_of: Option<String>,
}

/// Observations in order of breakdown, period and region.
#[utoipa::path(get, path = "/api/v1/observations", tag = "figures", params(ObservationQuery, PageQuery),
    responses((status = 200, body = Page<Observation>), (status = 400, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn observations(
    State(app): State<App>,
    who: Who,
    Query(query): Query<ObservationQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<Observation>>> {
    watch::note_view(&app, &who.0, "api", "observations", Some(&query.indicator)).await?;
    let (limit, after) = (page.limit()?, page.after::<3>()?);
    let after = match after {
        Some([breakdown, period, region]) => Some((breakdown, cursor_period(period)?, region)),
        None => None,
    };
    let filter = figure_filter(&app, &who, &query).await?;
    let scope = who.scope();
    let rows =
        app.blocking(move |db| db.read(|r| list_figures(r, &scope, &filter, after, limit + 1))).await?;
    let key = |row: &ListedFigure| [row.breakdown_id, i64::from(row.period), row.region_id];
    Ok(Json(cut(rows, limit, key, |row| observation(&query.indicator, row))))
}

async fn figure_filter(app: &App, who: &Who, query: &ObservationQuery) -> AppResult<FigureFilter> {
    let within = match (&query.region, &query.within) {
        (Some(_), Some(_)) => {
            return Err(AppError::Invalid("region and within: say one of the two".to_owned()));
        }
        (Some(region), None) => region_in_scope(who, Some(region))?,
        (None, within) => region_or_own(who, within.as_deref())?,
    };
    let periods = periods(query.from.as_deref(), query.to.as_deref())?;
    let known_at = known_at(app, query.as_of.as_deref())?;
    let indicator = indicators::find(app, who, &query.indicator).await?;
    Ok(FigureFilter {
        periods,
        rolled_up: query.rolled_up,
        exact: query.region.is_some(),
        level: query.level.map(RegionLevel::from),
        breakdown_id: breakdown_id(app, query.breakdown.clone()).await?,
        known_at,
        ..FigureFilter::of(indicator.id, within)
    })
}

/// First and last period of a request, as integers.
///
/// # Errors
/// When one of them is none.
pub fn periods(from: Option<&str>, to: Option<&str>) -> AppResult<(i32, i32)> {
    let bound = |text: Option<&str>, name: &str| -> AppResult<Option<Period>> {
        text.map(|text| text.parse().map_err(|error| AppError::Invalid(format!("{name}: {error}"))))
            .transpose()
    };
    let (from, to) = (bound(from, "from")?, bound(to, "to")?);
    Ok((from.map_or(i32::MIN, Period::id), to.map_or(i32::MAX, Period::id)))
}

/// The period in a cursor.
///
/// # Errors
/// When it cannot be one.
pub fn cursor_period(number: i64) -> AppResult<i32> {
    i32::try_from(number).map_err(|_| AppError::Invalid("cursor: not one that this list gave".to_owned()))
}

/// No figure has this breakdown.
const NO_BREAKDOWN: i64 = -1;

/// The breakdown named in a request. One that no figure has ever had finds nothing, just as one whose figures the
/// caller may not see: its words may tell more than the caller is to know.
///
/// # Errors
/// The database's.
pub async fn breakdown_id(app: &App, key: Option<String>) -> AppResult<Option<i64>> {
    let Some(key) = key else { return Ok(None) };
    let known = app.blocking(|db| db.read(list_breakdowns)).await?;
    let found = known.into_iter().find(|(_, name)| *name == key);
    Ok(Some(found.map_or(NO_BREAKDOWN, |(id, _)| id)))
}

/// The instant that a request asks about, Unix milliseconds; `None` is now.
///
/// # Errors
/// When it is neither a day nor an instant.
pub fn known_at(app: &App, text: Option<&str>) -> AppResult<Option<i64>> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        AppError::Invalid(format!(
            "as_of is `{text}`; a day such as 2026-09-30 or an instant such as 2026-09-30T12:00:00Z is expected"
        ))
    };
    let instant = match text.len() {
        10 => text.parse::<Date>().ok().and_then(|day| end_of_day(day, &app.identity().time_zone)),
        _ => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
    };
    instant.map(Some).ok_or_else(wrong)
}

fn observation(indicator: &str, row: ListedFigure) -> Observation {
    Observation {
        indicator: indicator.to_owned(),
        region: region_text(row.region_id),
        period: period_text(row.period),
        breakdown: Some(row.breakdown).filter(|key| !key.is_empty()),
        value: row.value,
        hidden: row.value.is_none(),
        run: row.run_id,
        recorded_at: row.recorded_at.and_then(|at| Timestamp::from_millisecond(at).ok()),
        row: row.row_no,
    }
}

fn region_text(id: i64) -> String {
    RegionCode::from_id(id).map_or_else(|| id.to_string(), |code| code.to_string())
}

pub fn period_text(id: i32) -> String {
    Period::from_id(id).map_or_else(|| id.to_string(), |period| period.to_string())
}

/// The newest figure of an indicator for a region, judged.
#[derive(Debug, Serialize, ToSchema)]
pub struct Latest {
    /// Code of the indicator.
    pub indicator: String,
    /// Kemendagri code of the region.
    pub region: String,
    /// The newest period.
    pub period: String,
    /// The value; null when it is not shown.
    #[schema(required)]
    pub value: Option<f64>,
    /// There is a value, but it is small, or a small one could be worked out from it. What would tell it
    /// is null, too.
    pub hidden: bool,
    /// Rolled up from the regions below rather than reported.
    pub rolled_up: bool,
    /// Regions below that reported, when rolled up.
    pub reported: Option<i64>,
    /// Regions below that should have, when rolled up.
    pub expected: Option<i64>,
    /// The value one period before.
    pub previous: Option<f64>,
    /// The value one year before.
    pub last_year: Option<f64>,
    /// The target.
    pub target: Option<f64>,
    /// Upper bound of the target, for ranges.
    pub target_high: Option<f64>,
    /// off_track, at_risk, on_track, no_target or no_data.
    pub status: String,
    /// Periods in a row that missed the target.
    pub off_periods: i64,
}

/// Which newest figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LatestQuery {
    /// This region and all that lies in it; default: the center's own.
    #[param(
        pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$"
    )]
    pub within: Option<String>,
    /// Only this level; default: the level of `within`.
    pub level: Option<RegionLevelName>,
    /// Only this indicator.
    pub indicator: Option<String>,
    /// As known then: a day of the center's calendar, the whole of it, or an instant such as
    /// `2026-09-30T12:00:00Z`; default: now.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z)?$")]
    pub as_of: Option<String>,
}

/// Newest totals in order of region and indicator. With `as_of` a page looks at `limit` pairs of region and
/// indicator: those without a figure then are left out, so that it may hold fewer and still not be the last.
#[utoipa::path(get, path = "/api/v1/latest", tag = "figures", params(LatestQuery, PageQuery),
    responses((status = 200, body = Page<Latest>), (status = 400, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn latest(
    State(app): State<App>,
    who: Who,
    Query(query): Query<LatestQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<Latest>>> {
    watch::note_view(&app, &who.0, "api", "latest", query.indicator.as_deref()).await?;
    let within = region_or_own(&who, query.within.as_deref())?;
    let (limit, after) = (page.limit()?, page.after::<2>()?);
    let indicator_id = match &query.indicator {
        Some(code) => Some(indicators::find(&app, &who, code).await?.id),
        None => None,
    };
    let level = query.level.map_or(within.level(), RegionLevel::from);
    let filter = LatestFilter { within, level, indicator_id };
    let scope = who.scope();
    let after = after.map(|[region, indicator]| (region, indicator));
    if let Some(known_at) = known_at(&app, query.as_of.as_deref())? {
        let list = move |db: &Db| {
            db.read(|reader| list_latest_then(reader, &scope, &filter, known_at, after, limit))
        };
        let (rows, next) = app.blocking(list).await?;
        let next = next.map(|(region, indicator)| format!("{region}.{indicator}"));
        return Ok(Json(Page { items: rows.into_iter().map(judged).collect(), next }));
    }
    let rows = app.blocking(move |db| db.read(|r| list_latest(r, &scope, &filter, after, limit + 1))).await?;
    Ok(Json(cut(rows, limit, |row| [row.region_id, row.indicator_id], judged)))
}

fn judged(row: ListedLatest) -> Latest {
    Latest {
        indicator: row.indicator,
        region: region_text(row.region_id),
        period: period_text(row.period),
        value: row.value,
        hidden: row.value.is_none(),
        rolled_up: row.rolled_up,
        reported: row.reported,
        expected: row.expected,
        previous: row.previous,
        last_year: row.last_year,
        target: row.target,
        target_high: row.target_high,
        status: indicators::word(&TargetStatus::from_rank(row.status)),
        off_periods: row.off_periods,
    }
}
