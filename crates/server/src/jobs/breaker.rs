//! The circuit breaker: a service that failed several times in a row is left in peace for a while, then
//! asked once, carefully. Pure: state comes from the run ledger, so it survives restarts.

use jiff::{SignedDuration, Timestamp};

/// Failures in a row after which the circuit opens.
pub const FAILURES_TO_OPEN: u32 = 5;
/// How long it stays open at first; it doubles with each further failure.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// It never stays open longer than this, whatever the source's own rhythm.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Whether a source may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// As usual.
    Closed,
    /// Once, without retries; the outcome decides.
    HalfOpen,
    /// Not before this moment.
    Open {
        /// When a probe is due.
        until: Timestamp,
    },
}

/// The circuit of a source with `failures` in a row, the last of which ended at `last_failure`. `every`
/// is the source's promised rhythm: it is asked again within one period at the latest.
pub fn circuit(
    failures: u32,
    last_failure: Option<Timestamp>,
    every: SignedDuration,
    now: Timestamp,
) -> Circuit {
    let (true, Some(last)) = (failures >= FAILURES_TO_OPEN, last_failure) else {
        return Circuit::Closed;
    };
    let doublings = (failures - FAILURES_TO_OPEN).min(10);
    let pause = (FIRST_PAUSE * (1i32 << doublings)).min(LONGEST_PAUSE).min(every);
    let until = last.checked_add(pause).unwrap_or(now);
    // A failure in the future was recorded by a clock that has since been set back.
    if until <= now || last > now { Circuit::HalfOpen } else { Circuit::Open { until } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_five_failures_and_probes_within_a_period() {
        let last = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |failures, secs: i64| {
            circuit(
                failures,
                Some(last),
                SignedDuration::from_secs(600),
                last + SignedDuration::from_secs(secs),
            )
        };
        let open = |secs: i64| Circuit::Open { until: last + SignedDuration::from_secs(secs) };
        assert_eq!(at(4, 1), Circuit::Closed);
        assert_eq!(at(5, 1), open(60));
        assert_eq!(at(5, 60), Circuit::HalfOpen);
        assert_eq!(at(7, 1), open(240));
        assert_eq!(at(40, 1), open(600));
        assert_eq!(at(40, 600), Circuit::HalfOpen);
        assert_eq!(at(9, -86_400), Circuit::HalfOpen);
        assert_eq!(circuit(9, None, SignedDuration::ZERO, last), Circuit::Closed);
    }
}
