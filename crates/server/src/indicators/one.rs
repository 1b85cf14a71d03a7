//! One indicator in one region: value, course, the regions below, its parts.

use super::{
    look::{self, Look},
    outlook::{self, Ahead},
    pages::{IndicatorPage, Pickers},
    region_map::region_map,
    rules,
    store::{Catalog, below_key, indicator_name, region_crumbs, region_in_reach, region_name},
};
use crate::{
    error::{AppError, AppResult},
    web::{Asked, Chrome, TimeStyle, Tr},
    widgets::{Bar, Bars, Bullet, Empty, Mark, RegionMap, Trend, TrendPoint},
};
use jiff::civil::Date;
use pendopo_figures::{
    IndicatorRow, Reader, Stored, list_breakdowns, list_targets,
    questions::{Point, Questions, RegionFigure, SeriesOf, Span, TableOf},
    targets_in_force,
};
use pendopo_vocab::{
    Direction, Period, RegionAggregation, RegionCode, TargetStatus, region_tree::RegionTree,
};
use serde::Deserialize;
use std::collections::HashMap;

/// What of an indicator is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct OneQuery {
    /// Region code; the center's own when left out.
    #[serde(default)]
    wilayah: String,
    /// A period such as `2026-09`; the newest when left out.
    #[serde(default)]
    periode: String,
    /// Key of a part of the total; the total when left out.
    #[serde(default)]
    rincian: String,
    /// "As known on" this day, `yyyy-mm-dd`; now when left out.
    #[serde(default)]
    per: String,
}

/// Periods offered by the picker at most.
const PERIODS_OFFERED: usize = 120;

type Bounds = Option<(f64, Option<f64>)>;

/// What was asked and found, from which the parts of the page are made.
struct Material<'a> {
    asked: &'a Asked,
    indicator: &'a Stored<IndicatorRow>,
    of: SeriesOf,
    breakdown: &'a str,
    /// All that is known of the series, oldest first.
    points: &'a [Point],
    /// The point shown.
    point: Option<&'a Point>,
    known_at: Option<i64>,
    /// What the links on the page carry along.
    look: Look,
    /// The target of the point shown.
    bounds: Bounds,
}

impl Material<'_> {
    fn row(&self) -> &IndicatorRow {
        &self.indicator.row
    }

    fn words(&self, value: f64) -> String {
        rules::words(self.row(), value, self.asked.t)
    }

    /// The value of the point shown, unless it is hidden.
    fn value(&self) -> Option<f64> {
        self.point.and_then(|point| point.value)
    }

    fn mark(&self) -> Mark {
        match self.point {
            Some(point) if point.value.is_none() => Mark::hidden(self.asked.t),
            _ => Mark::status(self.status(), self.asked.t),
        }
    }

    fn status(&self) -> TargetStatus {
        let (low, high) = (self.bounds.map(|b| b.0), self.bounds.and_then(|b| b.1));
        TargetStatus::judge(self.row().direction, self.value(), low, high, self.row().tolerance)
    }

    fn value_at(&self, period: Period) -> Option<f64> {
        self.points.iter().find(|point| point.period == period.id()).and_then(|point| point.value)
    }
}

