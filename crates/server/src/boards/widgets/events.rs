//! Widgets of what happened: runs, weather, earthquakes.

use super::{Shown, Site};
use crate::{
    error::AppResult,
    indicators::{rules, store::indicator_name},
    packs::widget,
    runs::store::{ListedRun, RunFilter, read_runs},
    web::{TimeStyle, thousands},
    widgets::{
        Cell, Earthquake, Feed, FeedItem, Framed, Instead, Mark, Piece, Quake, Reason, Shape, Weather,
        WeatherDay, roman,
    },
};
use pendopo_figures::{
    Reader, RunStatus,
    questions::{Point, SeriesOf, Span},
};
use std::collections::{BTreeMap, BTreeSet};

/// Entries of a feed that says no other number.
const ENTRIES: u8 = 8;
/// Runs looked through for a feed: many of them bring nothing new.
const LOOKED_THROUGH: i64 = 200;
/// Who measures weather and earthquakes where the pack names nobody else. Naming them is a condition of use.
const USUAL_CREDIT: &str = "BMKG";

/// What came, was revised or refused.
pub fn feed(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Feed) -> AppResult<Framed> {
    let (asked, t) = (site.asked, site.asked.t);
    let title = t.tr("widget-feed").into_owned();
    let known =
        it.source.as_deref().is_none_or(|code| site.material.sources.iter().any(|one| one.code == code));
    if !known {
        return Ok(site.unavailable(it.source.as_deref()));
    }
    let filter = RunFilter { source: it.source.as_deref(), status: None };
    let runs = read_runs(reader, &asked.scope, &filter, None, LOOKED_THROUGH)?;
    let limit = usize::from(it.limit.unwrap_or(ENTRIES)).min(site.surface.rows());
    let items: Vec<FeedItem> = runs.iter().filter_map(|run| entry(site, run)).take(limit).collect();
    if items.is_empty() {
        let advice = t.tr("feed-none-now").into_owned();
        let action = asked.link_to("/sumber", "nav-sources");
        return Ok(site.instead(title, Instead::new(Reason::Empty, &t.tr("feed-none"), advice, action)));
    }
    let summary = items
        .first()
        .map_or_else(String::new, |item| t.tr2("feed-summary", item.name.as_str(), item.at.as_str()));
    let mut shown = Shown::bare(title, summary, Piece::Feed(Feed::new(t, items)));
    shown.actions.extend(asked.link_to("/penarikan", "all-runs"));
    Ok(site.framed(shown))
}

/// A run as an entry, when it changed something that the reader may know of. Who follows the sources is told of
/// failures and refused rows; all others of figures alone.
fn entry(site: &Site<'_>, listed: &ListedRun) -> Option<FeedItem> {
    let (asked, t, run) = (site.asked, site.asked.t, &listed.run);
    let watches = asked.may_open("/penarikan");
    let at = run.finished_at?;
    let count = |number: i64| thousands(number, t.lang());
    let (shape, word, what) = match run.status {
        RunStatus::Done if run.counters.refused > 0 && watches => {
            let what =
                t.tr2("feed-refused-rows", count(run.counters.refused), count(run.added + run.revised));
            (Shape::Risk, "feed-word-refused", what)
        }
        RunStatus::Done if run.revised > 0 => {
            (Shape::On, "feed-word-revised", t.tr2("feed-revised", count(run.added), count(run.revised)))
        }
        RunStatus::Done if run.added > 0 => (Shape::On, "feed-word-new", t.tr1("feed-new", count(run.added))),
        RunStatus::Refused | RunStatus::Failed if watches => {
            (Shape::Off, "feed-word-failed", listed.problem_sentence(t.lang())?)
        }
        _ => return None,
    };
    let kind = || t.tr(&format!("run-kind-{}", run.kind.as_str())).into_owned();
    Some(FeedItem {
        at: asked.time_ms(at, TimeStyle::Short),
        mark: Mark::new(shape, &t.tr(word)).quiet(),
        name: listed.source_name.clone().unwrap_or_else(kind),
        href: (watches && !site.surface.is_still()).then(|| format!("/penarikan/{}", run.run_id)),
        what,
    })
}

/// The newest `count` periods of an indicator, newest first; empty when the reader may not see it.
fn newest(
    reader: &mut Reader<'_>,
    site: &Site<'_>,
    code: Option<&str>,
    count: usize,
) -> AppResult<Vec<Point>> {
    let Some(indicator) = code.and_then(|code| site.indicator(code)) else { return Ok(Vec::new()) };
    let of = SeriesOf { indicator_id: indicator.id, region: site.region, breakdown_id: 0 };
    let points = site.asked.kept.trend(reader, &site.asked.scope, of, Span::ALWAYS)?;
    Ok(points.iter().rev().take(count).copied().collect())
}

/// In place of what a pack has no source for, or none that the reader may see.
fn no_source(site: &Site<'_>, named: bool) -> Framed {
    let t = site.asked.t;
    let (what, advice) =
        if named { ("widget-empty", "feed-none-now") } else { ("nature-none", "nature-none-now") };
    let action = asked_sources(site);
    site.instead(
        site.kind_word(),
        Instead::new(Reason::Empty, &t.tr(what), t.tr(advice).into_owned(), action),
    )
}

