//! How figures are put into words. Pure.

use super::{decline::Decline, look::Look, store::indicator_name};
use crate::{
    web::{Figure, Tr, change, figure, thousands},
    widgets::{Change, Mark, Sparkline, Tile},
};
use pendopo_figures::{IndicatorRow, questions::LatestFigure};
use pendopo_vocab::{Cadence, Direction, Period, RegionAggregation, RegionCode, TargetStatus};

/// The value written large; sums are shortened.
pub fn head(row: &IndicatorRow, value: f64, t: Tr) -> Figure {
    figure(value, &row.unit, row.decimals, true, t.lang())
}

/// The value in one line, shortened from a million on.
pub fn words(row: &IndicatorRow, value: f64, t: Tr) -> String {
    head(row, value, t).text()
}

/// The value in one line, in full.
pub fn exact(row: &IndicatorRow, value: f64, t: Tr) -> String {
    figure(value, &row.unit, row.decimals, false, t.lang()).text()
}

/// The value in one line, or that it is not shown.
pub fn words_or_hidden(row: &IndicatorRow, value: Option<f64>, t: Tr) -> String {
    value.map_or_else(|| hidden_words(row, t), |value| words(row, value, t))
}

/// The value in full, or that it is not shown.
pub fn exact_or_hidden(row: &IndicatorRow, value: Option<f64>, t: Tr) -> String {
    value.map_or_else(|| hidden_words(row, t), |value| exact(row, value, t))
}

/// In place of a value that the reader may not see: the same words for a small one and for one from which
/// a small one could be worked out.
pub fn hidden_words(row: &IndicatorRow, t: Tr) -> String {
    match row.least_shown() {
        Some(least) => t.tr1("hidden-below", least),
        None => t.tr("hidden").into_owned(),
    }
}

/// Why it is not shown, in a sentence.
pub fn hidden_reason(row: &IndicatorRow, t: Tr) -> String {
    match row.least_shown() {
        Some(least) => t.tr1("hidden-reason-below", least),
        None => t.tr("hidden-reason").into_owned(),
    }
}

/// The target with its sense: `target ≤ 14 %`.
pub fn target_words(row: &IndicatorRow, target: f64, high: Option<f64>, t: Tr) -> String {
    match (row.direction, high) {
        (Direction::Range, Some(high)) => t.tr2("target-between", words(row, target, t), words(row, high, t)),
        (Direction::Lower, _) => t.tr1("target-at-most", words(row, target, t)),
        (Direction::Higher | Direction::Range, _) => t.tr1("target-at-least", words(row, target, t)),
    }
}

/// A difference with its sign; of per-cent values in points.
pub fn difference_words(row: &IndicatorRow, difference: f64, t: Tr) -> String {
    let text = change(difference, row.decimals, t.lang());
    if row.unit == "%" { t.tr1("points", text) } else { text }
}

/// Whether the move from `before` to `now` is for better; `None` when it is neither or nobody can say.
pub fn is_better(
    row: &IndicatorRow,
    before: f64,
    now: f64,
    bounds: Option<(f64, Option<f64>)>,
) -> Option<bool> {
    if before == now {
        return None;
    }
    match row.direction {
        Direction::Higher => Some(now > before),
        Direction::Lower => Some(now < before),
        Direction::Range => {
            let (low, high) = bounds?;
            let high = high.unwrap_or(low);
            let outside = |value: f64| (low - value).max(value - high).max(0.0);
            let (was, is) = (outside(before), outside(now));
            if was == is { None } else { Some(is < was) }
        }
    }
}

/// How many of the regions below have reported, of a sum that still lacks some: such a sum is smaller
/// than the period before only because it is not complete, so the two are not compared.
pub fn missing_reports(row: &IndicatorRow, latest: &LatestFigure) -> Option<(i64, i64)> {
    let (reported, expected) = latest.reported.zip(latest.expected)?;
    let sum = row.region_aggregation == RegionAggregation::Sum;
    (sum && latest.rolled && reported < expected).then_some((reported, expected))
}

/// A bare number, without places that say nothing.
pub fn number(value: f64, t: Tr) -> String {
    let places = (0..4).find(|places| (value * 10f64.powi(*places)).fract() == 0.0).unwrap_or(4);
    pendopo_vocab::format_number(value, usize::try_from(places).unwrap_or(4), t.lang())
}

/// A period's label; the stored number when it is none.
pub fn period_label(period: i32, t: Tr) -> String {
    Period::from_id(period).map_or_else(|| period.to_string(), |period| period.label(t.lang()))
}

/// The period one step earlier, in words.
pub fn previous_label(period: i32, t: Tr) -> String {
    Period::from_id(period).map_or_else(String::new, |period| period.shift(-1).label(t.lang()))
}

