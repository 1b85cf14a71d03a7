//! What an indicator will probably come to: the figures handed to `pendopo_outlook`, and its answer in words.
//!
//! Computed from the values that the reader may see, and from nothing else: a hidden value is a hole, so that no
//! forecast tells it. An answer is kept as long as the same values lead to it, for all readers who see the same.

use super::rules;
use crate::{
    kept::Kept,
    web::{Asked, Tr},
};
use jiff::civil::Date;
use pendopo_figures::{
    DbError, IndicatorRow, Reader,
    questions::{Point, SeriesOf, Span},
    targets_in_force,
};
use pendopo_outlook::{
    Anomaly, Bounds, ForecastPoint, Method, NoOutlook, Outlook, Target, Verdict, least_history, look_ahead,
};
use pendopo_vocab::{Period, RegionAggregation, Scope, TimeAggregation};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// An answer, and what becomes of the target.
pub struct Ahead {
    /// The forecast, or why there is none.
    pub answer: Arc<Result<Outlook, NoOutlook>>,
    /// What becomes of the target, where one holds.
    pub verdict: Option<Verdict>,
    /// The targets in force in the periods ahead.
    pub targets: Vec<Option<Target>>,
    /// Some values are hidden from the reader: nothing is said about reports that are missing.
    pub hides: bool,
}

/// Values that answers follow from: the same values, the same answer.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Given {
    history: Vec<(i32, u64)>,
    bounds: [Option<u64>; 2],
    today: Date,
}

/// Answers kept at most; each holds some kilobytes.
const KEPT: usize = 512;

/// Answers by what they follow from, and the order in which they came.
type Answers = (HashMap<Given, Arc<Result<Outlook, NoOutlook>>>, VecDeque<Given>);

/// Answers of this process; a pure function of the key, so one for all centers in it.
static ANSWERS: Mutex<Option<Answers>> = Mutex::new(None);

fn answer(history: &[(Period, f64)], bounds: Bounds, today: Date) -> Arc<Result<Outlook, NoOutlook>> {
    let given = Given {
        history: history.iter().map(|(period, value)| (period.id(), value.to_bits())).collect(),
        bounds: [bounds.least.map(f64::to_bits), bounds.most.map(f64::to_bits)],
        today,
    };
    let kept = |work: &mut dyn FnMut(&mut Answers)| {
        let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
        work(answers.get_or_insert_default());
    };
    let mut found = None;
    kept(&mut |(answers, _)| found = answers.get(&given).cloned());
    if let Some(found) = found {
        return found;
    }
    // Worked out without the lock: others may read meanwhile.
    let made = Arc::new(look_ahead(history, bounds, today));
    kept(&mut |(answers, order)| {
        if answers.insert(given.clone(), made.clone()).is_none() {
            order.push_back(given.clone());
        }
        while order.len() > KEPT {
            if let Some(oldest) = order.pop_front() {
                answers.remove(&oldest);
            }
        }
    });
    made
}

/// Looks ahead from the newest value of a series.
///
/// # Errors
/// The database's.
pub fn look_ahead_of(
    reader: &mut Reader<'_>,
    kept: &Kept,
    scope: &Scope,
    today: Date,
    row: &IndicatorRow,
    of: SeriesOf,
) -> Result<Ahead, DbError> {
    let points = kept.trend(reader, scope, of, Span::ALWAYS)?;
    look(reader, today, row, of, &points)
}

