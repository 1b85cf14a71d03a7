//! The condition of regency roads by kecamatan, surveyed each semester.

use super::{District, Model, share};
use jiff::{Timestamp, civil::Date};

/// Half a year, counted from year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Semester(pub i32);

impl Semester {
    /// The semester in which `date` falls.
    pub fn of(date: Date) -> Semester {
        Semester(i32::from(date.year()) * 2 + i32::from(date.month() > 6))
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(2)
    }

    /// 1 or 2.
    pub fn number(self) -> i32 {
        self.0.rem_euclid(2) + 1
    }

    /// `Semester I 2026`.
    pub fn words(self) -> String {
        format!("Semester {} {}", if self.number() == 1 { "I" } else { "II" }, self.year())
    }
}

/// Kilometres of road of one kecamatan by condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roads {
    /// Good.
    pub good_km: f64,
    /// Fair.
    pub fair_km: f64,
    /// Lightly damaged.
    pub worn_km: f64,
    /// Badly damaged.
    pub broken_km: f64,
}

impl Roads {
    /// All of it.
    pub fn total_km(self) -> f64 {
        self.sound_km() + self.worn_km + self.broken_km
    }

    /// Good and fair: what the ministry calls "mantap".
    pub fn sound_km(self) -> f64 {
        self.good_km + self.fair_km
    }
}

impl Model {
    /// The roads of a kecamatan. In the running semester repairs are entered every quarter of an hour.
    pub fn roads(&self, district: &District, semester: Semester, now: Timestamp) -> Roads {
        let current = Semester::of(self.local(now).date());
        let age = f64::from(current.0 - semester.0);
        let id = district.code.id();
        let total = 26.0 + district.people / 2600.0 + 6.0 * self.noise.unit("roads", id, 0);
        let neglected = self.districts[self.stories.neglected].code == district.code;
        let repaired = if age == 0.0 {
            0.008 * self.noise.wander("repair", id, now.as_second() as f64 / 900.0)
        } else {
            0.0
        };
        let sound = share(
            0.765 - 0.024 * age - if neglected { 0.22 } else { 0.0 }
                + 0.05 * self.noise.bell("sound", id, 0)
                + repaired,
        );
        let km = |part: f64| (total * part * 100.0).round() / 100.0;
        Roads {
            good_km: km(sound * 0.68),
            fair_km: km(sound * 0.32),
            worn_km: km((1.0 - sound) * 0.45),
            broken_km: km((1.0 - sound) * 0.55),
        }
    }
}
