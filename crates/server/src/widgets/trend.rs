//! A line over time with its target, last year and gaps, labelled directly. Drawn twice, for a desk and
//! for a phone, since a drawing that shrinks takes its letters with it; style sheets show one of them.

use super::{
    Measure,
    on_paper::standalone,
    scale::{Px, Scale, path, spread},
};
use crate::web::{Tr, figure};
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Table};

/// One period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrendPoint {
    /// The period in words.
    pub label: String,
    /// The value; `None` leaves a gap.
    pub value: Option<f64>,
    /// There is a value that the reader may not see: words in its place.
    pub hidden: Option<String>,
    /// The value a year earlier.
    pub last_year: Option<f64>,
    /// The target, or the lower one of a range.
    pub target: Option<f64>,
    /// The upper target of a range.
    pub target_high: Option<f64>,
    /// Lineage of the value.
    pub href: Option<String>,
    /// What is expected where no value is yet: the middle, the lower and the upper end.
    pub ahead: Option<(f64, f64, f64)>,
}

/// A trend chart with its table.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/trend.html")]
pub struct Trend {
    t: Tr,
    caption: String,
    summary: String,
    unit: String,
    decimals: u8,
    points: Vec<TrendPoint>,
    plots: Vec<Plot>,
    has_target: bool,
    has_last_year: bool,
    has_ahead: bool,
}

/// One drawing alone.
#[derive(Template)]
#[template(path = "widgets/trend_plot.html")]
struct PlotDrawing<'a> {
    plot: &'a Plot,
    caption: &'a str,
    summary: &'a str,
    has_ahead: bool,
}

/// A drawing, in pixels.
#[derive(Debug, Clone, PartialEq)]
struct Plot {
    class: &'static str,
    width: Px,
    height: Px,
    left: Px,
    right: Px,
    bottom: Px,
    grid: Vec<(Px, String)>,
    months: Vec<(Px, String)>,
    line: String,
    last_year: String,
    target: String,
    target_high: String,
    ahead: String,
    /// Outline of what is expected.
    band: String,
    gaps: Vec<(Px, Px)>,
    dots: Vec<(Px, Px, String)>,
    /// Where a value is hidden.
    hidden: Vec<(Px, String)>,
    labels: Vec<Label>,
}

/// A label at the end of a line.
#[derive(Debug, Clone, PartialEq)]
struct Label {
    class: &'static str,
    y: Px,
    text: String,
}

struct Frame {
    class: &'static str,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    months: usize,
    /// Between the feet of two labels at the end: as high as their letters are at most.
    gap: f64,
}

const WIDE: Frame =
    Frame { class: "wide", width: 760.0, height: 300.0, left: 56.0, right: 150.0, months: 8, gap: 17.0 };
const NARROW: Frame =
    Frame { class: "narrow", width: 350.0, height: 250.0, left: 44.0, right: 128.0, months: 3, gap: 17.0 };
/// For a screen on a wall: fewer months, and letters that stay large when it is.
const WALL: Frame =
    Frame { class: "wide", width: 620.0, height: 330.0, left: 50.0, right: 150.0, months: 5, gap: 25.0 };
/// For paper, across the page and across half of it: letters as high as those of the text beside it.
const PAPER: Frame =
    Frame { class: "wide", width: 860.0, height: 250.0, left: 56.0, right: 160.0, months: 12, gap: 17.0 };
const PAPER_HALF: Frame =
    Frame { class: "wide", width: 430.0, height: 230.0, left: 50.0, right: 138.0, months: 4, gap: 17.0 };
const TOP: f64 = 14.0;
const FOOT: f64 = 28.0;
/// Width of a letter under the axis, and the room between two labels there.
const TICK_LETTER: f64 = 7.0;
const TICK_SPACE: f64 = 14.0;

impl Trend {
    /// A chart of `points`, oldest first; `summary` says in a sentence what it shows.
    pub fn new(
        t: Tr,
        caption: String,
        summary: String,
        unit: String,
        decimals: u8,
        points: Vec<TrendPoint>,
    ) -> Trend {
        let plot = |frame: &Frame| draw(frame, &points, &unit, decimals, t);
        Trend {
            t,
            caption,
            summary,
            plots: vec![plot(&WIDE), plot(&NARROW)],
            has_target: points.iter().any(|point| point.target.is_some()),
            has_last_year: points.iter().any(|point| point.last_year.is_some()),
            has_ahead: points.iter().any(|point| point.ahead.is_some()),
            unit,
            decimals,
            points,
        }
    }

    /// The same for a screen on a wall.
    #[must_use]
    pub fn for_wall(self) -> Trend {
        Trend { plots: vec![draw(&WALL, &self.points, &self.unit, self.decimals, self.t)], ..self }
    }

