//! Lengths of time as written in packs: `90 seconds`, `6 hours`, `1 day`.

use jiff::{SignedDuration, Span};

/// Reads a length of time with a unit; days are of 24 hours.
///
/// # Errors
/// When it is not one, or not longer than zero; the text says so.
pub fn parse_span(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.trim().parse().map_err(|_| format!("`{text}` is not a length of time"))?;
    let duration = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| format!("`{text}` is not a fixed length of time; use seconds to weeks"))?;
    if duration.is_positive() { Ok(duration) } else { Err(format!("`{text}` is not longer than zero")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_units() {
        for (text, secs) in [
            ("90 seconds", 90),
            ("15 minutes", 900),
            ("6 hours", 21_600),
            ("1 day", 86_400),
            ("2 weeks", 1_209_600),
        ] {
            assert_eq!(parse_span(text).map(|d| d.as_secs()), Ok(secs), "{text}");
        }
        for text in ["", "15", "soon", "-1 day", "1 month", "0 seconds"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