/// Builds the page.
///
/// # Errors
/// [`AppError::NotFound`] and [`AppError::Invalid`] for what the address names; the database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    code: &str,
    query: &OneQuery,
) -> AppResult<IndicatorPage> {
    let catalog = Catalog::read(reader, &asked.scope)?;
    let indicator = catalog.expect_code(code)?;
    let region = match query.wilayah.as_str() {
        "" => asked.scope.region,
        text => region_in_reach(text, asked)?,
    };
    let breakdowns = list_breakdowns(reader)?;
    let part = breakdowns.iter().find(|(_, key)| *key == query.rincian);
    let (breakdown_id, breakdown) =
        part.map(|(id, key)| (*id, key.as_str())).ok_or_else(|| AppError::NotFound(query.rincian.clone()))?;
    let (known_on, known_at) = known_on(&query.per, asked)?;
    let of = SeriesOf { indicator_id: indicator.id, region, breakdown_id };
    let points = reader.trend(&asked.scope, of, Span::ALWAYS, known_at)?;
    let period: Option<Period> = match query.periode.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|error| AppError::Invalid(format!("{error}")))?),
    };
    let point = match period {
        None => points.last(),
        Some(period) => points.iter().find(|point| point.period == period.id()),
    };
    let bounds = match point {
        Some(point) => {
            targets_in_force(reader, indicator.id, &indicator.row, region, &[point.period], known_at)?[0]
        }
        None => None,
    };
    let look = Look { period, breakdown: breakdown.to_owned(), known_on };
    let material =
        Material { asked, indicator, of, breakdown, points: &points, point, known_at, look, bounds };
    let ahead = ahead(reader, &material)?;
    let below = below(reader, &material)?;
    let split = split(reader, &material)?;
    let mut parts: Vec<String> = split.iter().map(|(key, _)| key.clone()).collect();
    if !breakdown.is_empty() && !parts.iter().any(|key| key == breakdown) {
        parts.push(breakdown.to_owned());
    }
    Ok(IndicatorPage {
        crumbs: crumbs(&material),
        name: indicator_name(&indicator.row, asked.t).to_owned(),
        region: region_name(region, asked.t),
        figure: material.value().map(|value| rules::head(&indicator.row, value, asked.t)),
        mark: material.mark(),
        lead: lead(&material),
        from: from(reader, &material, &catalog)?,
        bullet: bullet(&material),
        lineage: point.map(|point| material.look.lineage_href(code, region, point.period, breakdown)),
        notices: notices(reader, &material)?,
        pickers: pickers(&material, &parts, query),
        trend: trend(reader, &material, ahead.as_ref())?,
        outlook: ahead.as_ref().map(|ahead| outlook::outlook_words(&indicator.row, ahead, asked.t)),
        map: below.as_ref().map(|below| below.map.clone()),
        below: region
            .level()
            .child()
            .map_or_else(String::new, |level| asked.t.tr(below_key(level)).into_owned()),
        ranking: below.map(|below| below.ranking),
        split: split_bars(&material, split),
        facts: facts(reader, &material, &catalog)?,
        empty: material.point.is_none().then(|| empty(&material, &catalog)),
        chrome,
    })
}

/// The day that the reader asks about, and its last instant in the center, Unix milliseconds.
///
/// # Errors
/// [`AppError::Invalid`] when it is no day.
pub(super) fn known_on(text: &str, asked: &Asked) -> AppResult<(Option<Date>, Option<i64>)> {
    let Some(day) = look::day_asked(text)? else { return Ok((None, None)) };
    let end = look::end_of_day(day, &asked.identity.time_zone);
    Ok((Some(day), Some(end.ok_or_else(|| AppError::Invalid(format!("`{text}`: yyyy-mm-dd")))?)))
}

fn crumbs(material: &Material<'_>) -> Vec<(String, String)> {
    let t = material.asked.t;
    let code = &material.row().code;
    let mut crumbs = vec![("/indikator".to_owned(), t.tr("nav-indicators").into_owned())];
    crumbs.extend(region_crumbs(material.of.region, material.asked, |region| {
        material.look.indicator_href(code, region)
    }));
    crumbs
}

