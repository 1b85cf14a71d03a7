//! Disaster reports: single events with a place, a time, damage and how soon help came.

use super::{Model, prices::rain};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use pendopo_vocab::RegionCode;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Identifier, in order of time.
    pub id: i64,
    /// When it was reported, local time.
    pub at: DateTime,
    /// `Banjir`, `Tanah longsor`, `Angin kencang`, `Kekeringan` or `Kebakaran`.
    pub kind: &'static str,
    /// Where.
    pub village: RegionCode,
    /// Houses damaged.
    pub houses: i64,
    /// Persons affected.
    pub persons: i64,
    /// Minutes until the first team arrived.
    pub response_minutes: i64,
}

/// Days of history.
const DAYS: i64 = 730;
/// Most events in one day.
const PER_DAY: i64 = 6;

impl Model {
    /// All events of the last two years up to `now`, newest first.
    pub fn disasters(&self, now: Timestamp) -> Vec<Event> {
        let local = self.local(now);
        let today = local.date();
        let mut events: Vec<Event> = (0..=DAYS)
            .filter_map(|back| today.checked_sub(jiff::Span::new().days(back)).ok())
            .flat_map(|day| (0..PER_DAY).filter_map(move |nth| self.event(day, nth)))
            .filter(|event| event.at <= local)
            .collect();
        events.sort_by_key(|event| std::cmp::Reverse((event.at, event.id)));
        events
    }

    fn event(&self, day: Date, nth: i64) -> Option<Event> {
        let ymd = i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day());
        let unit = |tag: &str| self.noise.unit(tag, ymd, nth);
        let wet = rain(day);
        let dry = (8..=10).contains(&day.month());
        if unit("event") > 0.16 + 0.18 * wet + if dry { 0.22 } else { 0.0 } {
            return None;
        }
        let roll = unit("kind");
        let kind = match (dry, roll) {
            (true, ..0.7) => "Kekeringan",
            (_, ..0.45) if wet > 0.2 => "Banjir",
            (_, ..0.6) if wet > 0.2 => "Tanah longsor",
            (_, ..0.8) => "Angin kencang",
            _ => "Kebakaran",
        };
        let place = (unit("place") * self.villages.len() as f64) as usize;
        let village = self.villages.get(place)?;
        let minute = (unit("minute") * 1440.0) as i64;
        let at = day.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        let size = (0.8 * self.noise.bell("size", ymd, nth)).exp();
        let (houses, persons) = match kind {
            "Kekeringan" => (0.0, 180.0 * size),
            "Banjir" => (6.0 * size, 45.0 * size),
            "Kebakaran" => (1.0 + 0.5 * size, 5.0 * size),
            _ => (2.0 * size, 9.0 * size),
        };
        Some(Event {
            id: ymd * 10 + nth,
            at,
            kind,
            village: village.code,
            houses: houses.round() as i64,
            persons: persons.round() as i64,
            response_minutes: (12.0 + 17.0 * size).round() as i64,
        })
    }
}
