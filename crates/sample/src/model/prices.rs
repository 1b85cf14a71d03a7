//! Daily prices of staple goods at the regency's main markets.

use super::Model;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};

/// A line of the price table: a category (level 1) or a commodity in it (level 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Commodity {
    /// Roman number of a category, number of a commodity.
    pub number: &'static str,
    /// Name.
    pub name: &'static str,
    /// 1 for a category, whose price is that of its first commodity; 2 for a commodity.
    pub level: u8,
    /// Usual price per kilogram or litre, in rupiah.
    pub base_idr: f64,
    /// How far it wanders, as a fraction.
    pub swing: f64,
    /// How much the rainy season adds, as a fraction.
    pub rain: f64,
}

/// The table's lines in order.
pub const COMMODITIES: [Commodity; 14] = [
    line("I", "Beras", 1, 13_700.0, 0.03, 0.02),
    line("1", "Beras Medium", 2, 13_700.0, 0.03, 0.02),
    line("2", "Beras Premium", 2, 15_300.0, 0.03, 0.02),
    line("II", "Daging Ayam", 1, 35_500.0, 0.08, 0.0),
    line("1", "Daging Ayam Ras Segar", 2, 35_500.0, 0.08, 0.0),
    line("III", "Telur Ayam", 1, 27_800.0, 0.07, 0.02),
    line("1", "Telur Ayam Ras Segar", 2, 27_800.0, 0.07, 0.02),
    line("IV", "Bawang", 1, 34_000.0, 0.16, 0.05),
    line("1", "Bawang Merah Ukuran Sedang", 2, 34_000.0, 0.16, 0.05),
    line("2", "Bawang Putih Ukuran Sedang", 2, 36_000.0, 0.08, 0.0),
    line("V", "Cabai", 1, 48_000.0, 0.2, 0.75),
    line("1", "Cabai Rawit Merah", 2, 48_000.0, 0.2, 0.75),
    line("VI", "Minyak Goreng", 1, 16_100.0, 0.03, 0.0),
    line("1", "Minyak Goreng Kemasan Sederhana", 2, 16_100.0, 0.03, 0.0),
];

const fn line(
    number: &'static str,
    name: &'static str,
    level: u8,
    base_idr: f64,
    swing: f64,
    rain: f64,
) -> Commodity {
    Commodity { number, name, level, base_idr, swing, rain }
}

impl Model {
    /// The price in rupiah, to the next 50; `None` before the market closes its first round at six in
    /// the morning, and on the odd day when nobody went.
    pub fn price(&self, commodity: &Commodity, day: Date, now: Timestamp) -> Option<i64> {
        let local = self.local(now);
        let days = days_since_epoch(day);
        // A category and its first commodity share their base price and so their wander.
        let key = commodity.base_idr as i64;
        if day > local.date() || (day == local.date() && local.hour() < 6) {
            return None;
        }
        if day < local.date() && self.noise.unit("closed", days, key) < 0.015 {
            return None;
        }
        let within_day = if day == local.date() { part_of_day(local) } else { 1.0 };
        let at = days as f64 + within_day;
        let swing = commodity.swing
            * (0.7 * self.noise.wander("price", key, at / 11.0)
                + 0.3 * self.noise.wander("price-day", key, at * 8.0));
        let inflation = 1.0 + 0.03 * (at - 20_500.0) / 365.0;
        let price = commodity.base_idr * inflation * (1.0 + swing + commodity.rain * rain(day));
        Some((price / 50.0).round() as i64 * 50)
    }
}

/// 0 in the dry season, 1 at the height of the rains, which begin in November.
pub(super) fn rain(day: Date) -> f64 {
    let of_year = f64::from(day.day_of_year());
    let angle = (of_year - 15.0) / 365.0 * std::f64::consts::TAU;
    (0.45 + 0.6 * angle.cos()).clamp(0.0, 1.0)
}

fn days_since_epoch(day: Date) -> i64 {
    day.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24
}

fn part_of_day(local: DateTime) -> f64 {
    f64::from(i32::from(local.hour()) * 60 + i32::from(local.minute())) / 1440.0
}
