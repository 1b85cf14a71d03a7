//! The width of intervals, from the errors of trials (split conformal prediction, errors pooled over the
//! steps ahead after their growth is taken out).

use crate::trial::Miss;

/// Half widths of intervals by steps ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    likely: f64,
    wide: f64,
    growth: f64,
}

/// 95 % of a bell curve lie within this many times the half width that holds 80 %: the least that the wide
/// interval is, when there are too few trials to see rare errors.
const TAIL: f64 = 1.96 / 1.2816;

impl Spread {
    /// `None` without an error other than zero.
    pub fn of(misses: &[Miss]) -> Option<Spread> {
        let starts = count_starts(misses);
        let growth = growth(misses);
        let mut sizes: Vec<f64> =
            misses.iter().map(|miss| miss.error.abs() / (miss.step as f64).powf(growth)).collect();
        sizes.sort_by(f64::total_cmp);
        // As many trials as there are starts are independent of each other, not as many as there are errors.
        let at = |share: f64| quantile(&sizes, share * (1.0 + 1.0 / starts as f64));
        let likely = at(0.8)?;
        let wide = at(0.95)?.max(likely * TAIL);
        (wide > 0.0).then_some(Spread { likely, wide, growth })
    }

    /// Half width of the 80 % interval.
    pub fn likely(&self, step: i32) -> f64 {
        self.likely * f64::from(step).powf(self.growth)
    }

    /// Half width of the 95 % interval.
    pub fn wide(&self, step: i32) -> f64 {
        self.wide * f64::from(step).powf(self.growth)
    }
}

fn count_starts(misses: &[Miss]) -> usize {
    let mut starts: Vec<usize> = misses.iter().map(|miss| miss.start).collect();
    starts.dedup();
    starts.len().max(1)
}

/// Errors grow as a power of the steps ahead; fitted to the mean error of each step, and kept between not at
/// all and in proportion.
fn growth(misses: &[Miss]) -> f64 {
    let steps = misses.iter().map(|miss| miss.step).max().unwrap_or(0);
    let mut sums = vec![(0.0, 0.0); steps + 1];
    for miss in misses {
        let (sum, count) = sums[miss.step];
        sums[miss.step] = (sum + miss.error.abs(), count + 1.0);
    }
    let points: Vec<(f64, f64, f64)> = (1..=steps)
        .map(|step| (step, sums[step]))
        .filter(|(_, (sum, _))| *sum > 0.0)
        .map(|(step, (sum, count))| ((step as f64).ln(), (sum / count).ln(), count))
        .collect();
    let weight: f64 = points.iter().map(|(_, _, w)| w).sum();
    let middle =
        |pick: fn(&(f64, f64, f64)) -> f64| points.iter().map(|p| pick(p) * p.2).sum::<f64>() / weight;
    let (x0, y0) = (middle(|p| p.0), middle(|p| p.1));
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y, w) in &points {
        above += w * (x - x0) * (y - y0);
        below += w * (x - x0) * (x - x0);
    }
    if below > 0.0 { (above / below).clamp(0.0, 1.0) } else { 0.0 }
}

/// The smallest value that at least this share are not above; the largest when the share is over one.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misses(errors: impl Iterator<Item = (usize, usize, f64)>) -> Vec<Miss> {
        errors.map(|(start, step, error)| Miss { start, step, error, actual: 0.0, forecast: error }).collect()
    }

    #[test]
    fn widths_hold_their_share_and_grow_as_errors_do() {
        let linear = misses((0..40).flat_map(|start| {
            (1..=4).map(move |step| (start, step, step as f64 * ((start % 10) as f64 - 4.5)))
        }));
        let spread = Spread::of(&linear).unwrap();
        assert!((spread.growth - 1.0).abs() < 1e-9, "{spread:?}");
        for step in 1..=4 {
            let inside = linear
                .iter()
                .filter(|m| m.step == step as usize)
                .filter(|m| m.error.abs() <= spread.likely(step));
            let share = inside.count() as f64 / 40.0;
            assert!((0.8..=1.0).contains(&share), "step {step}: {share}");
            assert!(spread.wide(step) >= spread.likely(step) * 1.5);
        }
        assert_eq!(Spread::of(&misses((0..9).map(|start| (start, 1, 0.0)))), None);
    }

    #[test]
    fn few_trials_make_wider_intervals() {
        let of = |starts: usize| {
            let even = (0..starts).map(|start| (start, 1, (start as f64 + 0.5) / starts as f64));
            Spread::of(&misses(even)).unwrap().likely(1)
        };
        assert!(of(5) > of(50));
    }
}