    /// The same as a file of its own, for paper.
    pub fn drawing(&self, half: bool) -> String {
        let frame = if half { &PAPER_HALF } else { &PAPER };
        let plot = draw(frame, &self.points, &self.unit, self.decimals, self.t);
        let Trend { caption, summary, has_ahead, .. } = self;
        let drawing = PlotDrawing { plot: &plot, caption, summary, has_ahead: *has_ahead };
        standalone(&drawing.to_string())
    }

    /// The same as a table, the newest period first.
    pub fn table(&self, measure: &Measure) -> Table {
        let t = self.t;
        let places = measure.decimals.or(Some(self.decimals));
        let mut columns =
            vec![Column::short(t.tr("period")), Column::number(t.tr("value"), self.unit.clone())];
        columns.extend(self.has_target.then(|| Column::number(t.tr("target"), self.unit.clone())));
        columns.extend(self.has_last_year.then(|| Column::number(t.tr("last-year"), self.unit.clone())));
        let row = |point: &TrendPoint| {
            let mut cells = vec![
                Cell::words(&point.label),
                // A hidden value has words in its place, and what is expected is a range: neither is a number.
                Cell::number(point.value.filter(|_| point.hidden.is_none()), places, self.write_value(point)),
            ];
            let target = point.target.filter(|_| point.target_high.is_none());
            cells.extend(self.has_target.then(|| Cell::number(target, places, self.write_target(point))));
            let before = || Cell::number(point.last_year, places, self.write(&point.last_year));
            cells.extend(self.has_last_year.then(before));
            Row { cells }
        };
        let rows = self.points.iter().rev().map(row).collect();
        Table { caption: self.caption.clone(), columns, rows, notes: vec![self.summary.clone()] }
    }

    /// What it shows, in a sentence.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    fn write(&self, value: &Option<f64>) -> String {
        value.map_or_else(
            || "–".to_owned(),
            |value| figure(value, &self.unit, self.decimals, false, self.t.lang()).text(),
        )
    }

    fn write_value(&self, point: &TrendPoint) -> String {
        match (&point.hidden, point.ahead) {
            (Some(hidden), _) => hidden.clone(),
            (None, Some((middle, low, high))) if point.value.is_none() => {
                let [middle, low, high] = [middle, low, high].map(|value| self.write(&Some(value)));
                self.t.tr3("ahead-between", middle, low, high)
            }
            _ => self.write(&point.value),
        }
    }

    fn write_target(&self, point: &TrendPoint) -> String {
        match point.target_high {
            Some(_) => format!("{} – {}", self.write(&point.target), self.write(&point.target_high)),
            None => self.write(&point.target),
        }
    }
}

fn draw(frame: &Frame, points: &[TrendPoint], unit: &str, decimals: u8, t: Tr) -> Plot {
    let bottom = frame.height - FOOT;
    let all = points.iter().flat_map(|p| [p.value, p.last_year, p.target, p.target_high]).flatten();
    let all = all.chain(points.iter().filter_map(|p| p.ahead).flat_map(|(_, low, high)| [low, high]));
    let y = Scale::nice(all, false, 4, bottom, TOP);
    let (from, to) = (frame.left + 8.0, frame.width - frame.right - 8.0);
    let step = (to - from) / points.len().saturating_sub(1).max(1) as f64;
    let x = |index: usize| if points.len() == 1 { (from + to) / 2.0 } else { from + index as f64 * step };
    let series = |pick: fn(&TrendPoint) -> Option<f64>| {
        path(points.iter().enumerate().map(|(index, point)| pick(point).map(|v| (x(index), y.at(v)))))
    };
    let write = |value: f64| figure(value, unit, decimals, true, t.lang()).text();
    let longest = points.iter().map(|point| point.label.chars().count()).max().unwrap_or(0);
    let room = ((to - from) / (longest as f64 * TICK_LETTER + TICK_SPACE)) as usize;
    let every = points.len().div_ceil(room.clamp(1, frame.months)).max(1);
    let last = points.len().saturating_sub(1);
    Plot {
        class: frame.class,
        width: Px(frame.width),
        height: Px(frame.height),
        left: Px(frame.left),
        right: Px(frame.width - frame.right),
        bottom: Px(bottom),
        grid: y
            .ticks
            .iter()
            .map(|tick| {
                let places = y.decimals().min(3);
                (Px(y.at(*tick)), pendopo_vocab::compact_number(*tick, usize::from(places), t.lang()))
            })
            .collect(),
        // Counted from the end, so that the newest period is always named.
        months: (0..points.len())
            .filter(|index| (last - index).is_multiple_of(every))
            .map(|index| (Px(x(index)), points[index].label.clone()))
            .collect(),
        line: series(|point| point.value),
        last_year: series(|point| point.last_year),
        target: steps(points, &y, &x, |point| point.target),
        target_high: steps(points, &y, &x, |point| point.target_high),
        ahead: path(ahead(points, |(middle, ..)| middle).map(|(index, v)| Some((x(index), y.at(v))))),
        band: band(points, |index, v| (x(index), y.at(v))),
        gaps: gaps(points).map(|(a, b)| (Px(x(a) - step / 2.0), Px((b - a + 1) as f64 * step))).collect(),
        dots: points
            .iter()
            .enumerate()
            .filter_map(|(index, point)| {
                let value = point.value?;
                Some((Px(x(index)), Px(y.at(value)), format!("{}: {}", point.label, write(value))))
            })
            .collect(),
        hidden: points
            .iter()
            .enumerate()
            .filter_map(|(index, point)| {
                Some((Px(x(index)), format!("{}: {}", point.label, point.hidden.as_ref()?)))
            })
            .collect(),
        labels: labels(points, &y, (frame.gap, bottom), write, t),
    }
}

