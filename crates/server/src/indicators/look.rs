//! What of an indicator a reader looks at, and the days of "as known on". Pure.

use crate::error::{AppError, AppResult};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use pendopo_vocab::{Period, RegionCode};

/// What of an indicator a reader has chosen to look at, carried along from link to link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The period; the newest when `None`.
    pub period: Option<Period>,
    /// Key of a part; empty for the total.
    pub breakdown: String,
    /// As known on this day; now when `None`.
    pub known_on: Option<Date>,
}

impl Look {
    /// The address of an indicator in a region, looked at alike.
    pub fn indicator_href(&self, code: &str, region: RegionCode) -> String {
        let mut href = format!("/indikator/{code}?wilayah={region}");
        if let Some(period) = self.period {
            href.push_str(&format!("&periode={period}"));
        }
        if !self.breakdown.is_empty() {
            href.push_str(&format!("&rincian={}", in_address(&self.breakdown)));
        }
        if let Some(day) = self.known_on {
            href.push_str(&format!("&per={day}"));
        }
        href
    }

    /// The address of a figure's lineage, as known on the same day.
    pub fn lineage_href(&self, code: &str, region: RegionCode, period: i32, breakdown: &str) -> String {
        let period = Period::from_id(period).map_or_else(|| period.to_string(), |period| period.to_string());
        let mut asked = Vec::new();
        if !breakdown.is_empty() {
            asked.push(format!("rincian={}", in_address(breakdown)));
        }
        asked.extend(self.known_on.map(|day| format!("per={day}")));
        let mark = if asked.is_empty() { "" } else { "?" };
        format!("/angka/{code}/{region}/{period}{mark}{}", asked.join("&"))
    }
}

/// A text as it may stand after the question mark of an address.
fn in_address(text: &str) -> String {
    text.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23").replace(' ', "+")
}

/// The last instant of a day, Unix milliseconds: "as known on" includes the whole day. `None` for a day that
/// the calendar cannot hold.
pub fn end_of_day(day: Date, zone: &TimeZone) -> Option<i64> {
    let next = day.checked_add(1.day()).ok()?;
    let start = zone.to_timestamp(next.at(0, 0, 0, 0)).ok()?;
    Some(start.as_millisecond() - 1)
}

/// A day in an address, such as `2026-09-30`; `None` when it is left out.
///
/// # Errors
/// [`AppError::Invalid`] when it is no day.
pub fn day_asked(text: &str) -> AppResult<Option<Date>> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| AppError::Invalid(format!("`{text}`: yyyy-mm-dd"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::rules::indicator_href;

    #[test]
    fn links_carry_what_was_chosen() {
        let region: RegionCode = "33.16".parse().unwrap();
        let september: Period = "2026-09".parse().unwrap();
        assert_eq!(indicator_href("stunting", region), "/indikator/stunting?wilayah=33.16");
        let look = Look {
            period: Some(september),
            breakdown: "komoditas=Beras & gabah".to_owned(),
            known_on: Some("2026-10-01".parse().unwrap()),
        };
        assert_eq!(
            look.indicator_href("harga", region),
            "/indikator/harga?wilayah=33.16&periode=2026-09&rincian=komoditas=Beras+%26+gabah&per=2026-10-01"
        );
        assert_eq!(
            look.lineage_href("harga", region, september.id(), ""),
            "/angka/harga/33.16/2026-09?per=2026-10-01"
        );
        assert_eq!(
            look.lineage_href("harga", region, september.id(), "a=b"),
            "/angka/harga/33.16/2026-09?rincian=a=b&per=2026-10-01"
        );
    }

    #[test]
    fn a_day_ends_with_its_last_millisecond_in_the_center() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let end = end_of_day("2026-09-30".parse().unwrap(), &zone).unwrap();
        assert_eq!(jiff::Timestamp::from_millisecond(end).unwrap().to_string(), "2026-09-30T16:59:59.999Z");
        assert!(day_asked("kemarin").is_err() && day_asked("").unwrap().is_none());
    }
}
