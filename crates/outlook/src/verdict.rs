//! Whether and when a target is met, from a forecast.

use crate::{ForecastPoint, Outlook};
use pendopo_vocab::{Direction, Period, TargetStatus};

/// The bounds in force in a period: to reach, and for ranges the upper one.
pub type Target = (f64, Option<f64>);

/// What becomes of the target. The interval is that of 80 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Missed now, met from `period` on.
    WillMeet {
        /// The first period whose forecast meets it.
        period: Period,
        /// The first in which it can well be met.
        earliest: Period,
        /// The first in which it is met even in the worse case; `None`: not as far as is looked.
        latest: Option<Period>,
        /// The forecast then.
        at: ForecastPoint,
        /// The target then.
        target: Target,
    },
    /// Met now, no longer from `period` on.
    WillLeave {
        /// The first period whose forecast misses it.
        period: Period,
        /// The forecast then.
        at: ForecastPoint,
        /// The target then.
        target: Target,
        /// The interval holds values that meet it.
        open: bool,
    },
    /// Missed now and still missed at the deadline.
    WillMiss {
        /// The forecast at the deadline.
        at: ForecastPoint,
        /// The target then.
        target: Target,
        /// The interval holds values that meet it.
        open: bool,
    },
    /// Met now and still met at the deadline.
    WillKeep {
        /// The forecast at the deadline.
        at: ForecastPoint,
        /// The target then.
        target: Target,
        /// The interval holds values that miss it.
        open: bool,
    },
}

impl Verdict {
    /// The word used in the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Verdict::WillMeet { .. } => "will_meet",
            Verdict::WillLeave { .. } => "will_leave",
            Verdict::WillMiss { .. } => "will_miss",
            Verdict::WillKeep { .. } => "will_keep",
        }
    }

    /// The forecast that the verdict rests on, and the target there.
    pub fn at(&self) -> (ForecastPoint, Target) {
        match *self {
            Verdict::WillMeet { at, target, .. }
            | Verdict::WillLeave { at, target, .. }
            | Verdict::WillMiss { at, target, .. }
            | Verdict::WillKeep { at, target, .. } => (at, target),
        }
    }

    /// The forecast and its interval do not agree.
    pub fn is_open(&self) -> bool {
        match *self {
            Verdict::WillMeet { latest, .. } => latest.is_none(),
            Verdict::WillLeave { open, .. }
            | Verdict::WillMiss { open, .. }
            | Verdict::WillKeep { open, .. } => open,
        }
    }
}

/// One period ahead, held against its target.
struct Held {
    at: ForecastPoint,
    target: Target,
    /// The forecast meets it.
    meets: bool,
    /// The better end of the interval does, or something between the ends.
    can: bool,
    /// Both ends do, and so all between them.
    sure: bool,
}

fn hold(direction: Direction, at: ForecastPoint, target: Target) -> Held {
    let meets = |value: f64| {
        TargetStatus::judge(direction, Some(value), Some(target.0), target.1, 0.0) == TargetStatus::OnTrack
    };
    let (low, high) = at.likely;
    let ends = [meets(low), meets(high)];
    // A narrow range may lie within the interval without holding an end of it.
    let within = direction == Direction::Range && low <= target.1.unwrap_or(target.0) && high >= target.0;
    Held { at, target, meets: meets(at.value), can: ends[0] || ends[1] || within, sure: ends[0] && ends[1] }
}

/// Judges an outlook. `targets` are those in force in the forecast's periods, in their order; `now` is the
/// target in force in the period of the newest value. `None` without targets ahead.
///
/// The deadline is the end of the calendar year of the first period forecast, or as far ahead as is forecast
/// when that is nearer.
pub fn judge(
    outlook: &Outlook,
    direction: Direction,
    now: Option<Target>,
    targets: &[Option<Target>],
) -> Option<Verdict> {
    let ahead = outlook.points.iter().zip(targets);
    let held: Vec<Held> = ahead.map_while(|(at, target)| Some(hold(direction, *at, (*target)?))).collect();
    let first = held.first()?;
    let year = first.at.period.first_day().year();
    let deadline = held.iter().rev().find(|held| held.at.period.first_day().year() == year)?;
    let met_now = match now {
        Some((low, high)) => {
            let value = Some(outlook.newest);
            TargetStatus::judge(direction, value, Some(low), high, 0.0) == TargetStatus::OnTrack
        }
        None => first.meets,
    };
    // A target is met from the first period on after which it is not missed again before the deadline.
    let turn = |met: bool| {
        let from = held.iter().rposition(|held| held.meets != met).map_or(0, |last| last + 1);
        held.get(from)
    };
    let verdict = if met_now {
        match turn(false).filter(|_| !deadline.meets || held.last().is_some_and(|held| !held.meets)) {
            Some(left) => Verdict::WillLeave {
                period: left.at.period,
                at: left.at,
                target: left.target,
                open: left.can,
            },
            None => Verdict::WillKeep { at: deadline.at, target: deadline.target, open: !deadline.sure },
        }
    } else {
        match turn(true) {
            Some(met) => Verdict::WillMeet {
                period: met.at.period,
                earliest: held.iter().find(|held| held.can).map_or(met.at.period, |held| held.at.period),
                latest: held
                    .iter()
                    .rposition(|held| !held.sure)
                    .map_or(Some(first.at.period), |last| held.get(last + 1).map(|held| held.at.period)),
                at: met.at,
                target: met.target,
            },
            None => Verdict::WillMiss { at: deadline.at, target: deadline.target, open: deadline.can },
        }
    };
    Some(verdict)
}
