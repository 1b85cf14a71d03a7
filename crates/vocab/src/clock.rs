//! Time is passed in, so that every rule can be tested on any day.

use jiff::Timestamp;

/// Milliseconds of a day of 24 hours.
pub const DAY_MS: i64 = 24 * 3600 * 1000;

/// Where "now" comes from. Only the program's outermost layer uses [`SystemClock`].
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for tests and for "as known on date X".
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
