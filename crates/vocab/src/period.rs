//! A period of reporting, from a day to a year, as a sortable integer.
//!
//! The integer is the first day and the cadence, `yyyymmddc`: September 2026 is 202609013. Within one
//! cadence integers sort as time does, and the year is `period / 100000` on any engine.

use crate::Lang;
use jiff::civil::{Date, DateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How often an indicator is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// Harian.
    Day = 1,
    /// Mingguan, from Monday (ISO 8601).
    Week = 2,
    /// Bulanan.
    Month = 3,
    /// Triwulanan.
    Quarter = 4,
    /// Semesteran.
    Semester = 5,
    /// Tahunan.
    Year = 6,
}

/// How dates are written in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `2026-09-30`, also with a time after it, and the period forms `2026-09`, `2026-Q3`, `2026-S1`, `2026`.
    #[default]
    Iso,
    /// `30/09/2026`, `30-09-2026`, `30.09.26`: day first, as in Indonesia.
    DayFirst,
    /// `09/30/2026`: month first, as American software writes it.
    MonthFirst,
    /// `30 September 2026`, `Sep 2026`, `Triwulan III 2026`, `Semester 1 2026`: Indonesian words.
    IndonesianWords,
    /// `20260930`, `202609`, `2026`.
    Compact,
}

/// A day, week, month, triwulan, semester or year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(i32);

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Nothing is there (also MySQL's `0000-00-00`).
    #[error("is empty")]
    Empty,
    /// Not written in the declared format.
    #[error("`{0}` is not a date or period as declared for this column")]
    Malformed(String),
    /// Written well, but no such day exists.
    #[error("`{0}` is not a day of the calendar")]
    Impossible(String),
    /// A coarser period than the indicator's cadence: a year cannot say which month.
    #[error("`{0}` is coarser than the indicator's cadence")]
    TooCoarse(String),
}

const MONTHS_ID: [&str; 12] = [
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
const MONTHS_SHORT_ID: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"];
const MONTHS_SHORT_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Spellings seen in the field besides the dictionary's, by month.
const MONTH_VARIANTS: [(&str, i8); 16] = [
    ("pebruari", 2),
    ("peb", 2),
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("agt", 8),
    ("agust", 8),
    ("ags", 8),
    ("aug", 8),
    ("august", 8),
    ("october", 10),
    ("nop", 11),
    ("december", 12),
];
/// More such, kept apart only because an array literal wants one length.
const MONTH_VARIANTS_MORE: [(&str, i8); 4] = [("nopember", 11), ("oct", 10), ("dec", 12), ("sept", 9)];

impl Cadence {
    /// The digit that ends a period's integer.
    fn digit(self) -> i32 {
        self as i32
    }

    /// The word used in the API, packs and message keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Cadence::Day => "day",
            Cadence::Week => "week",
            Cadence::Month => "month",
            Cadence::Quarter => "quarter",
            Cadence::Semester => "semester",
            Cadence::Year => "year",
        }
    }

    /// Periods after which a season repeats; how far back "the same time last year" lies.
    pub fn per_year(self) -> i32 {
        match self {
            Cadence::Day => 365,
            Cadence::Week => 52,
            Cadence::Month => 12,
            Cadence::Quarter => 4,
            Cadence::Semester => 2,
            Cadence::Year => 1,
        }
    }
}

impl Period {
    /// The period of `cadence` in which `date` falls.
    pub fn containing(date: Date, cadence: Cadence) -> Period {
        let (year, month) = (date.year(), date.month());
        let first = match cadence {
            Cadence::Day => date,
            Cadence::Week => {
                let back = i64::from(date.weekday().to_monday_zero_offset());
                date.saturating_sub(jiff::Span::new().days(back))
            }
            Cadence::Month => date.first_of_month(),
            Cadence::Quarter => month_start(year, (month - 1) / 3 * 3 + 1),
            Cadence::Semester => month_start(year, (month - 1) / 6 * 6 + 1),
            Cadence::Year => month_start(year, 1),
        };
        Period::of(first, cadence)
    }

    fn of(first: Date, cadence: Cadence) -> Period {
        let ymd = i32::from(first.year()) * 10_000 + i32::from(first.month()) * 100 + i32::from(first.day());
        Period(ymd * 10 + cadence.digit())
    }

