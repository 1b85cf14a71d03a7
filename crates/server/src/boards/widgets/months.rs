//! Tables over months: the regions of one indicator, or the agencies by the share of figures that met the target.

use super::{Found, Shown, Site};
use crate::{
    error::AppResult,
    indicators::rules,
    packs::widget,
    widgets::{Framed, Heat, HeatCell, HeatRow, Instead, Measure, Piece, Reason, Stronger},
};
use pendopo_figures::{
    IndicatorRow, Reader, Stored,
    questions::{Questions, SeriesOf, Span, TableOf},
    targets_in_force,
};
use pendopo_vocab::{Cadence, Direction, Period, TargetStatus, region_tree::RegionTree};
use std::collections::HashMap;

/// A heat table of regions or agencies.
pub fn heat(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Heat) -> AppResult<Framed> {
    let wanted = it.months.map_or(site.surface.columns(), usize::from);
    match (it.by.unwrap_or_default(), &it.indicator) {
        (widget::HeatBy::Agency, _) => by_agency(reader, site, wanted.min(site.surface.columns().max(12))),
        (widget::HeatBy::Region, Some(code)) => by_region(reader, site, code, wanted),
        // `pendopo check` does not let this pass.
        (widget::HeatBy::Region, None) => Ok(site.unavailable(None)),
    }
}

/// The periods up to `newest`, oldest first.
fn columns(newest: Period, count: usize) -> Vec<Period> {
    let count = i32::try_from(count).unwrap_or(12);
    (1 - count..=0).map(|back| newest.shift(back)).collect()
}

/// Period labels where the year is named at the first and where it changes.
fn labels(periods: &[Period], site: &Site<'_>) -> Vec<String> {
    let mut year = None;
    let label = |period: &Period| {
        let label = period.label(site.asked.t.lang());
        let short = label.rsplit_once(' ').filter(|(_, end)| end.len() == 4 && end.parse::<u32>().is_ok());
        let here = short.map(|(_, end)| end.to_owned());
        let text = match &short {
            Some((head, _)) if year == here => (*head).to_owned(),
            _ => label.clone(),
        };
        year = here;
        text
    };
    periods.iter().map(label).collect()
}

fn by_region(reader: &mut Reader<'_>, site: &Site<'_>, code: &str, wanted: usize) -> AppResult<Framed> {
    let found = match site.find(reader, code)? {
        Ok(found) => found,
        Err(instead) => return Ok(*instead),
    };
    let (row, t) = (&found.indicator.row, site.asked.t);
    let Some(newest) = Period::from_id(found.latest.period) else { return Ok(site.without(found.indicator)) };
    let cadence = row.cadence.max(Cadence::Month);
    let periods = columns(newest.coarsen(cadence), wanted);
    let cells = region_cells(reader, site, &found, &periods)?;
    let rows: Vec<HeatRow> = RegionTree::embedded()
        .children(site.region)
        .map(|region| HeatRow {
            name: region.name.to_owned(),
            href: Some(rules::indicator_href(code, region.code)),
            cells: periods
                .iter()
                .map(|period| match cells.get(&(region.code.id(), period.id())) {
                    Some(Some(value)) => HeatCell::Value(
                        *value,
                        pendopo_vocab::compact_number(*value, usize::from(row.decimals), t.lang()),
                    ),
                    Some(None) => HeatCell::Hidden(rules::hidden_words(row, t)),
                    None => HeatCell::Missing,
                })
                .collect(),
        })
        .collect();
    let mut known: Vec<(f64, &str, &Period)> = Vec::new();
    for row in &rows {
        for (cell, period) in row.cells.iter().zip(&periods) {
            if let HeatCell::Value(value, _) = cell {
                known.push((*value, &row.name, period));
            }
        }
    }
    let words = |(value, name, period): &(f64, &str, &Period)| {
        format!("{name} {} ({})", rules::words(row, *value, t), period.label(t.lang()))
    };
    let by_value = |a: &&(f64, &str, &Period), b: &&(f64, &str, &Period)| a.0.total_cmp(&b.0);
    let summary = match (known.iter().max_by(by_value), known.iter().min_by(by_value)) {
        (Some(high), Some(low)) => t.tr2("map-summary", words(high), words(low)),
        _ => {
            let advice = t.tr1("widget-no-parts-now", site.title_of(found.indicator));
            let instead = Instead::new(Reason::Empty, &t.tr("widget-no-parts"), advice, None);
            return Ok(site.framed(site.shown(&found, String::new(), Piece::Instead(instead))));
        }
    };
    // What is bad is what is seen first.
    let stronger = if row.direction == Direction::Higher { Stronger::Low } else { Stronger::High };
    let caption = format!("{} ({})", site.title_of(found.indicator), row.unit);
    let heat = Heat::new(t, caption, t.tr("region").into_owned(), labels(&periods, site), rows, stronger);
    let mut shown = site.shown(&found, summary, Piece::Heat(heat));
    shown.origin.unit = row.unit.clone();
    Ok(site.framed(shown))
}

/// What is known of each region and period; `None` within is a value that the reader may not see.
type Cells = HashMap<(i64, i32), Option<f64>>;

fn region_cells(
    reader: &mut Reader<'_>,
    site: &Site<'_>,
    found: &Found<'_>,
    periods: &[Period],
) -> AppResult<Cells> {
    let (id, row, scope) = (found.indicator.id, &found.indicator.row, &site.asked.scope);
    let mut cells = Cells::new();
    let Some(level) = site.region.level().child().filter(|level| row.level >= *level) else {
        return Ok(cells);
    };
    if row.cadence >= Cadence::Month {
        for period in periods {
            let of = TableOf {
                indicator_id: id,
                breakdown_id: 0,
                parent: site.region,
                level,
                period: Some(period.id()),
            };
            for figure in site.asked.kept.region_table(reader, scope, of)?.iter() {
                cells.insert((figure.region.id(), period.id()), figure.value);
            }
        }
        return Ok(cells);
    }
    for region in RegionTree::embedded().children(site.region) {
        let of = SeriesOf { indicator_id: id, region: region.code, breakdown_id: 0 };
        for (period, value) in by_month(reader, site, of, row.cadence, periods)? {
            cells.insert((region.code.id(), period), value);
        }
    }
    Ok(cells)
}

