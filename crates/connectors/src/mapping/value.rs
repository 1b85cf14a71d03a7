//! Which number a cell holds.

use super::{EmptyCell, IndicatorShape, RowAggregation, ValueMapping};
use crate::{Cell, Refusal, RefusalCode};
use pendopo_vocab::{NumberError, NumberFormat, parse_number};

/// Reads one figure's cell.
pub(super) struct ValueReader {
    format: NumberFormat,
    scale: f64,
    /// Bounds of a single row.
    min: Option<f64>,
    max: Option<f64>,
    /// Bounds of the sum of rows.
    total_min: Option<f64>,
    total_max: Option<f64>,
    empty: EmptyCell,
    zero_is_missing: bool,
    /// Cells that held something, and those that could be read; for noticing a changed type.
    seen: u64,
    read: u64,
}

impl ValueReader {
    pub(super) fn new(mapping: &ValueMapping, format: NumberFormat, shape: &IndicatorShape) -> ValueReader {
        // A part may lie outside the bounds of the whole, so the indicator's own bounds judge sums.
        let sums = matches!(mapping.aggregate, RowAggregation::Sum | RowAggregation::Count);
        ValueReader {
            format: mapping.number_format.unwrap_or(format),
            scale: mapping.scale,
            min: mapping.min.or(if sums { None } else { shape.min }),
            max: mapping.max.or(if sums { None } else { shape.max }),
            total_min: shape.min,
            total_max: shape.max,
            empty: mapping.empty,
            zero_is_missing: mapping.zero_is_missing,
            seen: 0,
            read: 0,
        }
    }

    /// The number in a cell; `None` where nothing is reported.
    pub(super) fn read(
        &mut self,
        row_no: u64,
        column: &str,
        cell: &Cell<'_>,
    ) -> Result<Option<f64>, Box<Refusal>> {
        let parsed = match cell {
            Cell::Empty => Err(NumberError::Empty),
            Cell::Int(value) => Ok(*value as f64),
            Cell::Number(value) if value.is_finite() => Ok(*value),
            Cell::Number(value) => Err(NumberError::NotFinite(value.to_string())),
            Cell::Bool(value) => Ok(f64::from(u8::from(*value))),
            Cell::Text(text) => match plain_digits(text) {
                Some(value) => Ok(value),
                None => parse_number(text, self.format),
            },
            Cell::DateTime(_) => Err(NumberError::Malformed(cell.text().into_owned())),
            Cell::Error(error) => {
                self.seen += 1;
                return Err(refuse(row_no, column, RefusalCode::CellError, error, ""));
            }
        };
        let value = match parsed {
            Ok(value) => value * self.scale,
            Err(NumberError::Empty) => {
                return match self.empty {
                    EmptyCell::Skip => Ok(None),
                    EmptyCell::Refuse => Err(refuse(row_no, column, RefusalCode::ValueEmpty, "", "")),
                };
            }
            Err(NumberError::Malformed(found)) => {
                self.seen += 1;
                return Err(self.malformed(row_no, column, &found));
            }
            Err(NumberError::NotFinite(found)) => {
                self.seen += 1;
                let code = RefusalCode::ValueNotFinite;
                return Err(refuse(row_no, column, code, &found, ""));
            }
        };
        self.seen += 1;
        self.read += 1;
        if self.zero_is_missing && value == 0.0 {
            return Ok(None);
        }
        check(row_no, column, value, self.min, self.max)?;
        Ok(Some(value))
    }

    /// Judges the sum of several rows.
    pub(super) fn check_total(&self, column: &str, value: f64) -> Result<(), Box<Refusal>> {
        check(0, column, value, self.total_min, self.total_max)
    }

    /// Whether the column's type has changed: many cells, and not one could be read.
    pub(super) fn is_unreadable(&self) -> bool {
        self.seen >= 5 && self.read == 0
    }

    fn malformed(&self, row_no: u64, column: &str, found: &str) -> Box<Refusal> {
        let mut refusal = refuse(row_no, column, RefusalCode::ValueMalformed, found, example(self.format));
        let others = [NumberFormat::Plain, NumberFormat::Indonesian, NumberFormat::English];
        refusal.suggestions = others
            .into_iter()
            .filter(|format| *format != self.format && parse_number(found, *format).is_ok())
            .map(|format| format!("number_format = \"{}\"", word(format)))
            .collect();
        refusal
    }
}

/// A number of digits alone, which means the same in every format; the usual case, and the quick one.
fn plain_digits(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 15 {
        return None;
    }
    let mut value = 0u64;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u64::from(byte - b'0');
    }
    // Fifteen digits are exact in a float.
    Some(value as f64)
}

fn check(
    row_no: u64,
    column: &str,
    value: f64,
    min: Option<f64>,
    max: Option<f64>,
) -> Result<(), Box<Refusal>> {
    let (code, bound) = match (min, max) {
        _ if !value.is_finite() => (RefusalCode::ValueNotFinite, String::new()),
        (Some(min), _) if value < min => (RefusalCode::ValueTooSmall, min.to_string()),
        (_, Some(max)) if value > max => (RefusalCode::ValueTooLarge, max.to_string()),
        _ => return Ok(()),
    };
    Err(refuse(row_no, column, code, &value.to_string(), &bound))
}

pub(super) fn refuse(
    row_no: u64,
    column: &str,
    code: RefusalCode,
    found: &str,
    expected: &str,
) -> Box<Refusal> {
    let mut refusal = Refusal::new(row_no, code, found);
    refusal.column = (!column.is_empty()).then(|| column.to_owned());
    expected.clone_into(&mut refusal.expected);
    Box::new(refusal)
}

fn word(format: NumberFormat) -> &'static str {
    match format {
        NumberFormat::Plain => "plain",
        NumberFormat::Indonesian => "indonesian",
        NumberFormat::English => "english",
    }
}

/// A number as this format writes it.
fn example(format: NumberFormat) -> &'static str {
    match format {
        NumberFormat::Plain => "1234567.89",
        NumberFormat::Indonesian => "1.234.567,89",
        NumberFormat::English => "1,234,567.89",
    }
}