fn lead(material: &Material<'_>) -> String {
    let t = material.asked.t;
    let Some(point) = material.point else { return String::new() };
    let row = material.row();
    let Some(is) = point.value else { return rules::hidden_reason(row, t) };
    let value = rules::exact(row, is, t);
    let mut sentences = vec![match material.bounds {
        Some((low, high)) => {
            let target = rules::target_words(row, low, high, t);
            t.with("lead-value-target", [("value", value.into()), ("target", target.into())])
        }
        None => t.with("lead-value", [("value", value.into())]),
    }];
    if let Some(period) = Period::from_id(point.period) {
        let before = period.shift(-1);
        if let Some(was) = material.value_at(before) {
            let label = before.label(t.lang());
            sentences.push(if was == is {
                t.tr1("lead-same", label)
            } else {
                let change = rules::difference_words(row, is - was, t);
                let arguments =
                    [("change", change.into()), ("a", label.into()), ("b", material.words(was).into())];
                t.with("lead-changed", arguments)
            });
        }
        if let Some(was) = material.value_at(period.last_year())
            && period.last_year() != before
        {
            sentences.push(t.tr1("lead-last-year", material.words(was)));
        }
    }
    if let (Some(reported), Some(expected)) = (point.reported, point.expected)
        && reported >= expected
        && expected > 1
    {
        sentences.push(t.tr1("lead-complete", expected));
    }
    sentences.join(" ")
}

fn from(reader: &mut Reader<'_>, material: &Material<'_>, catalog: &Catalog) -> AppResult<String> {
    let t = material.asked.t;
    let agency = catalog.agency_short(material.row());
    let Some(point) = material.point else { return Ok(agency.to_owned()) };
    let recorded: Option<Option<i64>> = reader.query_opt(
        "select finished_at from run where commit_no = $1",
        &[point.commit_no.into()],
        |row| row.get(0),
    )?;
    let mut words = format!("{} · {agency}", rules::period_label(point.period, t));
    if let Some(at) = recorded.flatten() {
        words.push_str(&format!(
            " · {}",
            t.tr1("recorded-at", material.asked.time_ms(at, TimeStyle::DateTime))
        ));
    }
    Ok(words)
}

fn bullet(material: &Material<'_>) -> Option<Bullet> {
    let (low, high) = material.bounds?;
    let value = material.value()?;
    let mark = Mark::status(material.status(), material.asked.t);
    let target = rules::target_words(material.row(), low, high, material.asked.t);
    let words = format!("{}, {target}", material.words(value));
    Some(Bullet::new(value, Some(low), high, mark.shape.class(), words))
}

fn notices(reader: &mut Reader<'_>, material: &Material<'_>) -> AppResult<Vec<(&'static str, String)>> {
    let t = material.asked.t;
    let mut notices = Vec::new();
    if let Some(at) = material.known_at {
        notices.push(("stale", t.tr1("notice-known-on", material.asked.time_ms(at, TimeStyle::Date))));
    }
    let Some(point) = material.point else { return Ok(notices) };
    if let (Some(reported), Some(expected)) = (point.reported, point.expected)
        && reported < expected
    {
        notices.push(("risk", t.tr2("lead-incomplete", reported, expected)));
    }
    if material.known_at.is_none() {
        let found = reader.differences(&material.asked.scope, material.of, point.period)?;
        if let Some(here) = found.iter().find(|difference| difference.region == material.of.region) {
            notices.push((
                "risk",
                t.tr2("notice-mismatch", material.words(here.own), material.words(here.rolled)),
            ));
        }
        let below = found.iter().filter(|difference| difference.region != material.of.region).count();
        if below > 0 {
            notices.push(("risk", t.tr1("notice-mismatch-below", below)));
        }
    }
    Ok(notices)
}

fn pickers(material: &Material<'_>, parts: &[String], query: &OneQuery) -> Pickers {
    let t = material.asked.t;
    let offered = material.points.iter().rev().take(PERIODS_OFFERED);
    let periods = offered
        .filter_map(|point| Period::from_id(point.period))
        .map(|period| {
            let chosen = material.point.is_some_and(|point| point.period == period.id());
            (period.to_string(), period.label(t.lang()), chosen)
        })
        .collect();
    let total = (String::new(), t.tr("total").into_owned(), material.breakdown.is_empty());
    let parts = parts.iter().map(|key| (key.clone(), part_words(key), material.breakdown == key));
    Pickers {
        action: format!("/indikator/{}", material.row().code),
        hidden: vec![("wilayah", material.of.region.to_string())],
        periods,
        breakdowns: std::iter::once(total).chain(parts).collect(),
        known_on: query.per.clone(),
    }
}