    /// The integer form, `yyyymmddc`.
    pub fn id(self) -> i32 {
        self.0
    }

    /// From the integer form; `None` when it is not a day of the calendar or not the first day of
    /// such a period.
    pub fn from_id(id: i32) -> Option<Period> {
        let cadence = match id % 10 {
            1 => Cadence::Day,
            2 => Cadence::Week,
            3 => Cadence::Month,
            4 => Cadence::Quarter,
            5 => Cadence::Semester,
            6 => Cadence::Year,
            _ => return None,
        };
        let ymd = id / 10;
        let date = Date::new(
            i16::try_from(ymd / 10_000).ok()?,
            i8::try_from(ymd / 100 % 100).ok()?,
            i8::try_from(ymd % 100).ok()?,
        )
        .ok()?;
        let period = Period::containing(date, cadence);
        (period.0 == id).then_some(period)
    }

    /// The cadence.
    pub fn cadence(self) -> Cadence {
        match self.0 % 10 {
            1 => Cadence::Day,
            2 => Cadence::Week,
            3 => Cadence::Month,
            4 => Cadence::Quarter,
            5 => Cadence::Semester,
            _ => Cadence::Year,
        }
    }

    /// The first day.
    pub fn first_day(self) -> Date {
        let ymd = self.0 / 10;
        // Every constructor went through a real date, so the parts are in range.
        jiff::civil::date((ymd / 10_000) as i16, (ymd / 100 % 100) as i8, (ymd % 100) as i8)
    }

    /// The last day.
    pub fn last_day(self) -> Date {
        self.shift(1).first_day().saturating_sub(jiff::Span::new().days(1))
    }

    /// The period `steps` later (earlier when negative), of the same cadence.
    pub fn shift(self, steps: i32) -> Period {
        let first = self.first_day();
        let steps = i64::from(steps);
        let span = match self.cadence() {
            Cadence::Day => jiff::Span::new().days(steps),
            Cadence::Week => jiff::Span::new().weeks(steps),
            Cadence::Month => jiff::Span::new().months(steps),
            Cadence::Quarter => jiff::Span::new().months(steps * 3),
            Cadence::Semester => jiff::Span::new().months(steps * 6),
            Cadence::Year => jiff::Span::new().years(steps),
        };
        Period::containing(first.saturating_add(span), self.cadence())
    }

    /// The same period one year earlier: the same month, or 52 weeks, or the same date.
    pub fn last_year(self) -> Period {
        match self.cadence() {
            Cadence::Week => self.shift(-52),
            cadence => {
                Period::containing(self.first_day().saturating_sub(jiff::Span::new().years(1)), cadence)
            }
        }
    }

    /// The period of a coarser cadence in which this one begins.
    pub fn coarsen(self, cadence: Cadence) -> Period {
        Period::containing(self.first_day(), cadence)
    }