fn asked_sources(site: &Site<'_>) -> Option<(String, String)> {
    site.asked.link_to("/sumber", "nav-sources")
}

/// Weather by days.
pub fn weather(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Weather) -> AppResult<Framed> {
    let t = site.asked.t;
    let named = [&it.temperature, &it.rain, &it.humidity, &it.wind];
    let seen: Vec<_> = named.iter().filter_map(|code| site.indicator(code.as_deref()?)).collect();
    if seen.is_empty() {
        return Ok(match named.iter().find_map(|code| code.as_deref()) {
            Some(code) => site.unavailable(Some(code)),
            None => no_source(site, false),
        });
    }
    let days = usize::from(it.days.unwrap_or(7)).min(site.surface.rows());
    let mut values: BTreeMap<(i32, usize), Option<f64>> = BTreeMap::new();
    for (column, indicator) in seen.iter().enumerate() {
        for point in newest(reader, site, Some(&indicator.row.code), days)? {
            values.insert((point.period, column), point.value);
        }
    }
    let periods: BTreeSet<i32> = values.keys().map(|(period, _)| *period).collect();
    let Some(last) = periods.last() else { return Ok(no_source(site, true)) };
    let rows: Vec<WeatherDay> = periods
        .iter()
        .rev()
        .take(days)
        .map(|period| WeatherDay {
            day: rules::period_label(*period, t),
            values: seen
                .iter()
                .enumerate()
                .map(|(column, indicator)| {
                    let value = values.get(&(*period, column))?;
                    let text = rules::words_or_hidden(&indicator.row, *value, t);
                    Some(Cell { value: *value, text })
                })
                .collect(),
            rain: seen
                .iter()
                .position(|indicator| Some(&indicator.row.code) == it.rain.as_ref())
                .and_then(|column| values.get(&(*period, column)).copied().flatten()),
        })
        .collect();
    let columns = seen.iter().map(|indicator| indicator_name(&indicator.row, t).to_owned()).collect();
    let summary = seen
        .iter()
        .enumerate()
        .filter_map(|(column, indicator)| {
            let value = values.get(&(*last, column))?;
            Some(format!(
                "{} {}",
                indicator_name(&indicator.row, t),
                rules::words_or_hidden(&indicator.row, *value, t)
            ))
        })
        .collect::<Vec<_>>()
        .join(", ");
    let summary = format!("{}: {summary}.", rules::period_label(*last, t));
    let (origin, freshness) = site.origin_of_all(&seen, &rules::period_label(*last, t));
    let credit = it.credit.clone().unwrap_or_else(|| USUAL_CREDIT.to_owned());
    let title = site.kind_word();
    let piece = Piece::Weather(Weather::new(t, title.clone(), columns, rows, credit));
    Ok(site.framed(Shown { origin, freshness, ..Shown::bare(title, summary, piece) }))
}

/// Earthquakes listed.
const QUAKES: usize = 5;

/// The latest earthquakes: of each day the strongest.
pub fn earthquake(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Earthquake) -> AppResult<Framed> {
    let t = site.asked.t;
    let Some(code) = it.magnitude.as_deref() else { return Ok(no_source(site, false)) };
    let Some(magnitude) = site.indicator(code) else { return Ok(site.unavailable(Some(code))) };
    let points = newest(reader, site, Some(code), QUAKES)?;
    let Some(last) = points.first() else { return Ok(site.without(magnitude)) };
    let depth = it.depth.as_deref().and_then(|code| site.indicator(code));
    let depths = newest(reader, site, it.depth.as_deref(), usize::MAX)?;
    let felt = newest(reader, site, it.felt.as_deref(), usize::MAX)?;
    let at = |points: &[Point], period: i32| {
        points.iter().find(|point| point.period == period).and_then(|point| point.value)
    };
    let number = |value: f64| rules::words(&magnitude.row, value, t);
    let quakes: Vec<Quake> = points
        .iter()
        .map(|point| Quake {
            day: rules::period_label(point.period, t),
            value: point.value,
            magnitude: point.value.map_or_else(|| rules::hidden_words(&magnitude.row, t), number),
            depth: depth.and_then(|depth| Some(rules::words(&depth.row, at(&depths, point.period)?, t))),
            felt: at(&felt, point.period).and_then(roman).map(|word| format!("{word} MMI")),
            href: Some(rules::lineage_href(code, site.region, point.period, "")),
        })
        .collect();
    let summary = quakes.first().map_or_else(String::new, |quake| {
        let mut words = t.tr2("quake-summary", quake.magnitude.as_str(), quake.day.as_str());
        match &quake.felt {
            Some(felt) => words.push_str(&format!(" {}", t.tr1("quake-felt-words", felt.as_str()))),
            None if it.felt.is_some() => words.push_str(&format!(" {}", t.tr("quake-not-felt"))),
            None => {}
        }
        words
    });
    let title = site.kind_word();
    let origin = site.origin(magnitude, last.period);
    let credit = it.credit.clone().unwrap_or_else(|| USUAL_CREDIT.to_owned());
    let piece = Piece::Earthquake(Earthquake::new(t, title.clone(), quakes, credit));
    Ok(site.framed(Shown {
        href: Some(rules::indicator_href(code, site.region)),
        origin,
        freshness: site.material.freshness(site.asked, &magnitude.row),
        ..Shown::bare(title, summary, piece)
    }))
}
