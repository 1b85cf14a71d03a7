//! Social aid: families entitled, families reached, rupiah paid out.

use super::{Model, Month, Village, share};
use jiff::Timestamp;

/// One desa in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocialAid {
    /// Families entitled under PKH.
    pub pkh_families: i64,
    /// Families entitled to staple food (BPNT).
    pub food_families: i64,
    /// Families entitled to either.
    pub entitled: i64,
    /// Families paid this month.
    pub paid: i64,
    /// Paid out, in rupiah.
    pub paid_idr: i64,
}

impl Model {
    /// The aid of a desa and month. In one kecamatan it has been stuck for three months.
    pub fn social_aid(&self, village: &Village, month: Month, now: Timestamp) -> SocialAid {
        let age = self.age(month, now);
        let (id, m) = (village.code.id(), i64::from(month.0));
        let households = village.people / 2.95;
        let poor = 0.16
            + 0.045 * self.noise.bell("poor", id, 0)
            + if village.district == self.stories.neglected { 0.05 } else { 0.0 };
        let food = (households * share(poor.max(0.04)) * (1.0 + 0.002 * age)).round();
        let pkh = (food * 0.62).round();
        let entitled = (food * 1.12).round();
        let stuck = village.district == self.stories.neglected && age < 3.0;
        let reach = if stuck { 0.74 + 0.03 * age } else { 0.968 } + 0.012 * self.noise.bell("reach", id, m);
        let paid = (entitled * share(reach) * self.correction("aid", village.code, month, now))
            .round()
            .min(entitled);
        SocialAid {
            pkh_families: pkh as i64,
            food_families: food as i64,
            entitled: entitled as i64,
            paid: paid as i64,
            paid_idr: paid as i64 * 200_000,
        }
    }
}
