//! What a source promised, and whether it keeps it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How often a source promised to bring something new, and how much delay is forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshnessPromise {
    /// A good run is expected at least this often, in seconds.
    pub every_secs: i64,
    /// Delay forgiven before "late" becomes "stale", in seconds.
    pub grace_secs: i64,
    /// The newest period that it delivered ended at most this long ago, in seconds. Beyond it the source is
    /// late, beyond twice as long stale, however often it answers.
    pub period_within_secs: Option<i64>,
}

/// The state of a source, worst first when sorted by attention needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreshnessState {
    /// The shape of what it sends has changed; its figures are held back.
    Changed,
    /// Several runs in a row failed.
    Down,
    /// The other side refuses us (401, 403, a bot wall).
    Blocked,
    /// The promise is broken beyond its grace.
    Stale,
    /// The promise is broken, within its grace.
    Late,
    /// It has never been run.
    Waiting,
    /// All is well.
    Fresh,
}

/// What is known of a source's past, enough to state its freshness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceHistory {
    /// When the last good run ended.
    pub last_good: Option<Timestamp>,
    /// Failed runs since the last good one.
    pub failures_since: u32,
    /// The last failure was a refusal (401, 403, a bot wall).
    pub blocked: bool,
    /// The last failure was a change of shape.
    pub changed: bool,
    /// When the newest period that it delivered ended.
    pub newest_until: Option<Timestamp>,
}

impl FreshnessPromise {
    /// Failed runs in a row after which a source is down rather than late.
    pub const FAILURES_FOR_DOWN: u32 = 3;

    /// The state at `now`. A change of shape and a refusal count at once, since waiting mends neither.
    pub fn state(self, history: &SourceHistory, now: Timestamp) -> FreshnessState {
        if history.changed && history.failures_since > 0 {
            return FreshnessState::Changed;
        }
        if history.blocked && history.failures_since > 0 {
            return FreshnessState::Blocked;
        }
        if history.failures_since >= Self::FAILURES_FOR_DOWN {
            return FreshnessState::Down;
        }
        let Some(last_good) = history.last_good else {
            return if history.failures_since > 0 { FreshnessState::Late } else { FreshnessState::Waiting };
        };
        let within = SignedDuration::from_secs(self.every_secs);
        let answers = kept(now.duration_since(last_good), within, SignedDuration::from_secs(self.grace_secs));
        answers.min(self.data_state(history, now))
    }

    /// The state of the data themselves, whenever they were read: a service that goes on repeating old
    /// dates is as late as one that says nothing.
    pub fn data_state(self, history: &SourceHistory, now: Timestamp) -> FreshnessState {
        let (Some(within), Some(until)) = (self.period_within_secs, history.newest_until) else {
            return FreshnessState::Fresh;
        };
        let within = SignedDuration::from_secs(within);
        kept(now.duration_since(until), within, within)
    }
}

/// Whether something of this age is as promised, within what is forgiven, or beyond.
fn kept(age: SignedDuration, promised: SignedDuration, forgiven: SignedDuration) -> FreshnessState {
    if age <= promised {
        FreshnessState::Fresh
    } else if age <= promised + forgiven {
        FreshnessState::Late
    } else {
        FreshnessState::Stale
    }
}

impl FreshnessState {
    /// The word used in the API and as a key of messages and styles.
    pub fn as_str(self) -> &'static str {
        match self {
            FreshnessState::Changed => "changed",
            FreshnessState::Down => "down",
            FreshnessState::Blocked => "blocked",
            FreshnessState::Stale => "stale",
            FreshnessState::Late => "late",
            FreshnessState::Waiting => "waiting",
            FreshnessState::Fresh => "fresh",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_late_then_stale() {
        let promise = FreshnessPromise { every_secs: 3600, grace_secs: 1800, period_within_secs: None };
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let at = |secs: i64, h: SourceHistory| promise.state(&h, start + SignedDuration::from_secs(secs));
        let good = SourceHistory { last_good: Some(start), ..SourceHistory::default() };
        assert_eq!(at(3600, good), FreshnessState::Fresh);
        assert_eq!(at(3601, good), FreshnessState::Late);
        assert_eq!(at(5401, good), FreshnessState::Stale);
        assert_eq!(at(0, SourceHistory::default()), FreshnessState::Waiting);
        assert_eq!(at(0, SourceHistory { failures_since: 3, ..good }), FreshnessState::Down);
        assert_eq!(
            at(0, SourceHistory { failures_since: 1, changed: true, ..good }),
            FreshnessState::Changed
        );
        assert_eq!(
            at(0, SourceHistory { failures_since: 1, blocked: true, ..good }),
            FreshnessState::Blocked
        );
    }

    #[test]
    fn old_data_are_late_however_often_they_are_sent() {
        let day = 86_400;
        let promise =
            FreshnessPromise { every_secs: 3600, grace_secs: 1800, period_within_secs: Some(3 * day) };
        let end = Timestamp::from_second(1_700_000_000).unwrap();
        let check = |days: i64, unread_secs: i64, want: FreshnessState| {
            let now = end + SignedDuration::from_secs(days * day);
            let history = SourceHistory {
                last_good: Some(now - SignedDuration::from_secs(unread_secs)),
                newest_until: Some(end),
                ..SourceHistory::default()
            };
            assert_eq!(promise.state(&history, now), want, "{days} days, {unread_secs} s");
        };
        check(-1, 60, FreshnessState::Fresh);
        check(3, 60, FreshnessState::Fresh);
        check(4, 60, FreshnessState::Late);
        check(7, 60, FreshnessState::Stale);
        // The worse of the two counts.
        check(1, 7200, FreshnessState::Stale);
        check(4, 7200, FreshnessState::Stale);
        check(7, 4000, FreshnessState::Stale);
    }
}
