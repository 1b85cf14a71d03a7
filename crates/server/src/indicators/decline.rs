//! Whether a figure got worse for several periods in a row, whatever its target says. Pure.

use super::rules::is_better;
use crate::web::Tr;
use pendopo_figures::IndicatorRow;
use pendopo_vocab::{Cadence, Period};

/// A figure that got worse from period to period, up to its newest whole period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decline {
    /// How many times in a row; 1 at least.
    pub steps: usize,
    /// When it was last not worse than before, and its value then.
    pub from: (Period, f64),
    /// Its newest period, and the value.
    pub to: (Period, f64),
}

impl Decline {
    /// Whether it has lasted long enough to be worth a word: days and weeks go up and down by themselves.
    pub fn is_worrying(&self) -> bool {
        let enough = match self.to.0.cadence() {
            Cadence::Day => 7,
            Cadence::Week => 4,
            Cadence::Month | Cadence::Quarter | Cadence::Semester | Cadence::Year => 3,
        };
        self.steps >= enough
    }

    /// In a sentence.
    pub fn words(&self, row: &IndicatorRow, t: Tr) -> String {
        let ((from, was), (to, is)) = (self.from, self.to);
        let arguments = [
            ("n", self.steps.into()),
            ("cadence", to.cadence().as_str().into()),
            ("was", super::rules::words(row, was, t).into()),
            ("from", from.label(t.lang()).into()),
            ("is", super::rules::words(row, is, t).into()),
            ("to", to.label(t.lang()).into()),
        ];
        t.with("exception-decline", arguments)
    }
}

/// The decline at the end of `history`, oldest first; `None` when the last step is none. A step counts when it is
/// seen in the places that the indicator is shown with, and no period is missing within.
pub fn decline(
    row: &IndicatorRow,
    history: &[(Period, f64)],
    bounds: Option<(f64, Option<f64>)>,
) -> Option<Decline> {
    let scale = 10f64.powi(i32::from(row.decimals));
    let shown = |value: f64| (value * scale).round() / scale;
    let worse = |pair: &&[(Period, f64)]| match pair {
        [(before, was), (after, is)] => {
            *before == after.shift(-1) && is_better(row, shown(*was), shown(*is), bounds) == Some(false)
        }
        _ => false,
    };
    let steps = history.windows(2).rev().take_while(worse).count();
    let from = history.get(history.len().checked_sub(steps + 1)?)?;
    let to = history.last()?;
    (steps > 0).then_some(Decline { steps, from: *from, to: *to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pendopo_vocab::{
        Counts, Direction, Lang, RegionAggregation, RegionLevel, Sensitivity, TimeAggregation,
    };

    fn measure(direction: Direction) -> IndicatorRow {
        IndicatorRow {
            code: "uji".to_owned(),
            name: "Uji".to_owned(),
            name_en: None,
            definition: None,
            sector: "uji".to_owned(),
            agency_id: 1,
            unit: "%".to_owned(),
            decimals: 1,
            direction,
            cadence: Cadence::Month,
            level: RegionLevel::Regency,
            sensitivity: Sensitivity::Public,
            region_aggregation: RegionAggregation::None,
            time_aggregation: TimeAggregation::Last,
            weight_id: None,
            numerator_id: None,
            denominator_id: None,
            scale: None,
            sql: None,
            tolerance: 0.1,
            min: None,
            max: None,
            position: 0,
            counts: Counts::Nothing,
            least: None,
        }
    }

    fn check(direction: Direction, months: &[(i32, f64)], steps: usize) {
        let row = measure(direction);
        let first: Period = "2026-01".parse().unwrap();
        let history: Vec<(Period, f64)> =
            months.iter().map(|(month, value)| (first.shift(month - 1), *value)).collect();
        let found = decline(&row, &history, Some((10.0, Some(12.0))));
        assert_eq!(found.map_or(0, |decline| decline.steps), steps, "{months:?}");
    }

    #[test]
    fn only_steps_for_the_worse_in_a_row_count() {
        let falling = [(1, 14.0), (2, 13.0), (3, 12.5), (4, 12.1)];
        check(Direction::Higher, &falling, 3);
        check(Direction::Lower, &falling, 0);
        check(Direction::Lower, &[(1, 9.0), (2, 8.0), (3, 8.5), (4, 9.5)], 2);
        check(Direction::Range, &[(1, 11.0), (2, 12.5), (3, 13.0), (4, 14.0)], 3);
        // Back into the range; not seen in one decimal place; a month without a figure; too little to say.
        check(Direction::Range, &falling, 0);
        check(Direction::Higher, &[(1, 14.0), (2, 13.0), (3, 12.99)], 0);
        check(Direction::Higher, &[(1, 14.0), (2, 13.0), (4, 12.0), (5, 11.0)], 1);
        check(Direction::Higher, &[(1, 14.0)], 0);
        check(Direction::Higher, &[], 0);
    }

    #[test]
    fn it_is_told_with_its_beginning_and_its_end() {
        let row = measure(Direction::Lower);
        let months = ["2026-07", "2026-08", "2026-09", "2026-10"].map(|month| month.parse().unwrap());
        let history: Vec<(Period, f64)> = months.into_iter().zip([3.0, 4.0, 5.0, 6.5]).collect();
        let found = decline(&row, &history, None).unwrap();
        assert!(found.is_worrying());
        let said = found.words(&row, Tr(Lang::Id));
        for part in ["Memburuk 3 bulan berturut-turut: dari 3,0", "(Jul 2026) menjadi 6,5", "(Okt 2026)."] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }
}
