//! Numbers, times and spans as readers of each language expect them.

use super::i18n::Tr;
use jiff::{Timestamp, tz::TimeZone};
use pendopo_vocab::{Lang, compact_number, format_number};

const DAYS_ID: [&str; 7] = ["Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS_ID: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How much of a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeStyle {
    /// `Sel 24 Nov 2026 08.15 WIB`
    Full,
    /// `24 Nov 2026 08.15 WIB`
    DateTime,
    /// `24 Nov 08.15`
    Short,
    /// `24 Nov 2026`
    Date,
    /// `08.15`
    Clock,
}

/// Writes an instant in the center's time zone: `14.30 WIB` in Indonesian, `14:30 WIB` in English.
pub fn format_time(at: Timestamp, zone: &TimeZone, style: TimeStyle, lang: Lang) -> String {
    let at = at.to_zoned_datetime(zone.clone());
    let (days, months, dot) = match lang {
        Lang::Id => (DAYS_ID, MONTHS_ID, '.'),
        Lang::En => (DAYS_EN, MONTHS_EN, ':'),
    };
    let month = months[usize::from(at.month().unsigned_abs()) - 1];
    let day = days[usize::from(at.weekday().to_monday_zero_offset().unsigned_abs())];
    let clock = format!("{:02}{dot}{:02}", at.hour(), at.minute());
    let (date, year) = (at.day(), at.year());
    let abbreviation = at.strftime("%Z");
    match style {
        TimeStyle::Full => format!("{day} {date} {month} {year} {clock} {abbreviation}"),
        TimeStyle::DateTime => format!("{date} {month} {year} {clock} {abbreviation}"),
        TimeStyle::Short => format!("{date} {month} {clock}"),
        TimeStyle::Date => format!("{date} {month} {year}"),
        TimeStyle::Clock => clock,
    }
}

/// A span in the one unit that fits: `13 hari`, `3 jam`, `25 menit`, `40 detik`.
pub fn how_long(secs: i64, t: Tr) -> String {
    let secs = secs.max(0);
    let (key, count) = match secs {
        0..90 => ("span-seconds", secs),
        90..5_400 => ("span-minutes", (secs + 30) / 60),
        5_400..129_600 => ("span-hours", (secs + 1_800) / 3_600),
        _ => ("span-days", (secs + 43_200) / 86_400),
    };
    t.tr1(key, count)
}

/// A whole number with grouping.
pub fn thousands(count: i64, lang: Lang) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts shown are far below 2^53")]
    format_number(count as f64, 0, lang)
}

/// A value split for typography: the number large, the unit small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figure {
    /// `Rp` or nothing.
    pub prefix: String,
    /// The digits, and `jt` or `M` when written short.
    pub number: String,
    /// The unit after the number, or nothing.
    pub unit: String,
}

impl Figure {
    /// In one line: `12,4 %`, `Rp1,2 M`, `928 rb orang`.
    pub fn text(&self) -> String {
        let mut text = format!("{}{}", self.prefix, self.number);
        if !self.unit.is_empty() {
            text.push('\u{a0}');
            text.push_str(&self.unit);
        }
        text
    }
}

/// From here on numbers may be written short; prices and heads are written out.
const COMPACT_FROM: f64 = 1_000_000.0;

/// Writes a value in its unit; `compact` shortens from a million on (`Rp1,2 M`). Money stands before the
/// number without a space, as CLDR has it; `Rp/kg` keeps what follows the stroke as its unit.
pub fn figure(value: f64, unit: &str, decimals: u8, compact: bool, lang: Lang) -> Figure {
    let decimals = usize::from(decimals);
    let number = if compact && value.abs() >= COMPACT_FROM {
        compact_number(value, decimals, lang)
    } else {
        format_number(value, decimals, lang)
    };
    let (prefix, unit) = match unit.strip_prefix("Rp") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => ("Rp", rest.to_owned()),
        _ => ("", unit.to_owned()),
    };
    match number.strip_prefix('−') {
        // The sign goes before the currency.
        Some(digits) if !prefix.is_empty() => {
            Figure { prefix: format!("−{prefix}"), number: digits.to_owned(), unit }
        }
        _ => Figure { prefix: prefix.to_owned(), number, unit },
    }
}

/// A difference with its sign: `+1,2`, `−3`; per-cent values differ in points, which the caller names.
pub fn change(difference: f64, decimals: u8, lang: Lang) -> String {
    let text = compact_number(difference, usize::from(decimals), lang);
    if difference > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c)) { format!("+{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_dot_in_indonesian_and_name_the_zone() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let at: Timestamp = "2026-11-24T01:15:00Z".parse().unwrap();
        let check = |style, lang, want: &str| assert_eq!(format_time(at, &zone, style, lang), want);
        check(TimeStyle::Full, Lang::Id, "Sel 24 Nov 2026 08.15 WIB");
        check(TimeStyle::DateTime, Lang::En, "24 Nov 2026 08:15 WIB");
        check(TimeStyle::Short, Lang::Id, "24 Nov 08.15");
        check(TimeStyle::Date, Lang::Id, "24 Nov 2026");
        let august: Timestamp = "2026-08-17T03:00:00Z".parse().unwrap();
        assert_eq!(format_time(august, &zone, TimeStyle::Date, Lang::Id), "17 Agu 2026");
    }

    #[test]
    fn spans_take_the_unit_that_fits() {
        let t = Tr(Lang::Id);
        assert_eq!(how_long(40, t), "40 detik");
        assert_eq!(how_long(1_500, t), "25 menit");
        assert_eq!(how_long(3 * 3600, t), "3 jam");
        assert_eq!(how_long(13 * 86_400, t), "13 hari");
        assert_eq!(how_long(86_400 * 2, Tr(Lang::En)), "2 days");
        assert_eq!(how_long(-5, t), "0 detik");
    }

    #[test]
    fn figures_keep_money_before_and_units_after() {
        let text = |value, unit, decimals, compact| figure(value, unit, decimals, compact, Lang::Id).text();
        assert_eq!(text(12.43, "%", 1, false), "12,4\u{a0}%");
        assert_eq!(text(1_240_000_000.0, "Rp", 0, true), "Rp1,2\u{a0}M");
        assert_eq!(text(15_250.0, "Rp/kg", 0, false), "Rp15.250\u{a0}/kg");
        assert_eq!(text(-2_000.0, "Rp", 0, false), "−Rp2.000");
        assert_eq!(change(1.23, 1, Lang::Id), "+1,2");
        assert_eq!(change(0.001, 1, Lang::Id), "0,0");
        assert_eq!(change(-3.0, 0, Lang::Id), "−3");
    }
}
