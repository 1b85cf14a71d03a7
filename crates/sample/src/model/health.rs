//! Children under five measured each month at the posyandu, and how many are too short for their age.

use super::{Model, Month, Village, share};
use jiff::Timestamp;

/// One desa in one month. Counts of children, never children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildHealth {
    /// Children under five.
    pub known: i64,
    /// Of these, weighed and measured.
    pub measured: i64,
    /// Of these, stunted.
    pub stunted: i64,
    /// Of those measured, wasted.
    pub wasted: i64,
}

impl Model {
    /// The posyandu's figures of a desa and month.
    pub fn child_health(&self, village: &Village, month: Month, now: Timestamp) -> ChildHealth {
        let age = self.age(month, now);
        let (id, m) = (village.code.id(), i64::from(month.0));
        let known = (village.people * 0.065 * (1.0 + 0.01 * self.noise.bell("known", id, m))).round();
        let slow = village.district == self.stories.slow;
        let coverage =
            if slow { 0.77 } else { 0.885 } - 0.002 * age + 0.03 * self.noise.bell("coverage", id, m);
        let measured = (known * share(coverage) * self.correction("measured", village.code, month, now))
            .round()
            .clamp(0.0, known);
        let local = 2.0 * self.noise.bell("stunting", id, 0) + 0.5 * self.noise.bell("stunting-m", id, m);
        let story = if village.district == self.stories.stunting_rising {
            11.5 - 0.42 * age
        } else if village.district == self.stories.stunting_high {
            6.5
        } else {
            1.5 * self.noise.bell("stunting-d", village.district as i64, 0)
        };
        let rate = share((14.3 + 0.2 * age + local + story).max(1.0) / 100.0);
        let wasted = share((5.6 + 0.03 * age + 1.1 * self.noise.bell("wasting", id, m)).max(0.0) / 100.0);
        ChildHealth {
            known: known as i64,
            measured: measured as i64,
            stunted: (measured * rate).round() as i64,
            wasted: (measured * wasted).round() as i64,
        }
    }
}
