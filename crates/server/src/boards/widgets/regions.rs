//! Widgets of the regions one level down: bars, ranking, map, absorption.

use super::{Found, Shown, Site, parts::newest_of_parts, series::now_words};
use crate::{
    error::AppResult,
    indicators::{
        Look, region_map, rules,
        store::{below_key, region_name},
    },
    packs::widget,
    widgets::{
        Absorption, Bar, Bars, Framed, Instead, Mark, Piece, Progress, Ranked, Ranking, RankingOptions,
        Reason, wilson,
    },
};
use pendopo_figures::{
    IndicatorRow, Reader,
    questions::{Questions, RegionFigure, TableOf},
    targets_in_force,
};
use pendopo_vocab::{Direction, RegionAggregation, RegionCode, TargetStatus, region_tree::RegionTree};
use std::{collections::HashMap, sync::Arc};

/// Regions smaller than this have no place in a ranking that says no other number.
const MIN_SAMPLE: u32 = 30;
/// Units of what is measured rather than counted: chance says nothing of them.
const MEASURED: [&str; 12] = ["km", "m", "ha", "kg", "ton", "kuintal", "m2", "m3", "m²", "m³", "l", "liter"];

type Bounds = Option<(f64, Option<f64>)>;

/// One region below, with what was reported for it and its target.
struct Below {
    region: RegionCode,
    name: &'static str,
    figure: Option<RegionFigure>,
    bounds: Bounds,
}

/// The regions one level down, in order of code; none where the indicator is not reported there.
fn below(reader: &mut Reader<'_>, site: &Site<'_>, found: &Found<'_>) -> AppResult<Vec<Below>> {
    let figures = values(reader, site, found.indicator.id, &found.indicator.row, found.latest.period)?;
    if figures.is_empty() {
        return Ok(Vec::new());
    }
    let (id, row, period) = (found.indicator.id, &found.indicator.row, found.latest.period);
    let mut known: HashMap<RegionCode, RegionFigure> =
        figures.iter().map(|figure| (figure.region, figure.clone())).collect();
    let mut regions = Vec::new();
    for region in RegionTree::embedded().children(site.region) {
        let bounds =
            targets_in_force(reader, id, row, region.code, &[period], None)?.into_iter().next().flatten();
        regions.push(Below {
            region: region.code,
            name: region.name,
            figure: known.remove(&region.code),
            bounds,
        });
    }
    Ok(regions)
}

/// What an indicator says of the regions one level down in a period.
fn values(
    reader: &mut Reader<'_>,
    site: &Site<'_>,
    indicator_id: i64,
    row: &IndicatorRow,
    period: i32,
) -> AppResult<Arc<Vec<RegionFigure>>> {
    let Some(level) = site.region.level().child().filter(|level| row.level >= *level) else {
        return Ok(Arc::default());
    };
    let of = TableOf { indicator_id, breakdown_id: 0, parent: site.region, level, period: Some(period) };
    Ok(site.asked.kept.region_table(reader, &site.asked.scope, of)?)
}

impl Below {
    fn value(&self) -> Option<f64> {
        self.figure.as_ref().and_then(|figure| figure.value)
    }

    fn text(&self, row: &IndicatorRow, site: &Site<'_>) -> String {
        let t = site.asked.t;
        self.figure.as_ref().map_or_else(
            || t.tr("not-reported").into_owned(),
            |figure| rules::words_or_hidden(row, figure.value, t),
        )
    }

    fn mark(&self, row: &IndicatorRow, site: &Site<'_>) -> Option<Mark> {
        let (low, high) = (self.bounds.map(|b| b.0), self.bounds.and_then(|b| b.1));
        let status = TargetStatus::judge(row.direction, self.value(), low, high, row.tolerance);
        let judged = !matches!(status, TargetStatus::NoTarget | TargetStatus::NoData);
        judged.then(|| Mark::status(status, site.asked.t).quiet())
    }

    fn lineage(&self, row: &IndicatorRow) -> Option<String> {
        self.figure.as_ref().map(|figure| rules::lineage_href(&row.code, self.region, figure.period, ""))
    }
}

