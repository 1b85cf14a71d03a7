//! A history made regular: one place per period, holes filled so that models can read it.

use pendopo_vocab::{Cadence, Period};
use std::collections::BTreeMap;

/// What a measure cannot go beyond.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Nothing is smaller.
    pub least: Option<f64>,
    /// Nothing is larger.
    pub most: Option<f64>,
}

impl Bounds {
    /// The bounds of an indicator: those declared for it, else 0 for what was never negative, and 100 for
    /// per cent that were never more.
    pub fn of_measure(
        unit: &str,
        least: Option<f64>,
        most: Option<f64>,
        history: &[(Period, f64)],
    ) -> Bounds {
        let all = |fits: fn(f64) -> bool| history.iter().all(|(_, value)| fits(*value));
        Bounds {
            least: least.or_else(|| all(|value| value >= 0.0).then_some(0.0)),
            most: most.or_else(|| (unit == "%" && all(|value| value <= 100.0)).then_some(100.0)),
        }
    }

    /// The nearest value within.
    pub fn keep(self, value: f64) -> f64 {
        let value = self.least.map_or(value, |least| value.max(least));
        self.most.map_or(value, |most| value.min(most))
    }
}

/// A history with one place per period, beginning and ending with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    first: Period,
    values: Vec<Option<f64>>,
    filled: Vec<f64>,
}

/// A hole longer than this begins the history anew: what would fill it would be made up.
fn longest_hole(cadence: Cadence) -> usize {
    match cadence {
        Cadence::Day => 14,
        Cadence::Week => 6,
        Cadence::Month => 3,
        Cadence::Quarter => 2,
        Cadence::Semester | Cadence::Year => 1,
    }
}

/// Periods looked back on: older ones say little about the next, and cost time.
fn longest_history(cadence: Cadence) -> usize {
    match cadence {
        Cadence::Day => 182,
        Cadence::Week => 208,
        Cadence::Month => 96,
        Cadence::Quarter => 48,
        Cadence::Semester | Cadence::Year => 40,
    }
}

impl Series {
    /// The newest unbroken part of `history`; `None` when there is no value or the cadences differ.
    pub fn new(history: &[(Period, f64)]) -> Option<Series> {
        let known: BTreeMap<Period, f64> =
            history.iter().copied().filter(|(_, value)| value.is_finite()).collect();
        let (newest, _) = known.last_key_value()?;
        let (mut at, cadence) = (*newest, newest.cadence());
        if known.keys().any(|period| period.cadence() != cadence) {
            return None;
        }
        let oldest = *known.first_key_value()?.0;
        let (mut values, mut hole) = (Vec::new(), 0);
        while at >= oldest && values.len() < longest_history(cadence) && hole <= longest_hole(cadence) {
            let value = known.get(&at).copied();
            hole = if value.is_some() { 0 } else { hole + 1 };
            values.push(value);
            at = at.shift(-1);
        }
        values.truncate(values.len() - hole);
        values.reverse();
        let first = newest.shift(1 - i32::try_from(values.len()).ok()?);
        let filled = fill(&values);
        Some(Series { first, values, filled })
    }

    /// The periods' cadence.
    pub fn cadence(&self) -> Cadence {
        self.first.cadence()
    }

    /// Periods after which a season repeats.
    pub fn season(&self) -> usize {
        crate::season(self.cadence())
    }

    /// Periods spanned.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Never: a series has a value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Periods with a value.
    pub fn known(&self) -> usize {
        self.values.iter().flatten().count()
    }

    /// The first period.
    pub fn first_period(&self) -> Period {
        self.first
    }

    /// The period at an index.
    pub fn period(&self, index: usize) -> Period {
        self.first.shift(i32::try_from(index).unwrap_or(i32::MAX))
    }

    /// The last period, which has a value.
    pub fn last_period(&self) -> Period {
        self.period(self.len() - 1)
    }

    /// The newest value.
    pub fn last_value(&self) -> f64 {
        self.filled[self.len() - 1]
    }

    /// The value at an index, where there is one.
    pub fn value(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().flatten()
    }

    /// All values, holes filled.
    pub fn filled(&self) -> &[f64] {
        &self.filled
    }
}

/// Holes on the straight line between their ends; the first and last place hold values.
fn fill(values: &[Option<f64>]) -> Vec<f64> {
    let mut filled: Vec<f64> = Vec::with_capacity(values.len());
    let mut before: Option<(usize, f64)> = None;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        if let Some((from, was)) = before {
            let steps = (index - from) as f64;
            filled.extend((1..index - from).map(|step| was + (value - was) * step as f64 / steps));
        }
        filled.push(value);
        before = Some((index, value));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn holes_are_filled_and_long_ones_begin_anew() {
        let points = [("2025-01", 1.0), ("2025-02", 2.0), ("2025-04", 4.0)];
        let history: Vec<_> = points.iter().map(|(at, value)| (month(at), *value)).collect();
        let series = Series::new(&history).unwrap();
        assert_eq!((series.len(), series.known()), (4, 3));
        assert_eq!(series.filled(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(series.value(2), None);
        let after_long_hole: Vec<_> =
            history.iter().copied().chain([(month("2025-09"), 9.0), (month("2025-10"), 10.0)]).collect();
        let series = Series::new(&after_long_hole).unwrap();
        assert_eq!((series.first_period(), series.len()), (month("2025-09"), 2));
        assert_eq!(Series::new(&[]), None);
        assert_eq!(Series::new(&[(month("2025-01"), 1.0), (month("2025"), 1.0)]), None);
    }

    #[test]
    fn bounds_come_from_declaration_unit_and_history() {
        let history = |value| vec![(month("2025-01"), value)];
        let of = |unit, least, value| Bounds::of_measure(unit, least, None, &history(value));
        assert_eq!(of("%", None, 14.0), Bounds { least: Some(0.0), most: Some(100.0) });
        assert_eq!(of("%", None, 104.0), Bounds { least: Some(0.0), most: None });
        assert_eq!(of("%", None, -1.0), Bounds { least: None, most: Some(100.0) });
        assert_eq!(of("Rp", Some(-5.0), 14.0), Bounds { least: Some(-5.0), most: None });
        assert_eq!(of("%", None, 1.0).keep(120.0), 100.0);
    }
}
