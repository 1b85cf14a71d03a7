//! The population register.

use super::{Model, Month, Village, share};
use jiff::Timestamp;

/// One desa at the end of one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// Men and boys.
    pub male: i64,
    /// Women and girls.
    pub female: i64,
    /// Households (kartu keluarga).
    pub households: i64,
    /// Persons of 17 years and more, who must hold an identity card.
    pub card_due: i64,
    /// Of these, recorded for the electronic card.
    pub card_recorded: i64,
    /// Children of 0 to 18 years.
    pub children: i64,
    /// Of these, with a birth certificate.
    pub with_certificate: i64,
}

impl Population {
    /// All inhabitants.
    pub fn total(self) -> i64 {
        self.male + self.female
    }
}

impl Model {
    /// The register of a desa at the end of a month.
    pub fn population(&self, village: &Village, month: Month, now: Timestamp) -> Population {
        let age = self.age(month, now);
        let id = village.code.id();
        // Births, deaths and moves are registered all day long, but they are few: a tenth of what
        // other reports are corrected by.
        let moved = 1.0 + (self.correction("people", village.code, month, now) - 1.0) / 10.0;
        let people = village.people * (1.0 - 0.0004 * age) * moved;
        let male = people * (0.5005 + 0.004 * self.noise.bell("male", id, 0));
        let due = people * (0.735 + 0.01 * self.noise.bell("due", id, 0));
        let recorded = 0.988 - 0.0007 * age + 0.004 * self.noise.bell("recorded", id, 0);
        let children = people * (0.272 + 0.01 * self.noise.bell("children", id, 0));
        let gap = if village.district == self.stories.neglected { 0.055 } else { 0.0 };
        let certified = 0.975 - gap - 0.0011 * age + 0.006 * self.noise.bell("certificate", id, 0);
        Population {
            male: male.round() as i64,
            female: (people - male).round() as i64,
            households: (people / 2.95).round() as i64,
            card_due: due.round() as i64,
            card_recorded: (due * share(recorded)).round() as i64,
            children: children.round() as i64,
            with_certificate: (children * share(certified)).round() as i64,
        }
    }
}
