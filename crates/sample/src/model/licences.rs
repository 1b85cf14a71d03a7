//! Business licences by kecamatan and branch of business.

use super::{District, Model, Month, share};
use jiff::Timestamp;

/// Branches of business that licences are counted by.
pub const BRANCHES: [&str; 4] = ["Perdagangan", "Industri", "Pertanian & Kehutanan", "Jasa"];

/// One kecamatan, branch and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Licences {
    /// Business numbers (NIB) issued.
    pub numbers: i64,
    /// Licences issued.
    pub issued: i64,
    /// Of these, within the promised days.
    pub on_time: i64,
    /// Investment declared, in rupiah.
    pub investment_idr: i64,
}

impl Model {
    /// The licences of a kecamatan, branch (index of [`BRANCHES`]) and month. Since four months ago
    /// they take longer.
    pub fn licences(&self, district: &District, branch: usize, month: Month, now: Timestamp) -> Licences {
        let age = self.age(month, now);
        let (id, key) = (district.code.id(), i64::from(month.0) * 8 + branch as i64);
        let weight = [1.0, 0.35, 0.5, 0.7][branch.min(3)];
        let busy = district.people / 58_000.0 * weight * (1.0 + 0.25 * self.noise.bell("licence", id, key));
        let corrected = self.correction("licence-now", district.code, month, now);
        let issued = (22.0 * busy.max(0.1) * corrected).round().max(1.0);
        let punctual = 0.945 - 0.022 * (4.0 - age).max(0.0) + 0.03 * self.noise.bell("punctual", id, key);
        let deal = (0.9 * self.noise.bell("deal", id, key)).exp();
        Licences {
            numbers: (issued * 1.7).round() as i64,
            issued: issued as i64,
            on_time: (issued * share(punctual)).round() as i64,
            investment_idr: (issued * deal * 38.0).round() as i64 * 1_000_000,
        }
    }
}