/// The same with the series at hand, all of it as known now.
///
/// # Errors
/// The database's.
pub fn look(
    reader: &mut Reader<'_>,
    today: Date,
    row: &IndicatorRow,
    of: SeriesOf,
    points: &[Point],
) -> Result<Ahead, DbError> {
    let history = usable(row, points, today);
    let bounds = Bounds::of_measure(&row.unit, row.min, row.max, &history);
    let mut ahead = Ahead {
        answer: match history.is_empty() {
            true => Arc::new(Err(NoOutlook::TooShort { have: 0, need: least_history(row.cadence) })),
            false => answer(&history, bounds, today),
        },
        verdict: None,
        targets: Vec::new(),
        hides: points.iter().any(|point| point.value.is_none()),
    };
    // Targets are laid down for totals.
    if let Ok(outlook) = ahead.answer.as_ref()
        && of.breakdown_id == 0
    {
        let periods =
            std::iter::once(outlook.history.1).chain(outlook.points.iter().map(|point| point.period));
        let ids: Vec<i32> = periods.map(Period::id).collect();
        let mut targets = targets_in_force(reader, of.indicator_id, row, of.region, &ids, None)?;
        let now = targets.remove(0);
        ahead.verdict = pendopo_outlook::judge(outlook, row.direction, now, &targets);
        ahead.targets = targets;
    }
    Ok(ahead)
}

/// The day it is in the center.
pub fn today(asked: &Asked) -> Date {
    asked.identity.time_zone.to_datetime(asked.now).date()
}

/// The values that say something about the next: not hidden, not of a sum that still grows – in a period that
/// is not over, or with reports from below outstanding.
pub fn usable(row: &IndicatorRow, points: &[Point], today: Date) -> Vec<(Period, f64)> {
    let grows = |point: &Point, period: Period| {
        let outstanding =
            point.rolled && point.reported.zip(point.expected).is_some_and(|(is, all)| is < all);
        (row.region_aggregation == RegionAggregation::Sum && outstanding)
            || (row.time_aggregation == TimeAggregation::Sum && period.last_day() >= today)
    };
    let known = points.iter().filter_map(|point| Some((point, Period::from_id(point.period)?, point.value?)));
    let newest_whole = known.clone().rfind(|(point, period, _)| !grows(point, *period));
    // An old hole in the reports is what the series is; only its growing end is cut off.
    let until = newest_whole.map_or(i32::MIN, |(point, ..)| point.period);
    known.filter(|(point, ..)| point.period <= until).map(|(_, period, value)| (period, value)).collect()
}

