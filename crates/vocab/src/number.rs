//! Numbers as people write them. `1.234` is 1234 in Jakarta and 1.234 in London, so the format is
//! always declared per column and never guessed here.

use crate::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How numbers are written in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// Machine form: `1234567.89`, no grouping.
    #[default]
    Plain,
    /// `1.234.567,89`
    Indonesian,
    /// `1,234,567.89`
    English,
}

/// Why a text is not a number of the declared format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing is there, or one of the usual marks for nothing (`-`, `n/a`, `…`).
    #[error("is empty")]
    Empty,
    /// Not a number of this format.
    #[error("`{0}` is not a number as declared for this column")]
    Malformed(String),
    /// NaN, infinity, or too large to keep exactly.
    #[error("`{0}` is not a finite number")]
    NotFinite(String),
}

/// Marks that offices write where there is no value.
const EMPTY_MARKS: &[&str] =
    &["-", "--", "–", "—", "n/a", "na", "null", "nihil", "…", "...", "#n/a", "tad", "t.a.d."];

/// Reads a number as written in `format`. A leading `'`, `Rp`, a trailing `%`, spaces and no-break
/// spaces are ignored; `(1.234)` is negative, as accountants write it.
pub fn parse_number(text: &str, format: NumberFormat) -> Result<f64, NumberError> {
    let trimmed =
        text.trim_matches(|c: char| c.is_whitespace() || c == '\'' || c == '\u{a0}' || c == '\u{feff}');
    // The usual case, a plain machine number, takes no detour.
    if format == NumberFormat::Plain
        && trimmed.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && !trimmed.is_empty()
    {
        return finite(trimmed.parse().map_err(|_| NumberError::Malformed(text.trim().to_owned())), trimmed);
    }
    if trimmed.is_empty() || EMPTY_MARKS.iter().any(|mark| trimmed.eq_ignore_ascii_case(mark)) {
        return Err(NumberError::Empty);
    }
    let malformed = || NumberError::Malformed(trimmed.to_owned());
    let (negative, body) = match trimmed.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => (true, inner.trim()),
        None => match trimmed.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest.trim_start()),
            None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        },
    };
    let body = strip_decoration(body);
    let (group, decimal) = match format {
        NumberFormat::Plain => (None, '.'),
        NumberFormat::Indonesian => (Some('.'), ','),
        NumberFormat::English => (Some(','), '.'),
    };
    let (whole, fraction) = match body.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (body, None),
    };
    let (fraction, exponent) = match (format, fraction.unwrap_or(whole).split_once(['e', 'E'])) {
        (NumberFormat::Plain, Some((mantissa, exponent))) => {
            let exponent: i32 = exponent.parse().map_err(|_| malformed())?;
            (fraction.map(|_| mantissa), exponent)
        }
        _ => (fraction, 0),
    };
    let whole = if exponent != 0 && fraction.is_none() {
        whole.split(['e', 'E']).next().unwrap_or(whole)
    } else {
        whole
    };
    if ["nan", "inf", "infinity"].iter().any(|word| body.eq_ignore_ascii_case(word)) {
        return Err(NumberError::NotFinite(trimmed.to_owned()));
    }
    let digits = ungroup(whole, group).ok_or_else(malformed)?;
    let fraction = fraction.unwrap_or("");
    if (digits.is_empty() && fraction.is_empty()) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed());
    }
    let sign = if negative { "-" } else { "" };
    finite(format!("{sign}{digits}.{fraction}e{exponent}").parse().map_err(|_| malformed()), trimmed)
}

fn finite(parsed: Result<f64, NumberError>, text: &str) -> Result<f64, NumberError> {
    let value = parsed?;
    if value.is_finite() { Ok(value) } else { Err(NumberError::NotFinite(text.to_owned())) }
}

/// Drops `Rp`, `IDR`, `%` and the `,-` that closes a sum of rupiah.
fn strip_decoration(body: &str) -> &str {
    let body = body.trim();
    let lower = body.get(..2).map(str::to_ascii_lowercase);
    let body = if lower.as_deref() == Some("rp") {
        body[2..].trim_start_matches(['.', ' ', '\u{a0}'])
    } else {
        body
    };
    let body = body.strip_prefix("IDR").map_or(body, str::trim_start);
    let body = body.strip_suffix('%').map_or(body, str::trim_end);
    body.strip_suffix(",-").or_else(|| body.strip_suffix(".-")).unwrap_or(body)
}

