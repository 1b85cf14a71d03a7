//! `/pola`: every widget in every state, with made-up figures. Whoever changes a widget looks here first.

use super::{
    Bar, Bars, Bullet, Change, Empty, Heat, HeatRow, MapCell, Mark, RegionMap, Shape, Sparkline, Tile, Trend,
    TrendPoint,
};
use crate::web::{Chrome, Tr, figure};
use askama::Template;
use pendopo_vocab::{FreshnessState, Period, TargetStatus};

/// The pattern page.
#[derive(Template)]
#[template(path = "widgets/pattern.html")]
pub struct PatternPage {
    /// The frame.
    pub chrome: Chrome,
    statuses: Vec<Mark>,
    freshness: Vec<Mark>,
    tiles: Vec<Tile>,
    trends: Vec<Trend>,
    bullets: Vec<(String, Bullet)>,
    bars: Bars,
    map: RegionMap,
    villages: RegionMap,
    heat: Heat,
    empty: Empty,
}

const STATUSES: [TargetStatus; 5] = [
    TargetStatus::OnTrack,
    TargetStatus::AtRisk,
    TargetStatus::OffTrack,
    TargetStatus::NoTarget,
    TargetStatus::NoData,
];

const FRESHNESS: [FreshnessState; 7] = [
    FreshnessState::Fresh,
    FreshnessState::Late,
    FreshnessState::Stale,
    FreshnessState::Down,
    FreshnessState::Blocked,
    FreshnessState::Changed,
    FreshnessState::Waiting,
];

impl PatternPage {
    /// The page in the frame's language.
    pub fn new(chrome: Chrome) -> PatternPage {
        let t = chrome.t;
        PatternPage {
            statuses: STATUSES.iter().map(|status| Mark::status(*status, t)).collect(),
            freshness: FRESHNESS.iter().map(|state| Mark::freshness(*state, t)).collect(),
            tiles: STATUSES.iter().map(|status| sample_tile(t, *status)).collect(),
            trends: vec![sample_trend(t), sample_range(t)],
            bullets: sample_bullets(t),
            bars: sample_bars(t),
            map: sample_map(t, 16),
            villages: sample_map(t, 60),
            heat: sample_heat(t),
            empty: Empty {
                title: t.tr("empty-board").into_owned(),
                advice: t.tr("empty-board-now").into_owned(),
                action: Some(("/sumber".to_owned(), t.tr("nav-sources").into_owned())),
            },
            chrome,
        }
    }
}

/// A course that wanders around `level`, the same on every call.
fn course(count: i32, level: f64, slope: f64) -> impl Iterator<Item = f64> {
    (0..count).map(move |step| {
        let step = f64::from(step);
        level + slope * step + (step * 1.3).sin() * level * 0.03 + (step * 0.52).cos() * level * 0.05
    })
}

fn sample_tile(t: Tr, status: TargetStatus) -> Tile {
    let values: Vec<Option<f64>> = course(24, 20.0, -0.12).map(Some).collect();
    let has_data = status != TargetStatus::NoData;
    let has_target = !matches!(status, TargetStatus::NoTarget | TargetStatus::NoData);
    Tile {
        t,
        name: t.tr("sample-indicator").into_owned(),
        href: "#".to_owned(),
        figure: has_data.then(|| figure(17.9, "%", 1, true, t.lang())),
        instead: t.tr("no-value").into_owned(),
        mark: Mark::status(status, t),
        target: has_target.then(|| t.tr1("target-at-most", figure(14.0, "%", 1, true, t.lang()).text())),
        period: "2026".to_owned(),
        agency: "OPD".to_owned(),
        change: (status == TargetStatus::OffTrack).then(|| Change {
            text: t.tr1("points", "+1,2"),
            against: t.tr1("since-period", "2025"),
            better: Some(false),
        }),
        spark: has_data.then(|| Sparkline::new(&values, has_target.then_some(14.0))),
        freshness: (status == TargetStatus::AtRisk).then(|| Mark::freshness(FreshnessState::Stale, t)),
    }
}

fn months(count: i32) -> impl Iterator<Item = Period> {
    let last = Period::from_id(202_609_013);
    (1 - count..=0).filter_map(move |back| last.map(|last| last.shift(back)))
}