    /// Reads a date or period written in `format` and places it in `cadence`. A finer date is placed
    /// in the period that contains it; a coarser one is refused.
    pub fn read(text: &str, format: DateFormat, cadence: Cadence) -> Result<Period, PeriodError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\'' || c == '\u{a0}');
        if text.is_empty() || text == "-" || text.starts_with("0000-00-00") {
            return Err(PeriodError::Empty);
        }
        let (date, written) = match format {
            DateFormat::Iso => read_iso(text),
            DateFormat::DayFirst => read_numeric(text, false),
            DateFormat::MonthFirst => read_numeric(text, true),
            DateFormat::IndonesianWords => read_words(text),
            DateFormat::Compact => read_compact(text),
        }?;
        if written > cadence {
            return Err(PeriodError::TooCoarse(text.to_owned()));
        }
        Ok(Period::containing(date, cadence))
    }

    /// From a spreadsheet's or database's own date value.
    pub fn from_datetime(at: DateTime, cadence: Cadence) -> Period {
        Period::containing(at.date(), cadence)
    }

    /// Written for people: `30 Sep 2026`, `Sep 2026`, `Triwulan III 2026`, `Semester I 2026`, `2026`.
    pub fn label(self, lang: Lang) -> String {
        let first = self.first_day();
        let year = first.year();
        let month = |names: &[&'static str; 12]| names[usize::from(first.month().unsigned_abs()) - 1];
        let short = match lang {
            Lang::Id => month(&MONTHS_SHORT_ID),
            Lang::En => month(&MONTHS_SHORT_EN),
        };
        match (self.cadence(), lang) {
            (Cadence::Day, _) => format!("{} {short} {year}", first.day()),
            (Cadence::Week, Lang::Id) => {
                format!("Minggu {} {}", iso_week(first).1, iso_week(first).0)
            }
            (Cadence::Week, Lang::En) => {
                format!("Week {} {}", iso_week(first).1, iso_week(first).0)
            }
            (Cadence::Month, _) => format!("{short} {year}"),
            (Cadence::Quarter, Lang::Id) => {
                format!("Triwulan {} {year}", roman((first.month() - 1) / 3 + 1))
            }
            (Cadence::Quarter, Lang::En) => format!("Q{} {year}", (first.month() - 1) / 3 + 1),
            (Cadence::Semester, Lang::Id) => {
                format!("Semester {} {year}", roman((first.month() - 1) / 6 + 1))
            }
            (Cadence::Semester, Lang::En) => format!("H{} {year}", (first.month() - 1) / 6 + 1),
            (Cadence::Year, _) => year.to_string(),
        }
    }
}

/// The full Indonesian name of a month, 1 to 12.
pub(crate) fn month_named(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.').to_lowercase();
    let dictionary = MONTHS_ID.iter().zip(MONTHS_SHORT_ID).zip(1i8..);
    dictionary
        .into_iter()
        .find(|((long, short), _)| long.to_lowercase() == word || short.to_lowercase() == word)
        .map(|(_, number)| number)
        .or_else(|| {
            let mut variants = MONTH_VARIANTS.iter().chain(&MONTH_VARIANTS_MORE);
            variants.find(|(name, _)| *name == word).map(|(_, number)| *number)
        })
}

fn roman(number: i8) -> &'static str {
    ["", "I", "II", "III", "IV"].get(usize::from(number.unsigned_abs())).copied().unwrap_or("")
}

fn iso_week(date: Date) -> (i16, i8) {
    let week = date.iso_week_date();
    (week.year(), week.week())
}

/// The first day of a month known to be in 1..=12.
fn month_start(year: i16, month: i8) -> Date {
    jiff::civil::date(year, month.clamp(1, 12), 1)
}

type Read = Result<(Date, Cadence), PeriodError>;

fn day(text: &str, year: i32, month: i32, day: i32) -> Result<Date, PeriodError> {
    let impossible = || PeriodError::Impossible(text.to_owned());
    if !(1900..=2200).contains(&year) {
        return Err(impossible());
    }
    let small = |n: i32| i8::try_from(n).map_err(|_| impossible());
    Date::new(i16::try_from(year).map_err(|_| impossible())?, small(month)?, small(day)?)
        .map_err(|_| impossible())
}

fn read_iso(text: &str) -> Read {
    let malformed = || PeriodError::Malformed(text.to_owned());
    let number = |part: &str| -> Result<i32, PeriodError> {
        if part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        part.parse().map_err(|_| malformed())
    };
    let date_part = text.split(['T', ' ']).next().unwrap_or(text);
    let mut parts = date_part.split(['-', '/']);
    let year = number(parts.next().unwrap_or(""))?;
    if date_part.split(['-', '/']).next().map(str::len) != Some(4) {
        return Err(malformed());
    }
    let found = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (day(text, year, 1, 1)?, Cadence::Year),
        (Some(part), None, _) => match part.as_bytes() {
            [b'Q' | b'q', digit @ b'1'..=b'4'] => {
                (day(text, year, i32::from(digit - b'1') * 3 + 1, 1)?, Cadence::Quarter)
            }
            [b'S' | b's' | b'H', digit @ b'1'..=b'2'] => {
                (day(text, year, i32::from(digit - b'1') * 6 + 1, 1)?, Cadence::Semester)
            }
            [b'W' | b'w', ..] => {
                let week = number(&part[1..])?;
                let monday = day(text, year, 1, 4)?;
                let monday = Period::containing(monday, Cadence::Week).shift(week - 1);
                if !(1..=53).contains(&week) || iso_week(monday.first_day()).0 != year as i16 {
                    return Err(PeriodError::Impossible(text.to_owned()));
                }
                (monday.first_day(), Cadence::Week)
            }
            _ => (day(text, year, number(part)?, 1)?, Cadence::Month),
        },
        (Some(month), Some(date), None) => (day(text, year, number(month)?, number(date)?)?, Cadence::Day),
        _ => return Err(malformed()),
    };
    Ok(found)
}

