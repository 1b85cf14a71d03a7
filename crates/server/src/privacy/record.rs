//! The record of processing (UU 27/2022 Pasal 31) as a table for other programs and for the file.

use crate::{
    error::{AppError, AppResult},
    spreadsheet::harmless,
};

/// The record in words.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its title, with the government and the day.
    pub title: String,
    /// The heads of the columns.
    pub heads: Vec<String>,
    /// One line per source.
    pub lines: Vec<Vec<String>>,
}

/// As CSV for a spreadsheet: with a byte order mark, and nothing that it would run as a formula.
///
/// # Errors
/// The writer's.
pub fn to_csv(record: &Record) -> AppResult<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| AppError::Internal(error.into());
    writer.write_record(&record.heads).map_err(failed)?;
    for line in &record.lines {
        writer.write_record(line.iter().map(|cell| harmless(cell).into_owned())).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| AppError::Internal(anyhow::anyhow!("{error}")))?;
    Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
}

/// As Markdown. Programs that show it may let HTML and any link through, so texts are words and nothing else.
///
/// # Errors
/// Never; the form is that of [`to_csv`].
pub fn to_markdown(record: &Record) -> AppResult<String> {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| words(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", " --- |".repeat(record.heads.len()));
    let lines: String = record.lines.iter().map(|line| row(line)).collect();
    Ok(format!("# {}\n\n{}{rule}{lines}", words(&record.title), row(&record.heads)))
}

/// A text within Markdown: no letter of it is a sign of Markdown or of HTML.
fn words(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '\n' => written.push_str("<br>"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => written.extend(['\\', letter]),
            letter if letter.is_control() => written.push(' '),
            letter => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_markdown_are_words() {
        for (text, written) in [
            ("Dinas Kesehatan, no. 4 (2026)", "Dinas Kesehatan, no. 4 (2026)"),
            ("satu\ndua | tiga", "satu<br>dua \\| tiga"),
            ("<img src=x onerror=f()>", "&lt;img src=x onerror=f()&gt;"),
            ("&lt;script&gt;", "&amp;lt;script&amp;gt;"),
            ("[x](javascript:f())", "\\[x\\](javascript:f())"),
            ("\\[x](y)", "\\\\\\[x\\](y)"),
            ("`a` *b* nama_ibu\r", "\\`a\\` \\*b\\* nama\\_ibu "),
        ] {
            let record = Record { title: text.to_owned(), heads: vec![], lines: vec![vec![text.to_owned()]] };
            let markdown = to_markdown(&record).unwrap();
            assert!(markdown.starts_with(&format!("# {written}\n")), "{markdown}");
            assert!(markdown.ends_with(&format!("| {written} |\n")), "{markdown}");
        }
    }
}