/// Removes the grouping mark when the groups are of three; `None` when they are not, since `1.23`
/// under an Indonesian format is far more likely a wrong declaration than 123.
fn ungroup(whole: &str, group: Option<char>) -> Option<String> {
    let Some(group) = group else {
        return whole.bytes().all(|b| b.is_ascii_digit()).then(|| whole.to_owned());
    };
    let mut out = String::with_capacity(whole.len());
    for (index, part) in whole.split(group).enumerate() {
        let wanted = if index == 0 { part.len() <= 3 || !whole.contains(group) } else { part.len() == 3 };
        if !wanted
            || !part.bytes().all(|b| b.is_ascii_digit())
            || (index == 0 && part.is_empty() && whole.contains(group))
        {
            return None;
        }
        out.push_str(part);
    }
    Some(out)
}

/// Writes `value` with exactly `decimals` places in the language's conventions: `1.234.567,89`.
pub fn format_number(value: f64, decimals: usize, lang: Lang) -> String {
    let (group, decimal) = match lang {
        Lang::Id => ('.', ','),
        Lang::En => (',', '.'),
    };
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut out = String::with_capacity(plain.len() + plain.len() / 3 + 1);
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(group);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(decimal);
        out.push_str(fraction);
    }
    out
}

/// Writes a large number short: `1,2 M` (miliar) in Indonesian, `1.2 bn` in English. Below ten
/// thousand it is written out with `decimals` places.
pub fn compact_number(value: f64, decimals: usize, lang: Lang) -> String {
    let steps: [(f64, &str); 4] = match lang {
        Lang::Id => [(1e12, "T"), (1e9, "M"), (1e6, "jt"), (1e3, "rb")],
        Lang::En => [(1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")],
    };
    if value.abs() < 10_000.0 {
        return format_number(value, decimals, lang);
    }
    for (step, suffix) in steps {
        if value.abs() >= step {
            let short = value / step;
            return format!(
                "{}\u{a0}{suffix}",
                format_number(short, if short.abs() < 100.0 { 1 } else { 0 }, lang)
            );
        }
    }
    format_number(value, decimals, lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_offices_write() {
        use NumberFormat::*;
        let check =
            |text: &str, format, want: f64| assert_eq!(parse_number(text, format), Ok(want), "{text}");
        check("1.234.567,89", Indonesian, 1_234_567.89);
        check("Rp1.200.000", Indonesian, 1_200_000.0);
        check("Rp. 1.200.000,-", Indonesian, 1_200_000.0);
        check("12,5 %", Indonesian, 12.5);
        check("(1.234)", Indonesian, -1234.0);
        check("'0042", Indonesian, 42.0);
        check("\u{a0}7\u{a0}", Indonesian, 7.0);
        check("1234567", Indonesian, 1_234_567.0);
        check("16,800", English, 16_800.0);
        check("1,234.5", English, 1234.5);
        check("1234.5", Plain, 1234.5);
        check("-3", Plain, -3.0);
        check("1e3", Plain, 1000.0);
        check("1.5E-2", Plain, 0.015);
        for (text, format) in [
            ("1.23", Indonesian),
            ("1.2.3", Plain),
            ("abc", Plain),
            ("1,23,4", English),
            ("12 34", Plain),
            (".", Plain),
        ] {
            assert!(matches!(parse_number(text, format), Err(NumberError::Malformed(_))), "{text}");
        }
        for text in ["", "-", "n/a", "…", " "] {
            assert_eq!(parse_number(text, Indonesian), Err(NumberError::Empty), "{text}");
        }
        for text in ["NaN", "inf", "1e999"] {
            assert!(matches!(parse_number(text, Plain), Err(NumberError::NotFinite(_))), "{text}");
        }
    }

    #[test]
    fn writes_what_people_expect() {
        assert_eq!(format_number(1_234_567.891, 2, Lang::Id), "1.234.567,89");
        assert_eq!(format_number(1_234_567.891, 2, Lang::En), "1,234,567.89");
        assert_eq!(format_number(-0.001, 2, Lang::Id), "0,00");
        assert_eq!(format_number(-12.0, 0, Lang::Id), "−12");
        assert_eq!(compact_number(1_240_000_000.0, 0, Lang::Id), "1,2\u{a0}M");
        assert_eq!(compact_number(927_961.0, 0, Lang::Id), "928\u{a0}rb");
        assert_eq!(compact_number(1_240_000_000.0, 0, Lang::En), "1.2\u{a0}bn");
    }
}