/// `sex=f` as `sex: f`: the pack's own words.
fn part_words(key: &str) -> String {
    key.replace('=', ": ").replace(';', ", ")
}

/// The course of an indicator in a region, as its page draws it; `None` without any figure.
///
/// # Errors
/// The database's.
pub fn trend_of(
    reader: &mut Reader<'_>,
    asked: &Asked,
    indicator: &Stored<IndicatorRow>,
    region: RegionCode,
) -> AppResult<Option<Trend>> {
    let of = SeriesOf { indicator_id: indicator.id, region, breakdown_id: 0 };
    let points = reader.trend(&asked.scope, of, Span::ALWAYS, None)?;
    let point = points.last();
    let material = Material {
        asked,
        indicator,
        of,
        breakdown: "",
        points: &points,
        point,
        known_at: None,
        look: Look::default(),
        bounds: None,
    };
    trend(reader, &material, None)
}

/// What is ahead of the newest value as known now; not of a past period or of a past state of knowledge.
fn ahead(reader: &mut Reader<'_>, material: &Material<'_>) -> AppResult<Option<Ahead>> {
    let newest = material.points.last().map(|point| point.period);
    if material.known_at.is_some() || newest.is_none() || material.point.map(|point| point.period) != newest {
        return Ok(None);
    }
    let today = outlook::today(material.asked);
    Ok(Some(outlook::look(reader, today, material.row(), material.of, material.points)?))
}

/// The periods ahead as points of the chart.
fn points_ahead(ahead: &Ahead, t: Tr) -> Vec<TrendPoint> {
    let Ok(outlook) = ahead.answer.as_ref() else { return Vec::new() };
    let targets = ahead.targets.iter().copied().chain(std::iter::repeat(None));
    let points = outlook.points.iter().zip(targets).map(|(at, target)| TrendPoint {
        label: at.period.label(t.lang()),
        ahead: Some((at.value, at.likely.0, at.likely.1)),
        target: target.map(|target| target.0),
        target_high: target.and_then(|target| target.1),
        ..TrendPoint::default()
    });
    points.collect()
}

fn trend(
    reader: &mut Reader<'_>,
    material: &Material<'_>,
    ahead: Option<&Ahead>,
) -> AppResult<Option<Trend>> {
    let t = material.asked.t;
    let newest = material.point.or(material.points.last()).and_then(|point| Period::from_id(point.period));
    let Some(newest) = newest else { return Ok(None) };
    let mut window = rules::window(newest);
    let known: HashMap<i32, Option<f64>> =
        material.points.iter().map(|point| (point.period, point.value)).collect();
    let first = window.iter().position(|period| known.contains_key(&period.id())).unwrap_or(0);
    window.drain(..first);
    let ids: Vec<i32> = window.iter().map(|period| period.id()).collect();
    let (id, region) = (material.indicator.id, material.of.region);
    let targets = targets_in_force(reader, id, material.row(), region, &ids, material.known_at)?;
    let code = &material.row().code;
    let mut points: Vec<TrendPoint> = window
        .iter()
        .zip(targets)
        .map(|(period, bounds)| {
            let found = known.get(&period.id()).copied();
            let value = found.flatten();
            TrendPoint {
                label: period.label(t.lang()),
                value,
                hidden: found.filter(Option::is_none).map(|_| rules::hidden_words(material.row(), t)),
                last_year: known.get(&period.last_year().id()).copied().flatten(),
                target: bounds.map(|bounds| bounds.0),
                target_high: bounds.and_then(|bounds| bounds.1),
                href: found
                    .map(|_| material.look.lineage_href(code, region, period.id(), material.breakdown)),
                ahead: None,
            }
        })
        .collect();
    let summary = trend_summary(material, &points);
    // A sum that still grows is shown as it is, and expected as it will be.
    for expected in ahead.map(|ahead| points_ahead(ahead, t)).unwrap_or_default() {
        match points.iter_mut().find(|point| point.label == expected.label) {
            Some(point) => point.ahead = expected.ahead,
            None => points.push(expected),
        }
    }
    let caption = format!("{}, {}", indicator_name(material.row(), t), region_name(material.of.region, t));
    let row = material.row();
    Ok(Some(Trend::new(t, caption, summary, row.unit.clone(), row.decimals, points)))
}

