//! Geometry shared by the charts: nice ticks, mapping to pixels, paths with gaps.

use std::fmt::{self, Write};

/// A length in a drawing, written with at most one decimal place so that pages stay small.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the sign that zero may have.
        let tenths = (self.0 * 10.0).round() + 0.0;
        if tenths % 10.0 == 0.0 {
            write!(f, "{:.0}", tenths / 10.0)
        } else {
            write!(f, "{:.1}", tenths / 10.0)
        }
    }
}

impl askama::filters::HtmlSafe for Px {}

/// A linear scale from values to pixels, its ends on round numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    /// Round values between the ends, ascending.
    pub ticks: Vec<f64>,
}

impl Scale {
    /// A scale over all finite `values`, about `count` ticks, drawn from pixel `from` to pixel `to`.
    /// With `zero` it includes zero. Without values it runs from 0 to 1.
    pub fn nice(values: impl Iterator<Item = f64>, zero: bool, count: usize, from: f64, to: f64) -> Scale {
        let (mut low, mut high) = values
            .filter(|value| value.is_finite())
            .chain(zero.then_some(0.0))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < f64::EPSILON * high.abs().max(1.0) {
            // One value alone gets room on both sides.
            let room = if high == 0.0 { 1.0 } else { high.abs() * 0.1 };
            (low, high) = if zero { (low.min(0.0), high.max(0.0) + room) } else { (low - room, high + room) };
        }
        let step = nice_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let ticks = (0..=((last - first).round().clamp(0.0, 50.0) as i64))
            .map(|index| (first + index as f64) * step)
            .collect();
        Scale { low: first * step, high: last * step, from, to, ticks }
    }

    /// The pixel of `value`.
    pub fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Decimal places that tell neighbouring ticks apart.
    pub fn decimals(&self) -> u8 {
        let step = match self.ticks.as_slice() {
            [first, second, ..] => second - first,
            _ => 1.0,
        };
        let whole = |scaled: f64| (scaled - scaled.round()).abs() < 1e-6;
        (0u8..6).find(|places| whole(step * 10f64.powi(i32::from(*places)))).unwrap_or(6)
    }
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 2.5, 5.0, 10.0];
    times.iter().map(|times| times * power).find(|nice| *nice >= step * 0.999).unwrap_or(10.0 * power)
}

/// An SVG path through the points; `None` leaves a gap. A point alone becomes a short stroke, so that
/// it is seen.
pub fn path(points: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    let mut out = String::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut flush = |run: &mut Vec<(f64, f64)>| {
        for (index, (x, y)) in run.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            let _ = write!(out, "{command}{} {}", Px(*x), Px(*y));
        }
        if run.len() == 1 {
            out.push_str("h.1");
        }
        run.clear();
    };
    for point in points {
        match point {
            Some(point) => run.push(point),
            None => flush(&mut run),
        }
    }
    flush(&mut run);
    out
}

/// Moves labels apart along one axis so that neighbours are at least `gap` away and all stay within
/// `low..=high`, keeping their order.
pub fn spread(positions: &mut [f64], gap: f64, low: f64, high: f64) {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|a, b| positions[*a].total_cmp(&positions[*b]));
    let mut floor = low;
    for index in &order {
        positions[*index] = positions[*index].max(floor);
        floor = positions[*index] + gap;
    }
    let mut ceiling = high;
    for index in order.iter().rev() {
        positions[*index] = positions[*index].min(ceiling);
        ceiling = positions[*index] - gap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        let scale = Scale::nice([13.2, 17.9].into_iter(), false, 4, 100.0, 0.0);
        assert_eq!(scale.ticks, [12.0, 14.0, 16.0, 18.0]);
        assert_eq!((scale.at(12.0), scale.at(18.0)), (100.0, 0.0));
        assert_eq!(scale.decimals(), 0);
        let small = Scale::nice([0.11, 0.14].into_iter(), false, 3, 0.0, 1.0);
        assert_eq!(small.decimals(), 2);
    }

    #[test]
    fn odd_inputs_still_make_a_scale() {
        for values in [vec![], vec![f64::NAN], vec![0.0], vec![5.0], vec![-3.0, -3.0], vec![1e15, 1e15 + 1.0]]
        {
            for zero in [true, false] {
                let scale = Scale::nice(values.iter().copied(), zero, 4, 0.0, 100.0);
                assert!(
                    scale.at(values.first().copied().filter(|v| v.is_finite()).unwrap_or(0.0)).is_finite()
                );
                assert!(scale.ticks.len() >= 2, "{values:?} {zero}");
            }
        }
    }

    #[test]
    fn a_gap_is_a_gap_and_a_lone_point_is_seen() {
        let points = [Some((0.0, 1.0)), Some((1.0, 2.25)), None, Some((3.0, 1.0)), None];
        assert_eq!(path(points.into_iter()), "M0 1L1 2.3M3 1h.1");
    }

    #[test]
    fn labels_move_apart_and_stay_inside() {
        let mut positions = [50.0, 52.0, 95.0];
        spread(&mut positions, 14.0, 0.0, 100.0);
        assert!(positions[1] - positions[0] >= 14.0 && positions[2] <= 100.0);
        let mut low = [98.0, 99.0];
        spread(&mut low, 14.0, 0.0, 100.0);
        assert_eq!(low, [86.0, 100.0]);
    }
}
