//! `/api/v1/indicators/{code}/outlook`: what is expected of a series.

use super::{indicators, regions::region_or_own};
use crate::{
    app::App,
    error::{AppError, AppResult},
    indicators::{
        outlook::{Ahead, look_ahead_of},
        watch,
    },
    web::Who,
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use pendopo_figures::questions::SeriesOf;
use pendopo_outlook::{Anomaly, NoOutlook, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Of which region.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OutlookQuery {
    /// The region; default: the center's own.
    #[param(
        pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$"
    )]
    pub region: Option<String>,
}

/// What is expected of an indicator in a region, from the values that the caller may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutlookAnswer {
    /// Code of the indicator.
    pub indicator: String,
    /// Kemendagri code of the region.
    pub region: String,
    /// Why nothing is forecast: too_short, unmoving or stale; absent with a forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Periods with a value and periods needed, of a history that is too short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryLength>,
    /// How it is forecast: last-season, last-value, last-season-moved, smoothing, seasonal-smoothing or blend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The periods ahead, next one first.
    pub points: Vec<ExpectedValue>,
    /// How far forecasts of the series' own past were off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_test: Option<BackTest>,
    /// What becomes of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetOutlook>,
    /// What is odd about the newest values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomaly: Option<OddEnd>,
}

/// How long the history is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryLength {
    /// Periods with a value.
    pub have: usize,
    /// Periods needed.
    pub need: usize,
}

/// What is expected of one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExpectedValue {
    /// The period.
    #[schema(example = "2026-12")]
    pub period: String,
    /// The middle of what is expected.
    pub value: f64,
    /// Lower end of the 80 % interval.
    pub low_80: f64,
    /// Upper end of the 80 % interval.
    pub high_80: f64,
    /// Lower end of the 95 % interval.
    pub low_95: f64,
    /// Upper end of the 95 % interval.
    pub high_95: f64,
    /// The target in force.
    pub target: Option<f64>,
    /// Its upper bound, for ranges.
    pub target_high: Option<f64>,
}

/// Errors of forecasts of the past.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackTest {
    /// Forecasts compared with what came.
    pub forecasts: usize,
    /// Mean absolute error, in the indicator's unit.
    pub mean_error: f64,
    /// The same of "as a season ago".
    pub seasonal_naive_error: f64,
}

/// What becomes of the target.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetOutlook {
    /// will_meet, will_miss, will_leave (met now, missed later) or will_keep.
    pub verdict: String,
    /// The 80 % interval holds the opposite, too.
    pub open: bool,
    /// The period that it is about: the first that meets or leaves the target, or the deadline.
    pub period: String,
    /// The first period in which it can well be met, of will_meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest: Option<String>,
    /// The first in which it is met even in the worse case, of will_meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
}

/// Something odd about the newest values.
#[derive(Debug, Serialize, ToSchema)]
pub struct OddEnd {
    /// spike (the newest value alone) or level_shift.
    pub kind: String,
    /// The first odd period.
    pub since: String,
    /// How many periods.
    pub periods: usize,
    /// The value, or the mean of the values.
    pub value: f64,
    /// What was expected.
    pub expected: f64,
}

/// What is expected of one indicator in one region.
#[utoipa::path(get, path = "/api/v1/indicators/{code}/outlook", tag = "figures",
    params(("code" = String, Path, description = "Code of the indicator"), OutlookQuery),
    responses((status = 200, body = OutlookAnswer), (status = 400, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(app): State<App>,
    who: Who,
    Path(code): Path<String>,
    Query(query): Query<OutlookQuery>,
) -> AppResult<Json<OutlookAnswer>> {
    watch::note_view(&app, &who.0, "api", "outlook", Some(&code)).await?;
    let region = region_or_own(&who, query.region.as_deref())?;
    if !who.0.scope.region.contains(region) {
        return Err(AppError::NotFound(format!("region `{region}`")));
    }
    let found = indicators::find(&app, &who, &code).await?;
    let today = app.identity().time_zone.to_datetime(app.clock().now()).date();
    let (scope, kept) = (who.scope(), app.kept());
    let of = SeriesOf { indicator_id: found.id, region, breakdown_id: 0 };
    let ahead = app
        .blocking(move |db| db.read(|reader| look_ahead_of(reader, &kept, &scope, today, &found.row, of)))
        .await?;
    Ok(Json(answer(code, region.to_string(), &ahead)))
}

fn answer(indicator: String, region: String, ahead: &Ahead) -> OutlookAnswer {
    let mut answer = OutlookAnswer {
        indicator,
        region,
        why_not: None,
        history: None,
        method: None,
        points: Vec::new(),
        back_test: None,
        target: ahead.verdict.as_ref().map(target),
        anomaly: None,
    };
    match ahead.answer.as_ref() {
        Ok(outlook) => {
            answer.method = Some(outlook.method.as_str().to_owned());
            answer.points = points(ahead);
            answer.back_test = Some(BackTest {
                forecasts: outlook.accuracy.forecasts,
                mean_error: outlook.accuracy.error,
                seasonal_naive_error: outlook.accuracy.yardstick,
            });
            answer.anomaly = outlook.anomaly.map(odd);
        }
        Err(NoOutlook::TooShort { have, need }) => {
            answer.why_not = Some("too_short".to_owned());
            answer.history = Some(HistoryLength { have: *have, need: *need });
        }
        Err(NoOutlook::Unmoving) => answer.why_not = Some("unmoving".to_owned()),
        Err(NoOutlook::Stale { .. }) => answer.why_not = Some("stale".to_owned()),
    }
    answer
}

fn points(ahead: &Ahead) -> Vec<ExpectedValue> {
    let points = ahead.answer.as_ref().as_ref().map_or(&[][..], |outlook| &outlook.points);
    let targets = ahead.targets.iter().copied().chain(std::iter::repeat(None));
    let expected = points.iter().zip(targets).map(|(at, target)| ExpectedValue {
        period: at.period.to_string(),
        value: at.value,
        low_80: at.likely.0,
        high_80: at.likely.1,
        low_95: at.wide.0,
        high_95: at.wide.1,
        target: target.map(|target| target.0),
        target_high: target.and_then(|target| target.1),
    });
    expected.collect()
}

fn target(verdict: &Verdict) -> TargetOutlook {
    let (earliest, latest) = match verdict {
        Verdict::WillMeet { earliest, latest, .. } => (Some(*earliest), *latest),
        _ => (None, None),
    };
    TargetOutlook {
        verdict: verdict.as_str().to_owned(),
        open: verdict.is_open(),
        period: verdict.at().0.period.to_string(),
        earliest: earliest.map(|period| period.to_string()),
        latest: latest.map(|period| period.to_string()),
    }
}

fn odd(anomaly: Anomaly) -> OddEnd {
    match anomaly {
        Anomaly::Spike { period, value, expected, .. } => {
            OddEnd { kind: "spike".to_owned(), since: period.to_string(), periods: 1, value, expected }
        }
        Anomaly::LevelShift { since, periods, value, expected } => {
            OddEnd { kind: "level_shift".to_owned(), since: since.to_string(), periods, value, expected }
        }
    }
}