fn trend_summary(material: &Material<'_>, points: &[TrendPoint]) -> String {
    let t = material.asked.t;
    let mut known = points.iter().filter_map(|point| point.value.map(|value| (&point.label, value)));
    let Some((label, first)) = known.next() else { return t.tr("trend-none").into_owned() };
    let last = known.next_back().map_or(first, |(_, value)| value);
    let (was, is) = (material.words(first), material.words(last));
    if was == is {
        t.tr1("trend-flat", is)
    } else {
        t.tr3(if last > first { "trend-rose" } else { "trend-fell" }, label.as_str(), was, is)
    }
}

/// The regions one level down.
struct Below {
    map: RegionMap,
    ranking: Bars,
}

fn below(reader: &mut Reader<'_>, material: &Material<'_>) -> AppResult<Option<Below>> {
    let (row, t) = (material.row(), material.asked.t);
    let Some(level) = material.of.region.level().child() else { return Ok(None) };
    let Some(point) = material.point else { return Ok(None) };
    if row.level < level {
        return Ok(None);
    }
    let of = TableOf {
        indicator_id: material.indicator.id,
        breakdown_id: material.of.breakdown_id,
        parent: material.of.region,
        level,
        period: Some(point.period),
    };
    let figures = reader.region_table(&material.asked.scope, of, material.known_at)?;
    if figures.is_empty() {
        return Ok(None);
    }
    // One target for all regions below is a stroke through all bars; where they differ there is none.
    let mut shared: Option<Bounds> = None;
    let mut bars = Vec::new();
    let known: HashMap<RegionCode, &RegionFigure> =
        figures.iter().map(|figure| (figure.region, figure)).collect();
    for region in RegionTree::embedded().children(material.of.region) {
        let figure = known.get(&region.code).copied();
        let (id, asked) = (material.indicator.id, [point.period]);
        let bounds = targets_in_force(reader, id, row, region.code, &asked, material.known_at)?[0];
        shared = Some(match shared {
            Some(before) if before != bounds => None,
            _ => bounds,
        });
        bars.push(bar(material, region.code, region.name, figure, bounds));
    }
    sort_bars(&mut bars, row.direction);
    let target = shared.flatten().filter(|(_, high)| high.is_none());
    let target = target.map(|(low, _)| (low, t.tr1("label-target", material.words(low))));
    let caption = t.tr1("ranking-of", rules::period_label(point.period, t));
    let ranking = Bars::new(t, caption, t.tr("region").into_owned(), true, bars, target);
    let look = material.look.clone();
    let map = region_map(reader, material.asked, row, material.of.region, point.period, &figures, look)?;
    Ok(Some(Below { map, ranking }))
}

