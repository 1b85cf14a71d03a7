//! How an indicator is judged and added up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better (school attendance).
    Higher,
    /// Less is better (stunting).
    Lower,
    /// Between two bounds is better (prices, bed occupancy).
    Range,
}

/// How children's values become the parent region's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionAggregation {
    /// Add the children up.
    Sum,
    /// Plain mean of the children that reported.
    Mean,
    /// Mean of the children weighted by another indicator.
    WeightedMean,
    /// Numerator indicator over denominator indicator, at every level, times a scale.
    Ratio,
    /// Not aggregated: each level reports its own.
    None,
}

/// How a finer period's values become a coarser period's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeAggregation {
    /// Add the periods up (visits, rupiah).
    Sum,
    /// The last reported period stands (stocks, cumulative figures).
    Last,
    /// Plain mean over the periods that reported (prices).
    Mean,
}

/// What an indicator counts: it decides below which value a figure may point at somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// People, families, households: figures below 5 are not shown.
    People,
    /// People who are ill, injured or in care: figures below 10 are not shown, zero neither.
    Health,
    /// Children: figures below 10 are not shown, zero neither.
    Children,
    /// No people: money, kilometres, prices, rates.
    Nothing,
}

/// Words for people in units, in lower case.
const PEOPLE: [&str; 20] = [
    "orang",
    "jiwa",
    "anak",
    "balita",
    "bayi",
    "siswa",
    "murid",
    "pelajar",
    "pasien",
    "penderita",
    "kasus",
    "keluarga",
    "kk",
    "rumah tangga",
    "penduduk",
    "warga",
    "korban",
    "pegawai",
    "people",
    "persons",
];

impl Counts {
    /// The smallest value shown unless an indicator says otherwise; `None` where nobody is counted.
    pub fn least(self) -> Option<i64> {
        match self {
            Counts::People => Some(5),
            Counts::Health | Counts::Children => Some(10),
            Counts::Nothing => None,
        }
    }

    /// Whether zero is hidden like a small figure: that nobody is ill tells something of everybody.
    pub fn hides_zero(self) -> bool {
        matches!(self, Counts::Health | Counts::Children)
    }

    /// What an indicator of this unit counts when it does not say: people, where the unit is a word for
    /// them and not a rate (`orang`, not `orang/km²`).
    pub fn guess(unit: &str) -> Counts {
        let unit = unit.trim().to_lowercase();
        if PEOPLE.contains(&unit.as_str()) { Counts::People } else { Counts::Nothing }
    }
}

/// A value against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetStatus {
    /// Misses the target by more than the tolerance.
    OffTrack,
    /// Misses the target, within the tolerance.
    AtRisk,
    /// Meets the target.
    OnTrack,
    /// There is a value but no target.
    NoTarget,
    /// There is no value.
    NoData,
}

impl TargetStatus {
    /// Judges `value` against `target` (a lower bound, an upper bound, or with [`Direction::Range`]
    /// both: `target..=target_high`). A miss of up to `tolerance` (a fraction of the bound's
    /// magnitude, such as 0.1) is [`TargetStatus::AtRisk`].
    pub fn judge(
        direction: Direction,
        value: Option<f64>,
        target: Option<f64>,
        target_high: Option<f64>,
        tolerance: f64,
    ) -> TargetStatus {
        let Some(value) = value else {
            return TargetStatus::NoData;
        };
        let Some(target) = target else {
            return TargetStatus::NoTarget;
        };
        let (miss, bound) = match direction {
            Direction::Higher => (target - value, target),
            Direction::Lower => (value - target, target),
            Direction::Range => {
                let high = target_high.unwrap_or(target);
                if value < target { (target - value, target) } else { (value - high, high) }
            }
        };
        if miss <= 0.0 {
            TargetStatus::OnTrack
        } else if miss <= tolerance * bound.abs() {
            TargetStatus::AtRisk
        } else {
            TargetStatus::OffTrack
        }
    }

    /// The number stored in the database; smaller is worse.
    pub fn rank(self) -> i64 {
        match self {
            TargetStatus::OffTrack => 0,
            TargetStatus::AtRisk => 1,
            TargetStatus::OnTrack => 2,
            TargetStatus::NoTarget => 3,
            TargetStatus::NoData => 4,
        }
    }

    /// Reads the stored number; unknown numbers are [`TargetStatus::NoData`].
    #[inline]
    pub fn from_rank(rank: i64) -> TargetStatus {
        match rank {
            0 => TargetStatus::OffTrack,
            1 => TargetStatus::AtRisk,
            2 => TargetStatus::OnTrack,
            3 => TargetStatus::NoTarget,
            _ => TargetStatus::NoData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_known_by_their_unit() {
        for unit in ["orang", "Jiwa", " KK ", "anak", "kasus", "rumah tangga"] {
            assert_eq!(Counts::guess(unit), Counts::People, "{unit}");
        }
        for unit in ["%", "orang/km²", "Rp", "tempat tidur", "izin", ""] {
            assert_eq!(Counts::guess(unit), Counts::Nothing, "{unit}");
        }
    }

    #[test]
    fn judges_by_direction_and_tolerance() {
        let judge = |d, v, t, h| TargetStatus::judge(d, Some(v), Some(t), h, 0.1);
        assert_eq!(judge(Direction::Lower, 14.0, 14.0, None), TargetStatus::OnTrack);
        assert_eq!(judge(Direction::Lower, 15.0, 14.0, None), TargetStatus::AtRisk);
        assert_eq!(judge(Direction::Lower, 17.9, 14.0, None), TargetStatus::OffTrack);
        assert_eq!(judge(Direction::Higher, 61.0, 70.0, None), TargetStatus::OffTrack);
        assert_eq!(judge(Direction::Range, 70.0, 60.0, Some(80.0)), TargetStatus::OnTrack);
        assert_eq!(judge(Direction::Range, 95.0, 60.0, Some(80.0)), TargetStatus::OffTrack);
        assert_eq!(TargetStatus::judge(Direction::Lower, None, Some(1.0), None, 0.1), TargetStatus::NoData);
    }
}