fn read_numeric(text: &str, month_first: bool) -> Read {
    let malformed = || PeriodError::Malformed(text.to_owned());
    let date_part = text.split([' ', 'T']).next().unwrap_or(text);
    let parts: Vec<i32> = date_part
        .split(['/', '-', '.'])
        .map(|part| part.parse().map_err(|_| malformed()))
        .collect::<Result<_, _>>()?;
    let full_year = |year: i32| if year < 100 { 2000 + year } else { year };
    match parts[..] {
        [first, second, year] if month_first => {
            Ok((day(text, full_year(year), first, second)?, Cadence::Day))
        }
        [first, second, year] => Ok((day(text, full_year(year), second, first)?, Cadence::Day)),
        [month, year] => Ok((day(text, year, month, 1)?, Cadence::Month)),
        [year] => Ok((day(text, year, 1, 1)?, Cadence::Year)),
        _ => Err(malformed()),
    }
}

fn read_words(text: &str) -> Read {
    let malformed = || PeriodError::Malformed(text.to_owned());
    let words: Vec<&str> = text.split([' ', '-', '/', ',']).filter(|word| !word.is_empty()).collect();
    let ordinal = |word: &str| match word.to_ascii_uppercase().as_str() {
        "I" | "1" => Some(1),
        "II" | "2" => Some(2),
        "III" | "3" => Some(3),
        "IV" | "4" => Some(4),
        _ => None,
    };
    let number = |word: &str| word.parse::<i32>().map_err(|_| malformed());
    match words[..] {
        [word, nth, year] if ["triwulan", "tw", "kuartal", "tw."].contains(&word.to_lowercase().as_str()) => {
            let nth = ordinal(nth).ok_or_else(malformed)?;
            Ok((day(text, number(year)?, nth * 3 - 2, 1)?, Cadence::Quarter))
        }
        [word, nth, year] if ["semester", "smt", "sem"].contains(&word.to_lowercase().as_str()) => {
            let nth = ordinal(nth).filter(|n| *n <= 2).ok_or_else(malformed)?;
            Ok((day(text, number(year)?, nth * 6 - 5, 1)?, Cadence::Semester))
        }
        // A weekday before the date ("Senin, 5 Mei 2026") says nothing more.
        [.., date, month, year] if month_named(month).is_some() => {
            let month = month_named(month).ok_or_else(malformed)?;
            Ok((day(text, number(year)?, i32::from(month), number(date)?)?, Cadence::Day))
        }
        [month, year] => {
            let month = month_named(month).ok_or_else(malformed)?;
            let year = number(year)?;
            Ok((day(text, if year < 100 { 2000 + year } else { year }, i32::from(month), 1)?, Cadence::Month))
        }
        [year] => Ok((day(text, number(year)?, 1, 1)?, Cadence::Year)),
        _ => Err(malformed()),
    }
}

fn read_compact(text: &str) -> Read {
    let malformed = || PeriodError::Malformed(text.to_owned());
    // A spreadsheet hands 202609 over as 202609.0.
    let text = text.strip_suffix(".0").unwrap_or(text);
    let value: i32 = text.parse().map_err(|_| malformed())?;
    match text.len() {
        4 => Ok((day(text, value, 1, 1)?, Cadence::Year)),
        6 => Ok((day(text, value / 100, value % 100, 1)?, Cadence::Month)),
        8 => Ok((day(text, value / 10_000, value / 100 % 100, value % 100)?, Cadence::Day)),
        _ => Err(malformed()),
    }
}