/// The outlook under a chart.
pub struct OutlookWords {
    /// What will probably be: the target, or the value.
    pub sentence: String,
    /// What is odd: class of the notice, sentence.
    pub odd: Vec<(&'static str, String)>,
    /// How it was found and how good that is.
    pub basis: String,
}

/// The outlook in sentences.
pub fn outlook_words(row: &IndicatorRow, ahead: &Ahead, t: Tr) -> OutlookWords {
    match ahead.answer.as_ref() {
        Ok(outlook) => OutlookWords {
            sentence: sentence(row, outlook, ahead.verdict.as_ref(), t),
            odd: odd(row, outlook, ahead.hides, t),
            basis: basis(&finer(row, outlook.accuracy.error), outlook, t),
        },
        Err(why) => OutlookWords { sentence: why_not(row, *why, t), odd: Vec::new(), basis: String::new() },
    }
}

/// The indicator written finely enough that `width` is not nothing; at most two places more.
fn finer(row: &IndicatorRow, width: f64) -> IndicatorRow {
    let mut row = row.clone();
    let most = row.decimals.saturating_add(2);
    while row.decimals < most && width < 10f64.powi(-i32::from(row.decimals)) {
        row.decimals += 1;
    }
    row
}

fn why_not(row: &IndicatorRow, why: NoOutlook, t: Tr) -> String {
    match why {
        NoOutlook::TooShort { have, need } => {
            let unit = t.tr(&format!("outlook-periods-{}", row.cadence.as_str()));
            t.with("outlook-short", [("have", have.into()), ("need", need.into()), ("unit", unit.into())])
        }
        NoOutlook::Unmoving => t.tr("outlook-unmoving").into_owned(),
        NoOutlook::Stale { newest } => t.tr1("outlook-stale", newest.label(t.lang())),
    }
}

fn sentence(row: &IndicatorRow, outlook: &Outlook, verdict: Option<&Verdict>, t: Tr) -> String {
    let Some(verdict) = verdict else {
        return outlook
            .points
            .last()
            .map_or_else(String::new, |last| at_words(row, "outlook-value", last, None, t));
    };
    let (at, target) = verdict.at();
    let key = format!(
        "outlook-{}{}",
        verdict.as_str().replace('_', "-"),
        if verdict.is_open() { "-open" } else { "" }
    );
    if let Verdict::WillMeet { earliest, latest, .. } = verdict {
        let latest = latest.or(outlook.points.last().map(|point| point.period));
        let label = |period: Period| period.label(t.lang());
        return t.with(
            &key,
            [
                ("target", rules::target_words(row, target.0, target.1, t).into()),
                ("when", label(at.period).into()),
                ("early", label(*earliest).into()),
                ("late", latest.map(label).unwrap_or_default().into()),
            ],
        );
    }
    at_words(row, &key, &at, Some(target), t)
}

fn at_words(row: &IndicatorRow, key: &str, at: &ForecastPoint, target: Option<Target>, t: Tr) -> String {
    let target = target.map_or_else(String::new, |(low, high)| rules::target_words(row, low, high, t));
    let row = &finer(row, at.likely.1 - at.likely.0);
    t.with(
        key,
        [
            ("target", target.into()),
            ("when", at.period.label(t.lang()).into()),
            ("value", rules::words(row, at.value, t).into()),
            ("low", rules::words(row, at.likely.0, t).into()),
            ("high", rules::words(row, at.likely.1, t).into()),
        ],
    )
}

fn odd(row: &IndicatorRow, outlook: &Outlook, hides: bool, t: Tr) -> Vec<(&'static str, String)> {
    let words = |value: f64| rules::words(row, value, t);
    let mut found = Vec::new();
    match outlook.anomaly {
        Some(Anomaly::Spike { period, value, range, times, forecasts, .. }) => {
            let arguments = [
                ("when", period.label(t.lang()).into()),
                ("value", words(value).into()),
                ("low", words(range.0).into()),
                ("high", words(range.1).into()),
                ("times", pendopo_vocab::format_number(times, 0, t.lang()).into()),
                ("forecasts", forecasts.into()),
            ];
            found.push(("risk", t.with("anomaly-spike", arguments)));
        }
        Some(Anomaly::LevelShift { since, periods, value, expected }) => {
            let arguments = [
                ("when", since.label(t.lang()).into()),
                ("periods", periods.into()),
                ("value", words(value).into()),
                ("expected", words(expected).into()),
            ];
            found.push(("risk", t.with("anomaly-shift", arguments)));
        }
        None => {}
    }
    if let Some(missing) = outlook.missing.filter(|_| !hides) {
        found.push(("stale", t.tr2("anomaly-missing", missing.since.label(t.lang()), missing.periods)));
    }
    found
}

fn basis(row: &IndicatorRow, outlook: &Outlook, t: Tr) -> String {
    let accuracy = &outlook.accuracy;
    let yardstick = outlook.method == Method::LastSeason;
    t.with(
        if yardstick { "outlook-basis-yardstick" } else { "outlook-basis" },
        [
            ("method", t.tr(&format!("outlook-method-{}", outlook.method.as_str())).into()),
            ("forecasts", accuracy.forecasts.into()),
            ("error", rules::words(row, accuracy.error, t).into()),
            ("yardstick", rules::words(row, accuracy.yardstick, t).into()),
        ],
    )
}

/// What becomes of the target in a few words, for a board: `→ meleset Des 2026`. `None` where it is open or
/// there is nothing to say.
pub fn short_words(ahead: &Ahead, t: Tr) -> Option<String> {
    let verdict = ahead.verdict.as_ref().filter(|verdict| !verdict.is_open())?;
    let key = match verdict {
        Verdict::WillMeet { .. } => "outlook-board-meet",
        Verdict::WillMiss { .. } => "outlook-board-miss",
        Verdict::WillLeave { .. } => "outlook-board-leave",
        Verdict::WillKeep { .. } => return None,
    };
    Some(t.tr1(key, verdict.at().0.period.label(t.lang())))
}

#[cfg(test)]
mod tests;