/// One course through what is expected, from the value before it on.
fn ahead(
    points: &[TrendPoint],
    pick: fn((f64, f64, f64)) -> f64,
) -> impl DoubleEndedIterator<Item = (usize, f64)> {
    let first = points.iter().position(|point| point.ahead.is_some()).unwrap_or(points.len());
    let from = points[..first].iter().rposition(|point| point.value.is_some()).unwrap_or(first);
    (from..points.len()).filter_map(move |index| {
        let value = if index < first { points[index].value } else { points[index].ahead.map(pick) };
        Some((index, value?))
    })
}

/// The outline of the interval: there along its upper end, back along its lower one.
fn band(points: &[TrendPoint], at: impl Fn(usize, f64) -> (f64, f64)) -> String {
    let there = ahead(points, |(_, _, high)| high);
    let back = ahead(points, |(_, low, _)| low).rev();
    let outline = path(there.chain(back).map(|(index, value)| Some(at(index, value))));
    if outline.is_empty() { outline } else { outline + "z" }
}

/// A target holds until the next one begins: a line in steps, not a slope that nobody laid down.
fn steps(
    points: &[TrendPoint],
    y: &Scale,
    x: &impl Fn(usize) -> f64,
    pick: fn(&TrendPoint) -> Option<f64>,
) -> String {
    let mut corners = Vec::with_capacity(points.len() * 2);
    let mut before: Option<f64> = None;
    for (index, point) in points.iter().enumerate() {
        let here = pick(point);
        if let (Some(was), Some(is)) = (before, here)
            && was != is
        {
            corners.push(Some((x(index), y.at(was))));
        }
        corners.push(here.map(|value| (x(index), y.at(value))));
        before = here;
    }
    path(corners.into_iter())
}

/// Stretches without a value between the first and the last one that has some, as index ranges.
fn gaps(points: &[TrendPoint]) -> impl Iterator<Item = (usize, usize)> {
    let known: Vec<usize> = (0..points.len()).filter(|index| points[*index].value.is_some()).collect();
    let mut found = Vec::new();
    for pair in known.windows(2) {
        if pair[1] - pair[0] > 1 {
            found.push((pair[0] + 1, pair[1] - 1));
        }
    }
    if let Some(last) = known.last()
        && let past = points.iter().position(|point| point.ahead.is_some()).unwrap_or(points.len())
        && last + 1 < past
    {
        found.push((last + 1, past - 1));
    }
    found.into_iter()
}

fn labels(
    points: &[TrendPoint],
    y: &Scale,
    (gap, bottom): (f64, f64),
    write: impl Fn(f64) -> String,
    t: Tr,
) -> Vec<Label> {
    let newest = |pick: fn(&TrendPoint) -> Option<f64>| points.iter().rev().find_map(pick);
    let high = newest(|point| point.target_high);
    let target_key = if high.is_some() { "label-target-low" } else { "label-target" };
    let expected = newest(|point| point.ahead.map(|(middle, ..)| middle));
    let series = [
        ("ahead", expected, Some("label-ahead")),
        ("value", newest(|point| point.value), None),
        ("target", newest(|point| point.target), Some(target_key)),
        ("target", high, Some("label-target-high")),
        ("last-year", newest(|point| point.last_year), Some("label-last-year")),
    ];
    let known: Vec<_> =
        series.into_iter().filter_map(|(class, value, key)| Some((class, value?, key))).collect();
    let mut places: Vec<f64> = known.iter().map(|(_, value, _)| y.at(*value) + 4.5).collect();
    spread(&mut places, gap, TOP + 4.0, bottom);
    known
        .into_iter()
        .zip(places)
        .map(|((class, value, key), place)| {
            let text = key.map_or_else(|| write(value), |key| t.tr1(key, write(value)));
            Label { class, y: Px(place), text }
        })
        .collect()
}
