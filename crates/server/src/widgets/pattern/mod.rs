//! `/pola`: every widget in every state, with made-up figures. Whoever changes a widget looks here first.

mod cases;
mod samples;

use super::{Bullet, Empty, Framed, MapCell, MapDrawing, Mark, RegionMap, Shape, Trend, TrendPoint};
use crate::web::{Chrome, Tr, figure};
use askama::Template;
use cases::{Case, KINDS, course, months};
use pendopo_vocab::{FreshnessState, TargetStatus};
use samples::sample;

/// The pattern page.
#[derive(Template)]
#[template(path = "widgets/pattern/pattern.html")]
pub struct PatternPage {
    /// The frame.
    pub chrome: Chrome,
    statuses: Vec<Mark>,
    freshness: Vec<Mark>,
    groups: Vec<Group>,
    trends: Vec<Trend>,
    bullets: Vec<(Mark, String, Bullet)>,
    villages: RegionMap,
    drawn: RegionMap,
    empty: Empty,
}

/// One kind of widget in all states that it can be in.
struct Group {
    kind: &'static str,
    name: String,
    /// The state in words, the width, and the widget.
    cells: Vec<(String, u8, Framed)>,
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
    /// All widgets on it.
    #[cfg(test)]
    pub fn widgets(&self) -> impl Iterator<Item = &Framed> {
        self.groups.iter().flat_map(|group| &group.cells).map(|(_, _, framed)| framed)
    }

    /// The page in the frame's language.
    pub fn new(chrome: Chrome) -> PatternPage {
        let t = chrome.t;
        let groups = KINDS
            .iter()
            .map(|kind| Group {
                kind,
                name: t.tr(&format!("widget-{kind}")).into_owned(),
                cells: Case::ALL
                    .into_iter()
                    .filter(|case| case.concerns(kind))
                    .map(|case| {
                        let framed = sample(t, kind, case);
                        (t.tr(case.key()).into_owned(), framed.span, framed)
                    })
                    .collect(),
            })
            .collect();
        PatternPage {
            statuses: STATUSES.iter().map(|status| Mark::status(*status, t)).collect(),
            freshness: FRESHNESS.iter().map(|state| Mark::freshness(*state, t)).collect(),
            groups,
            trends: vec![sample_trend(t), sample_range(t)],
            bullets: sample_bullets(t),
            villages: sample_map(t, 60),
            drawn: sample_map(t, 16).drawn(Some(MapDrawing::sample(16))),
            empty: Empty {
                title: t.tr("empty-board").into_owned(),
                advice: t.tr("empty-board-now").into_owned(),
                action: Some(("/sumber".to_owned(), t.tr("nav-sources").into_owned())),
            },
            chrome,
        }
    }

    fn shapes(&self) -> [Shape; 6] {
        [Shape::On, Shape::Risk, Shape::Off, Shape::Stale, Shape::Nothing, Shape::Plain]
    }
}

fn sample_trend(t: Tr) -> Trend {
    let before: Vec<f64> = course(24, 21.0, -0.05).collect();
    let next =
        months(24).last().into_iter().flat_map(|last| (1..=6).map(move |step| (step, last.shift(step))));
    let ahead = next.map(|(step, period)| TrendPoint {
        label: period.label(t.lang()),
        ahead: Some((17.2 - 0.1 * f64::from(step), 16.6 - 0.2 * f64::from(step), 17.8)),
        target: Some(14.0),
        ..TrendPoint::default()
    });
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
            ahead: None,
        })
        .chain(ahead)
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

fn sample_bullets(t: Tr) -> Vec<(Mark, String, Bullet)> {
    [
        (TargetStatus::OffTrack, 61.0, 70.0, None),
        (TargetStatus::AtRisk, 68.0, 70.0, None),
        (TargetStatus::OnTrack, 74.0, 70.0, None),
        (TargetStatus::OnTrack, 66.0, 60.0, Some(80.0)),
    ]
    .into_iter()
    .map(|(status, value, target, high)| {
        let write = |value| figure(value, "%", 0, false, t.lang()).text();
        let words = format!("{} · {}", write(value), t.tr1("label-target", write(target)));
        let class = Shape::from(status).class();
        (Mark::status(status, t), words.clone(), Bullet::new(value, Some(target), high, class, words))
    })
    .collect()
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