/// Worst first where there is a worst; regions without a value last.
fn sort_bars(bars: &mut [Bar], direction: Direction) {
    bars.sort_by(|a, b| match (a.value, b.value) {
        (Some(a), Some(b)) if direction == Direction::Higher => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
}

fn bar(
    material: &Material<'_>,
    region: RegionCode,
    name: &str,
    figure: Option<&RegionFigure>,
    bounds: Bounds,
) -> Bar {
    let (row, t) = (material.row(), material.asked.t);
    let value = figure.and_then(|figure| figure.value);
    let status = TargetStatus::judge(
        row.direction,
        value,
        bounds.map(|b| b.0),
        bounds.and_then(|b| b.1),
        row.tolerance,
    );
    let note = match figure.and_then(|figure| figure.reported.zip(figure.expected)) {
        Some((reported, expected)) if reported < expected => t.tr2("reported-of", reported, expected),
        _ => String::new(),
    };
    Bar {
        name: name.to_owned(),
        href: Some(material.look.indicator_href(&row.code, region)),
        value,
        text: figure.map_or_else(
            || t.tr("not-reported").into_owned(),
            |figure| rules::words_or_hidden(row, figure.value, t),
        ),
        value_href: figure
            .map(|figure| material.look.lineage_href(&row.code, region, figure.period, material.breakdown)),
        mark: (!matches!(status, TargetStatus::NoTarget | TargetStatus::NoData))
            .then(|| Mark::status(status, t).quiet()),
        note,
    }
}

fn split(reader: &mut Reader<'_>, material: &Material<'_>) -> AppResult<Vec<(String, Option<f64>)>> {
    let Some(point) = material.point else { return Ok(Vec::new()) };
    let id = material.indicator.id;
    let (scope, region) = (&material.asked.scope, material.of.region);
    let parts = reader.breakdown_split(scope, id, region, point.period, material.known_at)?;
    Ok(parts.into_iter().map(|(_, key, value)| (key, value)).collect())
}

fn split_bars(material: &Material<'_>, parts: Vec<(String, Option<f64>)>) -> Option<Bars> {
    let (row, t) = (material.row(), material.asked.t);
    let point = material.point?;
    if parts.is_empty() {
        return None;
    }
    let bars = parts
        .into_iter()
        .map(|(key, value)| Bar {
            name: part_words(&key),
            href: None,
            value,
            text: rules::words_or_hidden(row, value, t),
            value_href: Some(material.look.lineage_href(&row.code, material.of.region, point.period, &key)),
            mark: None,
            note: String::new(),
        })
        .collect();
    let caption = rules::period_label(point.period, t);
    Some(Bars::new(t, caption, t.tr("breakdown").into_owned(), false, bars, None))
}

fn facts(
    reader: &mut Reader<'_>,
    material: &Material<'_>,
    catalog: &Catalog,
) -> AppResult<Vec<(String, String)>> {
    let (row, t) = (material.row(), material.asked.t);
    let mut facts = Vec::new();
    let mut add = |key: &str, text: String| facts.push((t.tr(key).into_owned(), text));
    if let Some(definition) = &row.definition {
        add("definition", definition.clone());
    }
    if let Some(agency) = catalog.agencies.get(&row.agency_id) {
        add("owner", agency.name.clone());
    }
    let word = |prefix: &str, word: &str| t.tr(&format!("{prefix}-{word}")).into_owned();
    add("cadence", word("cadence", row.cadence.as_str()));
    let direction = match row.direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
        Direction::Range => "range",
    };
    add("direction", word("direction", direction));
    let aggregation = match row.region_aggregation {
        RegionAggregation::Sum => "sum",
        RegionAggregation::Mean => "mean",
        RegionAggregation::WeightedMean => "weighted_mean",
        RegionAggregation::Ratio => "ratio",
        RegionAggregation::None => "none",
    };
    add("aggregation", word("aggregation", aggregation));
    if let Some(least) = row.least_shown() {
        add(
            "small-cells",
            t.tr1(if row.counts.hides_zero() { "small-cells-zero" } else { "small-cells-rule" }, least),
        );
    }
    // On what targets were based earlier is not recorded.
    let bases = match material.known_at {
        None => list_targets(reader, Some(material.indicator.id))?,
        Some(_) => Vec::new(),
    };
    let mut bases: Vec<String> = bases.into_iter().filter_map(|target| target.basis).collect();
    bases.sort();
    bases.dedup();
    if !bases.is_empty() {
        add("target-basis", bases.join("; "));
    }
    Ok(facts)
}

fn empty(material: &Material<'_>, catalog: &Catalog) -> Empty {
    let t = material.asked.t;
    Empty {
        title: t.tr("empty-indicator").into_owned(),
        advice: t.tr1("empty-indicator-now", catalog.agency_short(material.row())),
        action: material.asked.link_to("/sumber", "nav-sources"),
    }
}
