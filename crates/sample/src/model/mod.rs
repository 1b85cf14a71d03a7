//! The made-up regency behind the ten services: plausible figures for every desa over the last 24
//! months, and figures that go on moving. Everything is a pure function of the seed, the place and
//! the instant asked about.
//!
//! The regency tells a story worth a board: most is fine, stunting falls but misses its target, two
//! kecamatan go the other way, aid is stuck in a third, and roads are bad in a fourth.

pub mod aid;
pub mod beds;
pub mod budget;
pub mod disasters;
pub mod health;
pub mod licences;
pub mod people;
pub mod prices;
pub mod roads;
pub mod schools;

use crate::noise::Noise;
use anyhow::{Context, bail};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use pendopo_vocab::{RegionCode, RegionLevel, region_tree::RegionTree};

/// What everything sent by the sample services carries.
pub const MARK: &str = "DATA CONTOH";

/// Closed months of history.
pub const MONTHS: i32 = 24;

/// Inhabitants of an average desa.
const PEOPLE_PER_VILLAGE: f64 = 3146.0;

/// Names of the months, as offices write them.
pub const MONTH_NAMES: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// A calendar month, counted from year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month in which `date` falls.
    pub fn of(date: Date) -> Month {
        Month(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// 1 to 12.
    pub fn number(self) -> i32 {
        self.0.rem_euclid(12) + 1
    }

    /// `2026-09`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}", self.year(), self.number())
    }

    /// `September 2026`.
    pub fn words(self) -> String {
        let name = MONTH_NAMES[self.0.rem_euclid(12) as usize];
        format!("{name} {}", self.year())
    }

    /// The last day of the month.
    pub fn last_day(self) -> Date {
        jiff::civil::date(self.year() as i16, self.number() as i8, 1).last_of_month()
    }
}

/// A desa or kelurahan.
#[derive(Debug, Clone)]
pub struct Village {
    /// Its code.
    pub code: RegionCode,
    /// Its name.
    pub name: String,
    /// Index of its kecamatan in [`Model::districts`].
    pub district: usize,
    /// Inhabitants in the last closed month.
    pub people: f64,
}

/// A kecamatan.
#[derive(Debug, Clone)]
pub struct District {
    /// Its code.
    pub code: RegionCode,
    /// Its name.
    pub name: String,
    /// Inhabitants in the last closed month.
    pub people: f64,
}

/// Districts with a story of their own, as indexes of [`Model::districts`].
#[derive(Debug, Clone, Copy)]
struct Stories {
    /// Stunting is high and rising.
    stunting_rising: usize,
    /// Stunting is high.
    stunting_high: usize,
    /// Aid does not arrive; roads are bad; children leave school.
    neglected: usize,
    /// Late with every report.
    slow: usize,
}

/// The made-up regency.
#[derive(Debug, Clone)]
pub struct Model {
    /// The regency.
    pub region: RegionCode,
    /// Its kecamatan.
    pub districts: Vec<District>,
    /// Its desa and kelurahan, kecamatan by kecamatan.
    pub villages: Vec<Village>,
    noise: Noise,
    stories: Stories,
    time_zone: TimeZone,
}

impl Model {
    /// The regency `region` with its kecamatan and desa from the official list. An error when it is
    /// not a regency with at least four kecamatan.
    pub fn new(region: RegionCode, seed: u64) -> anyhow::Result<Model> {
        let tree = RegionTree::embedded();
        let noise = Noise::new(seed);
        let mut districts: Vec<District> = tree
            .children(region)
            .map(|found| District { code: found.code, name: found.name.to_owned(), people: 0.0 })
            .collect();
        if region.level() != RegionLevel::Regency || districts.len() < 4 {
            bail!("{region} is not a regency with at least four kecamatan");
        }
        let mut villages: Vec<Village> = tree
            .descendants(region, RegionLevel::Village)
            .map(|found| {
                let parent = found.code.ancestor(RegionLevel::District);
                let district = districts
                    .iter()
                    .position(|district| district.code == parent)
                    .with_context(|| format!("{} lies in no kecamatan of {region}", found.code))?;
                // Kelurahan (numbers from 1001) are towns, desa (from 2001) are smaller.
                let town = if found.code.id() % 10_000 < 2000 { 1.8 } else { 1.0 };
                Ok(Village {
                    code: found.code,
                    name: found.name.to_owned(),
                    district,
                    people: town * (0.55 + 0.9 * noise.unit("people", found.code.id(), 0)),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let weight: f64 = villages.iter().map(|village| village.people).sum();
        let per_weight = PEOPLE_PER_VILLAGE * villages.len() as f64 / weight;
        for village in &mut villages {
            village.people = (village.people * per_weight).round();
            districts[village.district].people += village.people;
        }
        let stories = choose_stories(noise, districts.len());
        Ok(Model {
            region,
            districts,
            villages,
            noise,
            stories,
            time_zone: TimeZone::get("Asia/Jakarta").context("the time zone Asia/Jakarta")?,
        })
    }

    /// The wall clock in the regency.
    pub fn local(&self, now: Timestamp) -> DateTime {
        self.time_zone.to_datetime(now)
    }

    /// The last month that is over.
    pub fn last_closed(&self, now: Timestamp) -> Month {
        Month(Month::of(self.local(now).date()).0 - 1)
    }

    /// The closed months of the history, oldest first.
    pub fn closed_months(&self, now: Timestamp) -> impl Iterator<Item = Month> + use<> {
        let last = self.last_closed(now).0;
        (last - MONTHS + 1..=last).map(Month)
    }

    /// The kecamatan of a village.
    pub fn district_of(&self, village: &Village) -> &District {
        &self.districts[village.district]
    }

    /// Months between `month` and the last closed one, 0 for the latter.
    fn age(&self, month: Month, now: Timestamp) -> f64 {
        f64::from(self.last_closed(now).0 - month.0)
    }

    /// Corrections that reach the last closed month: each place sends one an hour, at a minute of its
    /// own, so that every minute some figure moves by up to about one per cent. Older months are at rest.
    fn correction(&self, tag: &str, place: RegionCode, month: Month, now: Timestamp) -> f64 {
        if month != self.last_closed(now) {
            return 1.0;
        }
        let own_minute = (self.noise.bits("minute", place.id(), 0) % 60).cast_signed();
        let hour = (now.as_second() / 60 + own_minute) / 60;
        1.0 + 0.006 * self.noise.bell(tag, place.id(), hour)
    }

    /// Whether a village has sent its report on `month`. A few in a hundred send the last month's
    /// late, and those of one slow kecamatan more often; everything older is in.
    pub fn has_reported(&self, village: &Village, month: Month, now: Timestamp) -> bool {
        if month < self.last_closed(now) {
            return true;
        }
        let slow = village.district == self.stories.slow;
        let late = self.noise.unit("late", village.code.id(), i64::from(month.0));
        late >= if slow { 0.45 } else { 0.03 }
    }
}

/// Four districts, none twice.
fn choose_stories(noise: Noise, count: usize) -> Stories {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|index| noise.bits("story", *index as i64, 0));
    Stories { stunting_rising: order[0], stunting_high: order[1], neglected: order[2], slow: order[3] }
}

/// A share between 0 and 1.
fn share(value: f64) -> f64 {
    value.clamp(0.0, 1.0)
}