/// One target that holds for all, as a stroke through all bars.
fn shared_target(regions: &[Below], row: &IndicatorRow, site: &Site<'_>) -> Option<(f64, String)> {
    let first = regions.first()?.bounds?;
    let shared = regions.iter().all(|region| region.bounds == Some(first)) && first.1.is_none();
    shared.then(|| (first.0, site.asked.t.tr1("label-target", rules::words(row, first.0, site.asked.t))))
}

/// In place of a widget whose indicator says nothing of the regions below.
fn no_parts(site: &Site<'_>, found: &Found<'_>) -> Framed {
    let t = site.asked.t;
    let advice = t.tr1("widget-no-parts-now", site.title_of(found.indicator));
    let instead = Instead::new(Reason::Empty, &t.tr("widget-no-parts"), advice, None);
    let framed = site.framed(site.shown(found, now_words(site, found), Piece::Instead(instead)));
    Framed { title: site.title_of(found.indicator), ..framed }
}

/// Bars of the regions below, in order of code, or of the parts of the total.
pub fn bars(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Bars) -> AppResult<Framed> {
    let by = it.by.unwrap_or_default();
    let (found, summary) = match site.find(reader, &it.indicator)? {
        Ok(found) => {
            let summary = now_words(site, &found);
            (found, summary)
        }
        // Of some indicators only the parts are reported, never the total.
        Err(instead) if by == widget::BarsBy::Part => {
            let Some(indicator) = site.indicator(&it.indicator) else { return Ok(*instead) };
            match newest_of_parts(reader, site, indicator.id, |_| true)? {
                Some(latest) => (Found { indicator, latest }, String::new()),
                None => return Ok(*instead),
            }
        }
        Err(instead) => return Ok(*instead),
    };
    let (row, t) = (&found.indicator.row, site.asked.t);
    let caption =
        format!("{}, {}", site.title_of(found.indicator), rules::period_label(found.latest.period, t));
    let (bars, head, target) = match by {
        widget::BarsBy::Region => {
            let regions = below(reader, site, &found)?;
            let bars = regions.iter().map(|region| region_bar(site, row, region)).collect::<Vec<_>>();
            (bars, t.tr("region"), shared_target(&regions, row, site))
        }
        widget::BarsBy::Part => (part_bars(reader, site, &found)?, t.tr("breakdown"), None),
    };
    if bars.is_empty() {
        return Ok(no_parts(site, &found));
    }
    let piece = Piece::Bars(Bars::new(t, caption, head.into_owned(), false, bars, target));
    Ok(site.framed(site.shown(&found, summary, piece)))
}

fn region_bar(site: &Site<'_>, row: &IndicatorRow, region: &Below) -> Bar {
    let note = match region.figure.as_ref().and_then(|figure| figure.reported.zip(figure.expected)) {
        Some((reported, expected)) if reported < expected => {
            site.asked.t.tr2("reported-of", reported, expected)
        }
        _ => String::new(),
    };
    Bar {
        name: region.name.to_owned(),
        href: Some(rules::indicator_href(&row.code, region.region)),
        value: region.value(),
        text: region.text(row, site),
        value_href: region.lineage(row),
        mark: region.mark(row, site),
        note,
    }
}

fn part_bars(reader: &mut Reader<'_>, site: &Site<'_>, found: &Found<'_>) -> AppResult<Vec<Bar>> {
    let (row, t) = (&found.indicator.row, site.asked.t);
    let (id, period) = (found.indicator.id, found.latest.period);
    let parts = reader.breakdown_split(&site.asked.scope, id, site.region, period, None)?;
    let bar = |(_, key, value): (i64, String, Option<f64>)| Bar {
        name: key.split(';').filter_map(|pair| Some(pair.split_once('=')?.1)).collect::<Vec<_>>().join(", "),
        href: None,
        value,
        text: rules::words_or_hidden(row, value, t),
        value_href: Some(rules::lineage_href(&row.code, site.region, period, &key)),
        mark: None,
        note: String::new(),
    };
    Ok(parts.into_iter().map(bar).collect())
}

