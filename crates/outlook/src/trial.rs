//! Trials: forecasting the series' own past from many days of it, by every method, and the errors.

use crate::{model, model::Method, series::Series, spread::Spread};
use pendopo_vocab::Cadence;
use std::collections::BTreeMap;

/// Starting points at most; spread evenly over the past, the newest always among them.
const STARTS: usize = 24;
/// Starting points at least.
const FEWEST_STARTS: usize = 4;
/// A method replaces the yardstick when its error is smaller by at least this part; less is chance.
const WORTHWHILE: f64 = 0.03;

/// Error of one forecast: how many periods ahead, from which start, forecast minus what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Miss {
    pub start: usize,
    pub step: usize,
    pub error: f64,
    pub actual: f64,
    pub forecast: f64,
}

/// How far forecasts were off, and how far "as a season ago" was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Mean absolute error in the indicator's unit.
    pub error: f64,
    /// The same of the yardstick, on the same trials.
    pub yardstick: f64,
    /// Symmetric mean absolute percentage error, 0 to 200.
    pub smape: f64,
    /// The same of the yardstick.
    pub yardstick_smape: f64,
    /// Single forecasts compared with what came.
    pub forecasts: usize,
    /// Days of the past forecast from.
    pub starts: usize,
}

/// All trials of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Trials {
    misses: BTreeMap<Method, Vec<Miss>>,
    starts: usize,
}

/// History that the first trial begins with.
fn first_start(series: &Series) -> usize {
    let (season, len) = (series.season(), series.len());
    let floor = match series.cadence() {
        Cadence::Day => 28,
        Cadence::Week => 26,
        Cadence::Month => 12,
        Cadence::Quarter => 6,
        Cadence::Semester | Cadence::Year => 4,
    };
    // Where two seasons leave room for trials, they are left to the methods that need them.
    let two = 2 * season;
    if len >= two + (season / 2).max(6) {
        floor.max(two)
    } else {
        floor.min(len.saturating_sub(FEWEST_STARTS))
    }
}

impl Trials {
    /// Forecasts up to `horizon` periods from many starts; `None` when there are too few or nothing ever
    /// moves.
    pub fn run(series: &Series, horizon: usize) -> Option<Trials> {
        let (first, len) = (first_start(series), series.len());
        let starts = spaced(first, len - 1);
        if starts.len() < FEWEST_STARTS || first == 0 {
            return None;
        }
        let mut misses: BTreeMap<Method, Vec<Miss>> = BTreeMap::new();
        let mut unfit = Vec::new();
        for &start in &starts {
            let past = &series.filled()[..start];
            for (method, ahead) in model::predict_all(past, series.season(), horizon.min(len - start)) {
                let Some(ahead) = ahead else {
                    unfit.push(method);
                    continue;
                };
                let came = ahead.into_iter().enumerate().filter_map(|(step, forecast)| {
                    let actual = series.value(start + step)?;
                    Some(Miss { start, step: step + 1, error: forecast - actual, actual, forecast })
                });
                misses.entry(method).or_default().extend(came);
            }
        }
        // Compared are methods that answered every time.
        misses.retain(|method, _| !unfit.contains(method));
        let moved = misses.get(&Method::LastSeason)?.iter().any(|miss| miss.error != 0.0);
        moved.then_some(Trials { misses, starts: starts.len() })
    }

    /// The trials that saw nothing of the values from `index` on: what is judged by them must not have had a
    /// say in how.
    pub(crate) fn before(&self, index: usize) -> Trials {
        let known = |misses: &Vec<Miss>| -> Vec<Miss> {
            misses.iter().copied().filter(|miss| miss.start + miss.step <= index).collect()
        };
        let misses = self.misses.iter().map(|(method, misses)| (*method, known(misses))).collect();
        Trials { misses, starts: self.starts }
    }

    /// The method with the smallest error, if it is worth leaving the yardstick for.
    pub fn best(&self) -> Method {
        let yardstick = self.error_of(Method::LastSeason);
        let best = self.misses.keys().map(|method| (*method, self.error_of(*method)));
        best.filter(|(_, error)| *error < yardstick * (1.0 - WORTHWHILE))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map_or(Method::LastSeason, |(method, _)| method)
    }

    /// The errors of a method, in order of start and step.
    pub(crate) fn misses(&self, method: Method) -> &[Miss] {
        self.misses.get(&method).map_or(&[], Vec::as_slice)
    }

    /// Mean over the steps ahead of the mean absolute error at that step, so that far steps, which few
    /// trials reach, weigh no less.
    fn error_of(&self, method: Method) -> f64 {
        let mut by_step: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for miss in self.misses(method) {
            let (sum, count) = by_step.entry(miss.step).or_default();
            (*sum, *count) = (*sum + miss.error.abs(), *count + 1.0);
        }
        mean(by_step.values().map(|(sum, count)| sum / count))
    }

    /// How wide the intervals around a method's forecasts must be.
    pub(crate) fn spread(&self, method: Method) -> Option<Spread> {
        Spread::of(self.misses(method))
    }

    /// The errors in short.
    pub fn accuracy(&self, method: Method) -> Accuracy {
        let (own, yardstick) = (self.misses(method), self.misses(Method::LastSeason));
        let error = |misses: &[Miss]| mean(misses.iter().map(|miss| miss.error.abs()));
        Accuracy {
            error: error(own),
            yardstick: error(yardstick),
            smape: smape(own),
            yardstick_smape: smape(yardstick),
            forecasts: own.len(),
            starts: self.starts,
        }
    }
}

fn smape(misses: &[Miss]) -> f64 {
    let parts = misses.iter().map(|miss| {
        let size = miss.actual.abs() + miss.forecast.abs();
        if size == 0.0 { 0.0 } else { 200.0 * miss.error.abs() / size }
    });
    mean(parts)
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count == 0.0 { f64::INFINITY } else { sum / count }
}

/// Up to [`STARTS`] of `first..=last`, evenly, `last` among them.
fn spaced(first: usize, last: usize) -> Vec<usize> {
    if first > last {
        return Vec::new();
    }
    let every = (last - first + 1).div_ceil(STARTS).max(1);
    let mut starts: Vec<usize> = (first..=last).rev().step_by(every).collect();
    starts.reverse();
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_even_and_include_the_newest() {
        assert_eq!(spaced(12, 23), (12..=23).collect::<Vec<_>>());
        let many = spaced(28, 181);
        assert!(many.len() <= STARTS && many.last() == Some(&181), "{many:?}");
        assert!(many.windows(2).all(|pair| pair[1] - pair[0] == many[1] - many[0]), "{many:?}");
        assert!(spaced(5, 4).is_empty());
    }
}
