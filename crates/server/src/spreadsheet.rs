//! Texts in files that are opened in a spreadsheet: none of them may be taken for a formula.

use std::borrow::Cow;

/// What spreadsheets take for the beginning of a formula, and what they drop in front of one.
const TRIGGERS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
/// Where a spreadsheet of another country begins a new cell, whatever the file's own separator is.
const OTHER_SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// A text that no spreadsheet takes for a formula: it gets an apostrophe in front, and so does each part of it
/// that would be a cell of its own where semicolons separate. Plain numbers stay as they are.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(TRIGGERS) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 1);
    for (nth, part) in text.split_inclusive(OTHER_SEPARATORS).enumerate() {
        let cell = part.trim_end_matches(OTHER_SEPARATORS);
        // Control characters in front would be dropped, so they count where the text itself begins.
        let begins = match nth {
            0 => part.starts_with(TRIGGERS) || opens(cell),
            _ => opens(cell),
        };
        if begins && !is_number(cell) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    Cow::Owned(safe)
}

/// A formula behind spaces and quotation marks.
fn opens(cell: &str) -> bool {
    cell.trim_start_matches([' ', '"']).starts_with(TRIGGERS)
}

/// A sign, digits, a point: `-12.5`, but neither `-inf` nor `-1+2`.
fn is_number(cell: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    cell.contains(|c: char| c.is_ascii_digit()) && cell.chars().all(plain) && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_numbers_kept() {
        for (text, want) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+62 812", "'+62 812"),
            ("-1+2", "'-1+2"),
            ("@sum(a1)", "'@sum(a1)"),
            ("\tx", "'\tx"),
            ("\r=x", "'\r'=x"),
            ("\n", "'\n"),
            ("\0=1", "'\0=1"),
            ("＝1", "'＝1"),
            ("-inf", "'-inf"),
            (" =1", "' =1"),
            ("a;=1+1;b", "a;'=1+1;b"),
            ("a;\"=1+1\"", "a;'\"=1+1\""),
            ("a\n@x", "a\n'@x"),
            ("1;-2;x", "1;-2;x"),
            ("-12.5", "-12.5"),
            ("-1e-7", "-1e-7"),
            ("+3", "+3"),
            ("Cepu", "Cepu"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), want);
        }
    }
}
