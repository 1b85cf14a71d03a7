//! What a series of figures will probably do next, how sure that is, and whether its newest value is odd.
//!
//! Pure: values in, values out; the day is passed in. Models come from `augurs` (exponential smoothing with
//! its form chosen by likelihood; STL for seasons). Which of them is used is decided for each series by
//! forecasting its own past, beside "as a season ago"; what does not beat that is not used. The width of an
//! interval is what the errors of those trials were, never what a model believes of itself.
//!
//! What is *absent*: no forecast from a short history, none further ahead than a third of the history, and no
//! probability of anything that is not measured by trials. See `docs/forecast.md`.

mod anomaly;
mod model;
mod series;
mod spread;
mod trial;
mod verdict;

pub use anomaly::{Anomaly, Missing};
pub use model::Method;
pub use series::{Bounds, Series};
pub use trial::{Accuracy, Trials};
pub use verdict::{Target, Verdict, judge};

use jiff::civil::Date;
use pendopo_vocab::{Cadence, Period};

/// Fewest periods that a history must span before anything is forecast; one in ten may lack a value.
/// Two years where seasons matter.
pub fn least_history(cadence: Cadence) -> usize {
    match cadence {
        Cadence::Day => 56,
        Cadence::Week => 52,
        Cadence::Month => 24,
        Cadence::Quarter => 12,
        Cadence::Semester | Cadence::Year => 8,
    }
}

/// Periods after which a season repeats: days repeat by weekday, all others by year.
pub fn season(cadence: Cadence) -> usize {
    match cadence {
        Cadence::Day => 7,
        Cadence::Week => 52,
        Cadence::Month => 12,
        Cadence::Quarter => 4,
        Cadence::Semester => 2,
        Cadence::Year => 1,
    }
}

/// How far ahead is forecast with a history of `periods`: a year or so, and at most a third of the history.
pub fn reach(cadence: Cadence, periods: usize) -> usize {
    let most = match cadence {
        Cadence::Day => 28,
        Cadence::Week => 13,
        Cadence::Month => 12,
        Cadence::Quarter => 6,
        Cadence::Semester | Cadence::Year => 3,
    };
    most.min(periods / 3)
}

/// One period ahead, in the indicator's unit. An interval of 80 % has held the later value in eight trials of
/// ten.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastPoint {
    /// The period.
    pub period: Period,
    /// The middle of what is expected.
    pub value: f64,
    /// Lower and upper end of the 80 % interval.
    pub likely: (f64, f64),
    /// Lower and upper end of the 95 % interval.
    pub wide: (f64, f64),
}

/// What is expected of a series, and what is odd about its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// How it is forecast.
    pub method: Method,
    /// First and last period of the history used; the last has a value.
    pub history: (Period, Period),
    /// The newest value used.
    pub newest: f64,
    /// Periods ahead, next one first; never empty.
    pub points: Vec<ForecastPoint>,
    /// How far the forecast was off in trials on the series' own past.
    pub accuracy: Accuracy,
    /// What is odd about the newest values.
    pub anomaly: Option<Anomaly>,
    /// Periods that are over and have no value.
    pub missing: Option<Missing>,
}

/// Why nothing is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoOutlook {
    /// The history is too short, or has too many holes.
    TooShort {
        /// Periods with a value since the last long hole.
        have: usize,
        /// Periods needed, [`least_history`].
        need: usize,
    },
    /// The figure has hardly ever moved: how far it could is unknown.
    Unmoving,
    /// All that could be forecast is in the past.
    Stale {
        /// The newest period with a value.
        newest: Period,
    },
}

/// Looks ahead from `history` (one value per period, any order, holes allowed) on the day `today`.
///
/// # Errors
/// Why nothing can be said.
pub fn look_ahead(history: &[(Period, f64)], bounds: Bounds, today: Date) -> Result<Outlook, NoOutlook> {
    let series = Series::new(history).ok_or(NoOutlook::TooShort { have: 0, need: 1 })?;
    let cadence = series.cadence();
    let need = least_history(cadence);
    // A period that is over and whose report is not yet in, or not in full, is a hole like any other.
    let newest = series.last_period();
    let awaited = usize::from(newest.shift(1).last_day() < today);
    if series.len() + awaited < need || series.known() * 10 < need * 9 {
        return Err(NoOutlook::TooShort { have: series.known().min(need - 1), need });
    }
    let reach = reach(cadence, series.len());
    if newest.shift(reach.try_into().unwrap_or(1)).last_day() < today {
        return Err(NoOutlook::Stale { newest });
    }
    let trials = Trials::run(&series, reach).ok_or(NoOutlook::Unmoving)?;
    let method = trials.best();
    let spread = trials.spread(method).ok_or(NoOutlook::Unmoving)?;
    let ahead = model::predict(method, series.filled(), series.season(), reach).ok_or(NoOutlook::Unmoving)?;
    let points = (1..).zip(ahead).map(|(step, value)| {
        let value = bounds.keep(value);
        let around = |half: f64| (bounds.keep(value - half), bounds.keep(value + half));
        ForecastPoint {
            period: newest.shift(step),
            value,
            likely: around(spread.likely(step)),
            wide: around(spread.wide(step)),
        }
    });
    Ok(Outlook {
        method,
        history: (series.first_period(), newest),
        newest: series.last_value(),
        points: points.collect(),
        accuracy: trials.accuracy(method),
        anomaly: anomaly::find(&series, &trials, bounds),
        missing: anomaly::missing(newest, today),
    })
}