/// How many periods a chart shows: two years of months, five weeks of days, and so on.
pub fn shown_periods(cadence: Cadence) -> usize {
    match cadence {
        Cadence::Day => 60,
        Cadence::Week => 53,
        Cadence::Month => 24,
        Cadence::Quarter => 12,
        Cadence::Semester | Cadence::Year => 10,
    }
}

/// The periods up to `newest` that a chart shows, oldest first.
pub fn window(newest: Period) -> Vec<Period> {
    let count = i32::try_from(shown_periods(newest.cadence())).unwrap_or(24);
    (1 - count..=0).map(|back| newest.shift(back)).collect()
}

/// The address of an indicator in a region.
pub fn indicator_href(code: &str, region: RegionCode) -> String {
    Look::default().indicator_href(code, region)
}

/// The address of a figure's lineage; `breakdown` is the key of a part, empty for the total.
pub fn lineage_href(code: &str, region: RegionCode, period: i32, breakdown: &str) -> String {
    Look::default().lineage_href(code, region, period, breakdown)
}

/// The bounds of a latest figure.
pub fn bounds(figure: &LatestFigure) -> Option<(f64, Option<f64>)> {
    figure.target.map(|target| (target, figure.target_high))
}

/// The tile of an indicator, with what is known of it.
pub fn tile(
    row: &IndicatorRow,
    agency: &str,
    region: RegionCode,
    latest: Option<&LatestFigure>,
    course: &[Option<f64>],
    t: Tr,
) -> Tile {
    let name = indicator_name(row, t).to_owned();
    let href = indicator_href(&row.code, region);
    let agency = agency.to_owned();
    let Some(latest) = latest else {
        return Tile {
            t,
            name,
            href,
            figure: None,
            value: None,
            unit: row.unit.clone(),
            decimals: row.decimals,
            instead: t.tr("no-value").into_owned(),
            mark: Mark::status(TargetStatus::NoData, t),
            target: None,
            period: t.tr(&format!("cadence-{}", row.cadence.as_str())).into_owned(),
            agency,
            age: String::new(),
            change: None,
            spark: None,
            freshness: None,
        };
    };
    let moved = match missing_reports(row, latest) {
        Some((reported, expected)) => {
            let text = t.tr2("reported-of", thousands(reported, t.lang()), thousands(expected, t.lang()));
            Some(Change { text, against: String::new(), better: None })
        }
        None => latest.previous.zip(latest.value).map(|(before, value)| Change {
            text: difference_words(row, value - before, t),
            against: t.tr1("since-period-short", previous_label(latest.period, t)),
            better: is_better(row, before, value, bounds(latest)),
        }),
    };
    Tile {
        t,
        name,
        href,
        figure: latest.value.map(|value| head(row, value, t)),
        value: latest.value,
        unit: row.unit.clone(),
        decimals: row.decimals,
        instead: hidden_words(row, t),
        mark: latest_mark(Some(latest), t),
        target: latest.target.map(|target| target_words(row, target, latest.target_high, t)),
        period: period_label(latest.period, t),
        agency,
        age: String::new(),
        change: moved,
        spark: (course.len() > 1).then(|| Sparkline::new(course, latest.target)),
        freshness: None,
    }
}

/// The state of a latest figure; hidden is a state of its own.
pub fn latest_mark(latest: Option<&LatestFigure>, t: Tr) -> Mark {
    match latest {
        Some(latest) if latest.value.is_none() => Mark::hidden(t),
        latest => Mark::status(latest.map_or(TargetStatus::NoData, |latest| latest.status), t),
    }
}

/// What is wrong with a figure that misses its target, in sentences.
pub fn exception_words(
    row: &IndicatorRow,
    latest: &LatestFigure,
    decline: Option<&Decline>,
    t: Tr,
) -> String {
    let mut sentences = Vec::new();
    if let Some((target, value)) = latest.target.zip(latest.value) {
        let against = target_words(row, target, latest.target_high, t);
        let value = words(row, value, t);
        sentences.push(t.with("exception-off", [("value", value.into()), ("target", against.into())]));
    }
    if latest.status == TargetStatus::OffTrack && latest.off_periods > 0 {
        sentences.push(t.tr1("exception-since", latest.off_periods));
    }
    if let Some(decline) = decline {
        sentences.push(decline.words(row, t));
    } else if let Some((before, value)) =
        latest.previous.zip(latest.value).filter(|_| missing_reports(row, latest).is_none())
    {
        let (when, was) = (previous_label(latest.period, t), words(row, before, t));
        sentences.push(match is_better(row, before, value, bounds(latest)) {
            Some(false) => t.tr2("exception-worsening", when, was),
            Some(true) => t.tr2("exception-improving", when, was),
            None => t.tr1("exception-steady", when),
        });
    }
    sentences.join(" ")
}