impl fmt::Display for Period {
    /// The ISO-like form used in the API and packs: `2026-09-30`, `2026-W39`, `2026-09`, `2026-Q3`,
    /// `2026-S2`, `2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first_day();
        let (year, month) = (first.year(), first.month());
        match self.cadence() {
            Cadence::Day => write!(f, "{first}"),
            Cadence::Week => write!(f, "{}-W{:02}", iso_week(first).0, iso_week(first).1),
            Cadence::Month => write!(f, "{year:04}-{month:02}"),
            Cadence::Quarter => write!(f, "{year:04}-Q{}", (month - 1) / 3 + 1),
            Cadence::Semester => write!(f, "{year:04}-S{}", (month - 1) / 6 + 1),
            Cadence::Year => write!(f, "{year:04}"),
        }
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Period({self})")
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads the form that `Display` writes; the cadence is the one written.
    fn from_str(text: &str) -> Result<Period, PeriodError> {
        let (date, cadence) = read_iso(text.trim())?;
        Ok(Period::containing(date, cadence))
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^\d{4}(-(\d{2}(-\d{2})?|Q[1-4]|S[12]|W\d{2}))?$",
            "description": "A period: 2026, 2026-S1, 2026-Q3, 2026-09, 2026-W39 or 2026-09-30"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_format() {
        use DateFormat::*;
        let check = |text: &str, format, cadence, want: &str| {
            assert_eq!(
                Period::read(text, format, cadence).map(|p| p.to_string()).as_deref(),
                Ok(want),
                "{text}"
            );
        };
        check("2026-09-30", Iso, Cadence::Month, "2026-09");
        check("2026-09-30 14:05:00", Iso, Cadence::Day, "2026-09-30");
        check("2026-09-30T00:00:00Z", Iso, Cadence::Quarter, "2026-Q3");
        check("2026-W39", Iso, Cadence::Week, "2026-W39");
        check("30/09/2026", DayFirst, Cadence::Day, "2026-09-30");
        check("09/30/2026", MonthFirst, Cadence::Day, "2026-09-30");
        check("30 September 2026", IndonesianWords, Cadence::Day, "2026-09-30");
        check("Senin, 5 Mei 2025", IndonesianWords, Cadence::Day, "2025-05-05");
        check("Agt 2026", IndonesianWords, Cadence::Month, "2026-08");
        check("Pebruari 2026", IndonesianWords, Cadence::Month, "2026-02");
        check("Triwulan III 2026", IndonesianWords, Cadence::Quarter, "2026-Q3");
        check("Semester 1 2026", IndonesianWords, Cadence::Semester, "2026-S1");
        check("202609", Compact, Cadence::Month, "2026-09");
        check("2026", Iso, Cadence::Year, "2026");
        for (text, format) in
            [("31/02/2026", DayFirst), ("2026-13-01", Iso), ("2026-02-30", Iso), ("99999999", Compact)]
        {
            assert!(
                matches!(Period::read(text, format, Cadence::Day), Err(PeriodError::Impossible(_))),
                "{text}"
            );
        }
        assert!(matches!(Period::read("2026", Iso, Cadence::Month), Err(PeriodError::TooCoarse(_))));
        assert!(matches!(Period::read("0000-00-00", Iso, Cadence::Month), Err(PeriodError::Empty)));
        assert!(matches!(Period::read("September", Iso, Cadence::Month), Err(PeriodError::Malformed(_))));
    }

    #[test]
    fn periods_round_trip_and_shift() {
        for text in ["2026-09-30", "2026-W01", "2020-W53", "2026-09", "2026-Q4", "2026-S2", "2026"] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string(), text);
            assert_eq!(Period::from_id(period.id()), Some(period));
            assert_eq!(period.shift(5).shift(-5), period);
        }
        let month: Period = "2026-01".parse().unwrap();
        assert_eq!(month.shift(-1).to_string(), "2025-12");
        assert_eq!(month.last_year().to_string(), "2025-01");
        assert_eq!(month.last_day().to_string(), "2026-01-31");
        assert_eq!(month.coarsen(Cadence::Semester).label(Lang::Id), "Semester I 2026");
        assert_eq!(month.id() / 100_000, 2026);
        assert_eq!(Period::from_id(202_609_023), None);
    }
}
