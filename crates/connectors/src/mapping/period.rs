//! Which period a row is about.

use super::PeriodMapping;
use crate::{Cell, Refusal, RefusalCode};
use hashbrown::HashMap;
use jiff::civil::Date;
use pendopo_vocab::{Cadence, DateFormat, Period, PeriodError};

/// Spellings remembered for one cadence.
const MAX_REMEMBERED: usize = 100_000;

/// Where the period comes from, columns found.
#[derive(Debug, Clone, Copy)]
pub(super) enum PeriodFrom {
    Column(usize),
    YearMonth {
        year: usize,
        month: Option<usize>,
    },
    Fixed(Period),
    /// Each dated column has its own.
    Header,
    Today,
}

/// Reads a row's period for one cadence and remembers every spelling it has seen.
pub(super) struct PeriodReader {
    cadence: Cadence,
    format: DateFormat,
    from: PeriodFrom,
    column_name: String,
    today: Date,
    remembered: HashMap<String, Result<Period, PeriodError>>,
    last: Option<(String, Period)>,
}

impl PeriodReader {
    pub(super) fn new(mapping: &PeriodMapping, cadence: Cadence, today: Date) -> PeriodReader {
        PeriodReader {
            cadence,
            format: mapping.format,
            from: match mapping.fixed {
                Some(fixed) => PeriodFrom::Fixed(fixed.coarsen(cadence)),
                None if mapping.header => PeriodFrom::Header,
                None => PeriodFrom::Today,
            },
            column_name: String::new(),
            today,
            remembered: HashMap::new(),
            last: None,
        }
    }

    pub(super) fn cadence(&self) -> Cadence {
        self.cadence
    }

    pub(super) fn set_columns(&mut self, from: PeriodFrom, name: &str) {
        self.from = from;
        name.clone_into(&mut self.column_name);
    }

    /// The period of a row; `None` where the columns' names hold it.
    pub(super) fn read(&mut self, row_no: u64, cells: &[Cell<'_>]) -> Result<Option<Period>, Box<Refusal>> {
        let found = match self.from {
            PeriodFrom::Header => return Ok(None),
            PeriodFrom::Fixed(period) => return Ok(Some(period)),
            PeriodFrom::Today => return Ok(Some(Period::containing(self.today, self.cadence))),
            PeriodFrom::Column(column) => match &cells[column] {
                Cell::DateTime(at) => Ok(Period::from_datetime(*at, self.cadence)),
                Cell::Text(text) => self.read_text(text),
                Cell::Error(error) => {
                    return Err(self.refuse(row_no, RefusalCode::CellError, error));
                }
                other => self.read_text(&other.text()),
            },
            PeriodFrom::YearMonth { year, month } => {
                self.read_year_month(&cells[year], month.map(|month| &cells[month]))
            }
        };
        match found {
            Ok(period) if self.is_far_ahead(period) => {
                let found = period.to_string();
                Err(self.refuse(row_no, RefusalCode::PeriodFuture, &found))
            }
            Ok(period) => Ok(Some(period)),
            Err(error) => {
                let (code, found) = match error {
                    PeriodError::Empty => (RefusalCode::PeriodEmpty, String::new()),
                    PeriodError::Malformed(text) => (RefusalCode::PeriodMalformed, text),
                    PeriodError::Impossible(text) => (RefusalCode::PeriodImpossible, text),
                    PeriodError::TooCoarse(text) => (RefusalCode::PeriodTooCoarse, text),
                };
                Err(self.refuse(row_no, code, &found))
            }
        }
    }

    /// Plans reach into next year; a date beyond that is a slip of the pen.
    fn is_far_ahead(&self, period: Period) -> bool {
        period.first_day().year() > self.today.year() + 1
    }

    fn read_text(&mut self, text: &str) -> Result<Period, PeriodError> {
        if let Some((last, period)) = &self.last
            && last == text
        {
            return Ok(*period);
        }
        if let Some(found) = self.remembered.get(text) {
            return found.clone();
        }
        let found = Period::read(text, self.format, self.cadence);
        if self.remembered.len() < MAX_REMEMBERED {
            self.remembered.insert(text.to_owned(), found.clone());
        }
        if let Ok(period) = found {
            let last = self.last.get_or_insert_with(|| (String::new(), period));
            text.clone_into(&mut last.0);
            last.1 = period;
        }
        found
    }

    fn read_year_month(&mut self, year: &Cell<'_>, month: Option<&Cell<'_>>) -> Result<Period, PeriodError> {
        if let Cell::DateTime(at) = year {
            return Ok(Period::from_datetime(*at, self.cadence));
        }
        let year_text = year.text();
        let year_text = year_text.trim();
        if year_text.is_empty() {
            return Err(PeriodError::Empty);
        }
        let Some(month) = month else {
            return Period::read(year_text, DateFormat::Iso, self.cadence);
        };
        let month_text = month.text();
        let month_text = month_text.trim();
        if month_text.is_empty() {
            return Err(PeriodError::Empty);
        }
        match month_text.parse::<u8>() {
            Ok(number) => {
                let text = format!("{year_text}-{number:02}");
                Period::read(&text, DateFormat::Iso, self.cadence)
            }
            Err(_) => {
                let text = format!("{month_text} {year_text}");
                Period::read(&text, DateFormat::IndonesianWords, self.cadence)
            }
        }
    }

    fn refuse(&self, row_no: u64, code: RefusalCode, found: &str) -> Box<Refusal> {
        let mut refusal = Refusal::new(row_no, code, found);
        refusal.column = Some(self.column_name.clone());
        refusal.expected = match code {
            RefusalCode::PeriodTooCoarse => self.cadence.as_str().to_owned(),
            _ => example(self.format).to_owned(),
        };
        if code == RefusalCode::PeriodMalformed {
            // Another format that fits is the likeliest mistake of the mapping.
            let others =
                [DateFormat::Iso, DateFormat::DayFirst, DateFormat::IndonesianWords, DateFormat::Compact];
            refusal.suggestions = others
                .into_iter()
                .filter_map(|format| Period::read(found, format, self.cadence).ok())
                .filter(|period| !self.is_far_ahead(*period))
                .take(1)
                .map(|period| period.to_string())
                .collect();
        }
        Box::new(refusal)
    }
}

/// A date as this format writes it.
fn example(format: DateFormat) -> &'static str {
    match format {
        DateFormat::Iso => "2026-09-30 / 2026-09",
        DateFormat::DayFirst => "30/09/2026",
        DateFormat::MonthFirst => "09/30/2026",
        DateFormat::IndonesianWords => "30 September 2026 / Sep 2026",
        DateFormat::Compact => "20260930 / 202609",
    }
}