/// The regions below in order, with their uncertainty where it can be known.
pub fn ranking(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Ranking) -> AppResult<Framed> {
    let found = match site.find(reader, &it.indicator)? {
        Ok(found) => found,
        Err(instead) => return Ok(*instead),
    };
    let (row, t) = (&found.indicator.row, site.asked.t);
    let regions = below(reader, site, &found)?;
    if regions.is_empty() {
        return Ok(no_parts(site, &found));
    }
    let counted = counted(reader, site, &found)?;
    let scale = row.scale.unwrap_or(1.0);
    let rows = regions
        .iter()
        .map(|region| {
            let seen = counted.get(&region.region).filter(|_| region.value().is_some());
            let interval = seen.and_then(|(hits, of)| wilson((*hits)?, (*of)?));
            Ranked {
                name: region.name.to_owned(),
                href: rules::indicator_href(&row.code, region.region),
                value: region.value(),
                text: region.text(row, site),
                value_href: region.lineage(row),
                interval: interval.map(|(low, high)| (low * scale, high * scale)),
                sample: seen.and_then(|(_, of)| *of),
                mark: region.mark(row, site),
            }
        })
        .collect();
    let level =
        site.region.level().child().map_or_else(String::new, |level| t.tr(below_key(level)).into_owned());
    let limit = it.limit.map_or(site.surface.rows(), |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    // The worst first, where there is a worst: that is what a leader looks for.
    let highest = row.direction != Direction::Higher;
    let options = RankingOptions {
        caption: format!("{level}, {}", rules::period_label(found.latest.period, t)),
        highest_first: highest,
        min_sample: it.min_sample.unwrap_or(MIN_SAMPLE),
        limit,
        target: shared_target(&regions, row, site),
    };
    let ranking = Ranking::new(t, options, rows, |value| rules::words(row, value, t));
    let summary = ranking_words(site, &ranking, if highest { "rank-highest" } else { "rank-lowest" });
    Ok(site.framed(site.shown(&found, summary, Piece::Ranking(ranking))))
}

fn ranking_words(site: &Site<'_>, ranking: &Ranking, first: &str) -> String {
    let t = site.asked.t;
    let Some((name, value)) = ranking.first() else { return t.tr("rank-none").into_owned() };
    let mut words = t.tr2(first, name, value);
    let could = ranking.could_be_first();
    if ranking.is_fair() && could > 1 {
        words.push(' ');
        words.push_str(&t.tr1("rank-could-be-first", could - 1));
    }
    if ranking.too_small() > 0 {
        words.push(' ');
        words.push_str(&t.tr1("rank-too-small", ranking.too_small()));
    }
    words
}

/// How many of how many, by region: of a ratio of things that are counted, one a part of the other.
type Counted = HashMap<RegionCode, (Option<f64>, Option<f64>)>;

fn counted(reader: &mut Reader<'_>, site: &Site<'_>, found: &Found<'_>) -> AppResult<Counted> {
    let row = &found.indicator.row;
    let inputs = row
        .numerator_id
        .zip(row.denominator_id)
        .filter(|_| row.region_aggregation == RegionAggregation::Ratio);
    let catalog = &site.material.catalog;
    let inputs = inputs.and_then(|(above, under)| catalog.by_id(above).zip(catalog.by_id(under)));
    let Some((above, under)) = inputs.filter(|(above, under)| is_share(&above.row, &under.row)) else {
        return Ok(Counted::new());
    };
    let mut counted = Counted::new();
    for figure in values(reader, site, above.id, &above.row, found.latest.period)?.iter() {
        counted.entry(figure.region).or_default().0 = figure.value;
    }
    for figure in values(reader, site, under.id, &under.row, found.latest.period)?.iter() {
        counted.entry(figure.region).or_default().1 = figure.value;
    }
    Ok(counted)
}

/// One is a part of the other, and both are counted.
fn is_share(above: &IndicatorRow, under: &IndicatorRow) -> bool {
    let unit = above.unit.to_lowercase();
    let measured = unit.starts_with("rp") || unit == "%" || MEASURED.contains(&unit.as_str());
    above.unit == under.unit && above.decimals == 0 && under.decimals == 0 && !measured
}

/// The regions below, coloured.
pub fn map(reader: &mut Reader<'_>, site: &Site<'_>, code: &str) -> AppResult<Framed> {
    let found = match site.find(reader, code)? {
        Ok(found) => found,
        Err(instead) => return Ok(*instead),
    };
    let (row, period) = (&found.indicator.row, found.latest.period);
    let figures = values(reader, site, found.indicator.id, row, period)?;
    if figures.is_empty() {
        return Ok(no_parts(site, &found));
    }
    let map = region_map(reader, site.asked, row, site.region, period, &figures, Look::default())?;
    let summary = map.summary().to_owned();
    Ok(site.framed(site.shown(&found, summary, Piece::Map(map))))
}

/// What was built against what was paid: the region itself, and those below where both are reported there.
pub fn absorption(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Absorption) -> AppResult<Framed> {
    let physical = match site.find(reader, &it.physical)? {
        Ok(found) => found,
        Err(instead) => return Ok(*instead),
    };
    let financial = match site.find(reader, &it.financial)? {
        Ok(found) => found,
        Err(instead) => return Ok(*instead),
    };
    let (asked, t) = (site.asked, site.asked.t);
    let decimals = physical.indicator.row.decimals.max(financial.indicator.row.decimals);
    let whole = Progress {
        name: region_name(site.region, t),
        href: None,
        physical: physical.latest.value,
        financial: financial.latest.value,
    };
    let summary = t.tr3(
        "absorption-summary",
        rules::words_or_hidden(&physical.indicator.row, whole.physical, t),
        rules::words_or_hidden(&financial.indicator.row, whole.financial, t),
        whole.words(t, decimals),
    );
    let mut rows = vec![whole];
    let by_region = |figures: Arc<Vec<RegionFigure>>| -> HashMap<RegionCode, f64> {
        figures.iter().filter_map(|figure| Some((figure.region, figure.value?))).collect()
    };
    let built = by_region(values(
        reader,
        site,
        physical.indicator.id,
        &physical.indicator.row,
        physical.latest.period,
    )?);
    let paid = by_region(values(
        reader,
        site,
        financial.indicator.id,
        &financial.indicator.row,
        financial.latest.period,
    )?);
    let mut parts: Vec<Progress> = RegionTree::embedded()
        .children(site.region)
        .filter_map(|region| {
            Some(Progress {
                name: region.name.to_owned(),
                href: Some(rules::indicator_href(&it.physical, region.code)),
                physical: Some(*built.get(&region.code)?),
                financial: Some(*paid.get(&region.code)?),
            })
        })
        .collect();
    // Where money went out ahead of the work comes first.
    let gap = |row: &Progress| row.physical.zip(row.financial).map_or(0.0, |(built, paid)| built - paid);
    parts.sort_by(|a, b| gap(a).total_cmp(&gap(b)));
    rows.extend(parts.into_iter().take(site.surface.rows()));
    let both = [physical.indicator, financial.indicator];
    let newest = physical.latest.period.min(financial.latest.period);
    let (origin, freshness) = site.origin_of_all(&both, &rules::period_label(newest, t));
    let link = |found: &Found<'_>, key: &str| {
        let code = &found.indicator.row.code;
        (rules::lineage_href(code, site.region, found.latest.period, ""), t.tr(key).into_owned())
    };
    let actions = vec![
        link(&physical, "absorption-lineage-physical"),
        link(&financial, "absorption-lineage-financial"),
    ];
    let title = asked.t.tr("widget-absorption").into_owned();
    let piece = Piece::Absorption(Absorption::new(t, title.clone(), decimals, rows));
    Ok(site.framed(Shown { origin, freshness, actions, ..Shown::bare(title, summary, piece) }))
}