/// A series by month, the finer made coarser; nothing of what is reported more rarely.
fn by_month(
    reader: &mut Reader<'_>,
    site: &Site<'_>,
    of: SeriesOf,
    cadence: Cadence,
    periods: &[Period],
) -> AppResult<Vec<(i32, Option<f64>)>> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(Vec::new()) };
    let scope = &site.asked.scope;
    Ok(match cadence {
        Cadence::Month => {
            let span = Span { from: first.id(), to: last.id() };
            let points = site.asked.kept.trend(reader, scope, of, span)?;
            points.iter().map(|point| (point.period, point.value)).collect()
        }
        Cadence::Day | Cadence::Week => {
            let day = |date| Period::containing(date, cadence).id();
            let span = Span { from: day(first.first_day()), to: day(last.last_day()) };
            let points = reader.over_time(scope, of, Cadence::Month, span, None)?;
            points.into_iter().map(|point| (point.period, point.value)).collect()
        }
        Cadence::Quarter | Cadence::Semester | Cadence::Year => Vec::new(),
    })
}

/// How many figures met their target, of how many that have one.
type Tally = (usize, usize);

fn by_agency(reader: &mut Reader<'_>, site: &Site<'_>, wanted: usize) -> AppResult<Framed> {
    let (asked, t, catalog) = (site.asked, site.asked.t, &site.material.catalog);
    let today = asked.now.to_zoned_datetime(asked.identity.time_zone.clone()).date();
    let periods = columns(Period::containing(today, Cadence::Month), wanted);
    let mut tallies: HashMap<(i64, i32), Tally> = HashMap::new();
    for indicator in &catalog.indicators {
        add_indicator(reader, site, indicator, &periods, &mut tallies)?;
    }
    let mut agencies: Vec<_> = catalog.agencies.iter().collect();
    agencies.sort_by_key(|(_, agency)| agency.position);
    let rows: Vec<HeatRow> = agencies
        .into_iter()
        .filter(|(id, _)| periods.iter().any(|period| tallies.contains_key(&(**id, period.id()))))
        .map(|(id, agency)| HeatRow {
            name: agency.short_name.clone(),
            href: Some(format!("/indikator?opd={}", agency.code)),
            cells: periods
                .iter()
                .map(|period| match tallies.get(&(*id, period.id())) {
                    #[expect(clippy::cast_precision_loss, reason = "a center has hundreds of indicators")]
                    Some((met, all)) => {
                        HeatCell::Value(*met as f64 / *all as f64 * 100.0, format!("{met}/{all}"))
                    }
                    None => HeatCell::Missing,
                })
                .collect(),
        })
        .collect();
    let title = t.tr("heat-agencies").into_owned();
    if rows.is_empty() {
        let advice = t.tr("heat-agencies-none").into_owned();
        return Ok(site.instead(title, Instead::new(Reason::Empty, &t.tr("widget-empty"), advice, None)));
    }
    let (met, all) = tallies
        .iter()
        .filter(|((_, period), _)| periods.iter().rev().nth(1).is_some_and(|last| last.id() == *period))
        .fold((0, 0), |(met, all), (_, tally)| (met + tally.0, all + tally.1));
    let last = periods.iter().rev().nth(1).map_or_else(String::new, |period| period.label(t.lang()));
    let summary = if all > 0 { t.tr3("heat-agencies-summary", last, met, all) } else { String::new() };
    let heat =
        Heat::new(t, title.clone(), t.tr("agency").into_owned(), labels(&periods, site), rows, Stronger::Low);
    let mut shown = Shown::bare(title, summary, Piece::Heat(heat));
    shown.origin.unit = t.tr("heat-agencies-unit").into_owned();
    // On the page 3/4; a spreadsheet would take that for a day.
    shown.measure = Measure { unit: "%".to_owned(), decimals: Some(0) };
    Ok(site.framed(shown))
}

fn add_indicator(
    reader: &mut Reader<'_>,
    site: &Site<'_>,
    indicator: &Stored<IndicatorRow>,
    periods: &[Period],
    tallies: &mut HashMap<(i64, i32), Tally>,
) -> AppResult<()> {
    let row = &indicator.row;
    let ids: Vec<i32> = periods.iter().map(|period| period.id()).collect();
    let bounds = targets_in_force(reader, indicator.id, row, site.region, &ids, None)?;
    if bounds.iter().all(Option::is_none) {
        return Ok(());
    }
    let bounds: HashMap<i32, (f64, Option<f64>)> =
        ids.into_iter().zip(bounds).filter_map(|(id, bounds)| Some((id, bounds?))).collect();
    let of = SeriesOf { indicator_id: indicator.id, region: site.region, breakdown_id: 0 };
    for (period, value) in by_month(reader, site, of, row.cadence, periods)? {
        let (Some(value), Some((low, high))) = (value, bounds.get(&period)) else { continue };
        let status = TargetStatus::judge(row.direction, Some(value), Some(*low), *high, row.tolerance);
        let tally = tallies.entry((row.agency_id, period)).or_default();
        tally.0 += usize::from(status == TargetStatus::OnTrack);
        tally.1 += 1;
    }
    Ok(())
}
