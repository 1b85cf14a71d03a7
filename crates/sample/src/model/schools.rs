//! Schools by kecamatan: children of school age, children in school, reading scores.

use super::{District, Model, Month, share};
use jiff::Timestamp;

/// One kecamatan in one month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schooling {
    /// Children of 7 to 15 years.
    pub of_age: i64,
    /// Of these, in school.
    pub in_school: i64,
    /// Mean reading score, 0 to 100.
    pub reading: f64,
    /// Classrooms.
    pub rooms: i64,
    /// Of these, badly damaged.
    pub rooms_damaged: i64,
}

impl Model {
    /// The schools of a kecamatan and month.
    pub fn schooling(&self, district: &District, month: Month, now: Timestamp) -> Schooling {
        let age = self.age(month, now);
        let (id, m) = (district.code.id(), i64::from(month.0));
        let neglected = self.districts[self.stories.neglected].code == district.code;
        let of_age = (district.people * (0.134 + 0.003 * self.noise.bell("of-age", id, 0))).round();
        let leaving = if neglected { 0.026 } else { 0.0 };
        let attending = 0.9905 - leaving - 0.0002 * age + 0.001 * self.noise.bell("attending", id, m);
        let now_in = of_age
            * share(attending)
            * (1.0 + (self.correction("school", district.code, month, now) - 1.0) / 8.0);
        let rooms = (of_age / 24.0).round();
        let damaged = 0.075 + 0.01 * self.noise.bell("rooms", id, 0) + if neglected { 0.05 } else { 0.0 };
        Schooling {
            of_age: of_age as i64,
            in_school: now_in.round().min(of_age) as i64,
            reading: (71.0 + 3.5 * self.noise.bell("reading", id, 0) - 0.12 * age
                + 0.3 * self.noise.bell("reading-m", id, m))
            .clamp(0.0, 100.0),
            rooms: rooms as i64,
            rooms_damaged: (rooms * share(damaged)).round() as i64,
        }
    }
}
