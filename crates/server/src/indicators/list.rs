//! The list of all indicators with the latest figures of the center's region.

use super::{
    pages::{Choice, IndicatorItem, IndicatorListPage},
    rules,
    store::{Catalog, indicator_name, region_name, sector_name},
};
use crate::{
    error::AppResult,
    web::{Asked, Chrome},
    widgets::{Empty, Sparkline},
};
use pendopo_figures::{
    DbError, IndicatorRow, Reader, Stored,
    questions::{LatestFigure, Questions, SeriesOf, Span},
};
use pendopo_vocab::{Period, RegionCode, TargetStatus};
use serde::Deserialize;
use std::collections::HashMap;

/// What of the list is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    /// `meleset`, `rawan`, `kosong`, or all.
    #[serde(default)]
    status: String,
    /// Code of an agency, or all.
    #[serde(default)]
    opd: String,
}

const STATES: [(&str, &str, Option<TargetStatus>); 4] = [
    ("", "filter-all", None),
    ("meleset", "filter-off", Some(TargetStatus::OffTrack)),
    ("rawan", "filter-risk", Some(TargetStatus::AtRisk)),
    ("kosong", "filter-no-data", Some(TargetStatus::NoData)),
];

/// Builds the page.
///
/// # Errors
/// The database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    query: &ListQuery,
) -> AppResult<IndicatorListPage> {
    let t = asked.t;
    let region = asked.scope.region;
    let catalog = Catalog::read(reader, &asked.scope)?;
    let wanted = STATES.iter().find(|(word, _, _)| *word == query.status).and_then(|state| state.2);
    let agency_of =
        |row: &IndicatorRow| catalog.agencies.get(&row.agency_id).map_or("", |agency| &agency.code);
    let sectors = indicators_of_region(reader, asked, &catalog, region, |row, latest| {
        // Hidden is not missing.
        let status = match latest {
            Some(latest) => latest.value.map(|_| latest.status),
            None => Some(TargetStatus::NoData),
        };
        (wanted.is_none() || wanted == status) && (query.opd.is_empty() || agency_of(row) == query.opd)
    })?;
    let filters = STATES
        .iter()
        .map(|(word, key, _)| Choice {
            href: format!("/indikator?status={word}&opd={}", query.opd),
            label: t.tr(key).into_owned(),
            chosen: *word == query.status,
        })
        .collect();
    Ok(IndicatorListPage {
        region: region_name(region, t),
        filters,
        empty: sectors.is_empty().then(|| Empty {
            title: t.tr("empty-indicators").into_owned(),
            advice: t.tr("empty-indicators-now").into_owned(),
            action: Some(("/indikator".to_owned(), t.tr("filter-all").into_owned())),
        }),
        sectors,
        chrome,
    })
}

/// The indicators of a region that `keep` keeps, by sector in the order of the pack, with the region's
/// latest figures.
///
/// # Errors
/// The database's.
pub fn indicators_of_region(
    reader: &mut Reader<'_>,
    asked: &Asked,
    catalog: &Catalog,
    region: RegionCode,
    keep: impl Fn(&IndicatorRow, Option<&LatestFigure>) -> bool,
) -> Result<Vec<(String, Vec<IndicatorItem>)>, DbError> {
    let latest = reader.latest_of_region(&asked.scope, region)?;
    let latest: HashMap<i64, LatestFigure> =
        latest.into_iter().map(|figure| (figure.indicator_id, figure)).collect();
    let mut sectors: Vec<(String, Vec<IndicatorItem>)> = Vec::new();
    for (code, _, _) in &asked.identity.sectors {
        let mut items = Vec::new();
        for indicator in catalog.indicators.iter().filter(|indicator| indicator.row.sector == *code) {
            let figure = latest.get(&indicator.id);
            if keep(&indicator.row, figure) {
                items.push(item(reader, asked, catalog, indicator, region, figure)?);
            }
        }
        if !items.is_empty() {
            sectors.push((sector_name(asked, code), items));
        }
    }
    Ok(sectors)
}

fn item(
    reader: &mut Reader<'_>,
    asked: &Asked,
    catalog: &Catalog,
    indicator: &Stored<IndicatorRow>,
    region: RegionCode,
    latest: Option<&LatestFigure>,
) -> Result<IndicatorItem, DbError> {
    let (t, row) = (asked.t, &indicator.row);
    let course = match latest {
        Some(latest) => course(reader, asked, indicator.id, region, latest.period)?,
        None => Vec::new(),
    };
    let target = latest.and_then(rules::bounds);
    Ok(IndicatorItem {
        name: indicator_name(row, t).to_owned(),
        href: rules::indicator_href(&row.code, region),
        mark: rules::latest_mark(latest, t),
        value: latest.map_or_else(
            || t.tr("no-value").into_owned(),
            |latest| rules::words_or_hidden(row, latest.value, t),
        ),
        target: target.map_or_else(String::new, |(low, high)| rules::target_words(row, low, high, t)),
        period: latest.map_or_else(String::new, |latest| rules::period_label(latest.period, t)),
        agency: catalog.agency_short(row).to_owned(),
        lineage: latest.map(|latest| rules::lineage_href(&row.code, region, latest.period, "")),
        spark: (course.len() > 1).then(|| Sparkline::new(&course, target.map(|(low, _)| low))),
    })
}

/// The values of the periods up to `newest` that a sparkline shows; `None` where nothing was reported or the value is
/// hidden.
///
/// # Errors
/// The database's.
pub fn course(
    reader: &mut Reader<'_>,
    asked: &Asked,
    indicator_id: i64,
    region: RegionCode,
    newest: i32,
) -> Result<Vec<Option<f64>>, DbError> {
    let Some(newest) = Period::from_id(newest) else { return Ok(Vec::new()) };
    let window = rules::window(newest);
    let Some(oldest) = window.first() else { return Ok(Vec::new()) };
    let span = Span { from: oldest.id(), to: newest.id() };
    let of = SeriesOf { indicator_id, region, breakdown_id: 0 };
    let points = asked.kept.trend(reader, &asked.scope, of, span)?;
    let known: HashMap<i32, f64> =
        points.iter().filter_map(|point| Some((point.period, point.value?))).collect();
    let values: Vec<Option<f64>> = window.iter().map(|period| known.get(&period.id()).copied()).collect();
    let first = values.iter().position(Option::is_some).unwrap_or(values.len());
    Ok(values[first..].to_vec())
}
