//! Series of the made-up regency as a center would know them: what forecasts are tried on.

use crate::model::{Model, Month, beds::WARDS, licences::BRANCHES, prices::COMMODITIES};
use jiff::{Timestamp, ToSpan, civil::Date};
use pendopo_vocab::{Cadence, Period};

/// A named series with its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// What it is of.
    pub name: String,
    /// Its unit.
    pub unit: &'static str,
    /// Period and value, oldest first.
    pub points: Vec<(Period, f64)>,
}

/// Months and days of history that [`histories`] gives.
const MONTHS: i32 = 60;
const DAYS: i32 = 180;

/// The regency's series on the day of `now`: monthly ones of health and licences in all and by kecamatan, daily
/// prices, and the daily occupancy of beds.
pub fn histories(model: &Model, now: Timestamp) -> Vec<History> {
    let last = model.last_closed(now);
    let months: Vec<Month> = (last.0 - MONTHS + 1..=last.0).map(Month).collect();
    let today = model.local(now).date();
    let days: Vec<Date> = (1..=DAYS).rev().map(|back| today.saturating_sub(back.days())).collect();
    let mut found = Vec::new();
    for district in std::iter::once(None).chain((0..model.districts.len()).map(Some)) {
        let place = district.map_or("all".to_owned(), |index| model.districts[index].name.clone());
        found.push(monthly(format!("stunting, {place}"), "%", &months, |month| {
            stunting(model, district, month, now)
        }));
        found.push(monthly(format!("licences, {place}"), "izin", &months, |month| {
            licences(model, district, month, now)
        }));
    }
    let sold = COMMODITIES.iter().filter(|line| line.level == 2);
    found.extend(sold.map(|line| {
        let price = |day: Date| model.price(line, day, now).map(|price| price as f64);
        daily(format!("price, {}", line.name), "Rp/kg", &days, price)
    }));
    found.push(daily("beds taken".to_owned(), "%", &days, |day| Some(beds(model, day))));
    found
}

fn monthly(name: String, unit: &'static str, months: &[Month], value: impl Fn(Month) -> f64) -> History {
    let points =
        months.iter().map(|month| (Period::containing(month.last_day(), Cadence::Month), value(*month)));
    History { name, unit, points: points.collect() }
}

fn daily(name: String, unit: &'static str, days: &[Date], value: impl Fn(Date) -> Option<f64>) -> History {
    let points = days.iter().filter_map(|day| Some((Period::containing(*day, Cadence::Day), value(*day)?)));
    History { name, unit, points: points.collect() }
}

fn stunting(model: &Model, district: Option<usize>, month: Month, now: Timestamp) -> f64 {
    let villages =
        model.villages.iter().filter(|village| district.is_none_or(|index| village.district == index));
    let (stunted, measured) = villages
        .map(|village| model.child_health(village, month, now))
        .fold((0, 0), |(stunted, measured), found| (stunted + found.stunted, measured + found.measured));
    100.0 * stunted as f64 / measured.max(1) as f64
}

fn licences(model: &Model, district: Option<usize>, month: Month, now: Timestamp) -> f64 {
    let places = model.districts.iter().enumerate();
    let places = places.filter(|(index, _)| district.is_none_or(|asked| asked == *index));
    let issued = places.flat_map(|(_, place)| {
        (0..BRANCHES.len()).map(move |branch| model.licences(place, branch, month, now).issued)
    });
    issued.sum::<i64>() as f64
}

fn beds(model: &Model, day: Date) -> f64 {
    let taken: i64 = (0..WARDS.len()).map(|ward| model.beds_taken(ward, day.at(8, 0, 0, 0))).sum();
    100.0 * taken as f64 / WARDS.iter().map(|ward| ward.beds).sum::<i64>() as f64
}
