//! What is odd about the end of a series: one value far from what was expected, a lasting change of level, and
//! reports that did not come. Three things that call for three answers, so they are told apart.

use crate::{
    model,
    model::Method,
    series::{Bounds, Series},
    trial::Trials,
};
use jiff::civil::Date;
use pendopo_vocab::Period;

/// Something odd about the newest values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Anomaly {
    /// The newest value alone is far from what was expected.
    Spike {
        /// Its period.
        period: Period,
        /// The value.
        value: f64,
        /// What was expected of it a period before.
        expected: f64,
        /// Between which values it was expected; what lies outside is called odd.
        range: (f64, f64),
        /// How many times the usual error it is off.
        times: f64,
        /// Comparable forecasts, none of which was as far off.
        forecasts: usize,
    },
    /// The newest values lie together on one side of what was expected.
    LevelShift {
        /// The first of them.
        since: Period,
        /// How many there are.
        periods: usize,
        /// Their mean.
        value: f64,
        /// The mean that was expected of them, before the first.
        expected: f64,
    },
}

/// Periods that are over and have no value yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The first of them.
    pub since: Period,
    /// How many there are.
    pub periods: usize,
}

/// A value is odd when it is this many times the usual error off, and further than any forecast before. With
/// few trials the usual error is not well known, and more is asked: see [`threshold`].
const ODD: f64 = 5.0;
/// The same for the mean of values that lie together.
const SHIFTED: f64 = 4.0;
/// Values that make a level.
const LEVEL: std::ops::RangeInclusive<usize> = 3..=6;
/// Trials that must lie before what is judged.
const FEWEST: usize = 5;

/// Looks at the end of the series.
pub(crate) fn find(series: &Series, trials: &Trials, bounds: Bounds) -> Option<Anomaly> {
    shift(series, trials).or_else(|| spike(series, trials, bounds))
}

/// Median size of errors one period ahead, the largest, and how many there are.
fn usual(trials: &Trials, method: Method) -> Option<(f64, f64, usize)> {
    let next = trials.misses(method).iter().filter(|miss| miss.step == 1);
    let mut sizes: Vec<f64> = next.map(|miss| miss.error.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let largest = *sizes.last()?;
    (sizes.len() >= FEWEST).then(|| (sizes[sizes.len() / 2], largest, sizes.len()))
}

fn threshold(trials: usize) -> f64 {
    ODD * (1.0 + 4.0 / trials as f64)
}

fn spike(series: &Series, trials: &Trials, bounds: Bounds) -> Option<Anomaly> {
    let last = series.len() - 1;
    let before = trials.before(last);
    let method = before.best();
    let (usual, largest, forecasts) = usual(&before, method)?;
    let newest = trials.misses(method).iter().find(|miss| miss.start == last)?;
    let limit = (usual * threshold(forecasts)).max(largest);
    let off = newest.error.abs();
    (usual > 0.0 && off > limit).then(|| Anomaly::Spike {
        period: series.last_period(),
        value: newest.actual,
        expected: newest.forecast,
        range: (bounds.keep(newest.forecast - limit), bounds.keep(newest.forecast + limit)),
        times: off / usual,
        forecasts,
    })
}

/// The longest stretch at the end whose values all lie on one side of what was expected before it: each outside
/// its 80 % interval, and together outside the 95 % one.
fn shift(series: &Series, trials: &Trials) -> Option<Anomaly> {
    LEVEL.rev().find_map(|periods| {
        let start = series.len().checked_sub(periods)?;
        let before = trials.before(start);
        let method = before.best();
        let (usual, ..) = usual(&before, method)?;
        let spread = before.spread(method)?;
        let past = series.filled().get(..start)?;
        let ahead = model::predict(method, past, series.season(), periods)?;
        let came: Vec<f64> = (start..series.len()).map(|index| series.value(index)).collect::<Option<_>>()?;
        let off: Vec<f64> = came.iter().zip(&ahead).map(|(is, expected)| is - expected).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / periods as f64;
        let sign = mean(&off).signum();
        let apart = (1..).zip(&off).all(|(step, off)| off * sign > spread.likely(step));
        // The step itself is the largest part: a slope gathers its distance bit by bit.
        let at_once = off[0] * sign > 0.5 * mean(&off).abs();
        let far = mean(&off).abs() > spread.wide(middle_of(periods)).max(usual * SHIFTED);
        (apart && at_once && far).then(|| Anomaly::LevelShift {
            since: series.period(start),
            periods,
            value: mean(&came),
            expected: mean(&ahead),
        })
    })
}

fn middle_of(periods: usize) -> i32 {
    i32::try_from(periods.div_ceil(2)).unwrap_or(1)
}

/// Periods after `newest` that were over before `today`, when there is more than one: the report on the last
/// one may still be on its way.
pub(crate) fn missing(newest: Period, today: Date) -> Option<Missing> {
    const COUNTED: i32 = 400;
    let over = (1..=COUNTED).take_while(|step| newest.shift(*step).last_day() < today).count();
    (over > 1).then(|| Missing { since: newest.shift(1), periods: over })
}