fn sample_trend(t: Tr) -> Trend {
    let before: Vec<f64> = course(24, 21.0, -0.05).collect();
    let points = months(24)
        .zip(course(24, 20.0, -0.12))
        .enumerate()
        .map(|(index, (period, value))| TrendPoint {
            label: period.label(t.lang()),
            // Two months were not reported, one is not shown.
            value: (!(9..12).contains(&index)).then_some(value),
            hidden: (index == 11).then(|| t.tr1("hidden-below", 5)),
            last_year: Some(before[index]),
            target: Some(if index < 15 { 16.0 } else { 14.0 }),
            target_high: None,
            href: Some("#".to_owned()),
        })
        .collect();
    let summary = t.tr("sample-summary").into_owned();
    Trend::new(t, t.tr("sample-indicator").into_owned(), summary, "%".to_owned(), 1, points)
}

fn sample_range(t: Tr) -> Trend {
    let points = months(14)
        .zip(course(14, 14_200.0, 60.0))
        .map(|(period, value)| TrendPoint {
            label: period.label(t.lang()),
            value: Some(value),
            target: Some(13_000.0),
            target_high: Some(14_500.0),
            ..TrendPoint::default()
        })
        .collect();
    let summary = t.tr("sample-summary").into_owned();
    Trend::new(t, t.tr("sample-range").into_owned(), summary, "Rp/kg".to_owned(), 0, points)
}

fn sample_bullets(t: Tr) -> Vec<(String, Bullet)> {
    [
        ("off", 61.0, 70.0, None),
        ("risk", 68.0, 70.0, None),
        ("on", 74.0, 70.0, None),
        ("on", 66.0, 60.0, Some(80.0)),
    ]
    .into_iter()
    .map(|(class, value, target, high)| {
        let write = |value| figure(value, "%", 0, false, t.lang()).text();
        let words = format!("{} · {}", write(value), t.tr1("label-target", write(target)));
        (words.clone(), Bullet::new(value, Some(target), high, class, words))
    })
    .collect()
}

fn sample_bars(t: Tr) -> Bars {
    let rows = course(7, 18.0, -1.6)
        .enumerate()
        .map(|(index, value)| {
            let value = (index < 6).then_some(value);
            let status = TargetStatus::judge(pendopo_vocab::Direction::Lower, value, Some(14.0), None, 0.1);
            Bar {
                name: t.tr1("sample-region", index as i64 + 1),
                href: Some("#".to_owned()),
                value,
                text: value.map_or_else(
                    || t.tr("no-value").into_owned(),
                    |value| figure(value, "%", 1, false, t.lang()).text(),
                ),
                value_href: value.map(|_| "#".to_owned()),
                mark: Some(Mark::status(status, t).quiet()),
                note: t.tr2("reported-of", 12 - index as i64, 12),
            }
        })
        .collect();
    let target = t.tr1("label-target", figure(14.0, "%", 1, false, t.lang()).text());
    Bars::new(
        t,
        t.tr("sample-indicator").into_owned(),
        t.tr("region").into_owned(),
        true,
        rows,
        Some((14.0, target)),
    )
}

fn sample_map(t: Tr, count: i32) -> RegionMap {
    let cells = course(count, 17.0, -0.1)
        .enumerate()
        .map(|(index, value)| {
            let hidden = index % 11 == 8;
            let value = (index % 7 != 4 && !hidden).then_some(value);
            MapCell {
                hidden,
                name: t.tr1("sample-region", index as i64 + 1),
                href: "#".to_owned(),
                value,
                text: value.map_or_else(
                    || if hidden { t.tr1("hidden-below", 5) } else { t.tr("not-reported").into_owned() },
                    |value| figure(value, "%", 1, false, t.lang()).text(),
                ),
            }
        })
        .collect();
    let summary = t.tr("sample-summary").into_owned();
    let write = |value| figure(value, "%", 1, false, t.lang()).text();
    RegionMap::new(t, t.tr("sample-indicator").into_owned(), summary, cells, write)
}

fn sample_heat(t: Tr) -> Heat {
    let columns: Vec<String> = months(8).map(|period| period.label(t.lang())).collect();
    let rows = (1..=5)
        .map(|row: i32| HeatRow {
            name: t.tr1("sample-region", i64::from(row)),
            href: Some("#".to_owned()),
            cells: course(8, 14.0 + f64::from(row), 0.2)
                .enumerate()
                .map(|(index, value)| {
                    let text = figure(value, "", 1, false, t.lang()).text();
                    (index as i32 != row + 1).then_some((value, text))
                })
                .collect(),
        })
        .collect();
    Heat::new(t, t.tr("sample-indicator").into_owned(), t.tr("region").into_owned(), columns, rows)
}

impl PatternPage {
    fn shapes(&self) -> [Shape; 6] {
        [Shape::On, Shape::Risk, Shape::Off, Shape::Stale, Shape::Nothing, Shape::Plain]
    }
}
