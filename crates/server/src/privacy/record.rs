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

/// As Markdown.
///
/// # Errors
/// Never; the form is that of [`to_csv`].
pub fn to_markdown(record: &Record) -> AppResult<String> {
    let row = |cells: &[String]| {
        let cells: Vec<String> =
            cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', "<br>")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", " --- |".repeat(record.heads.len()));
    let lines: String = record.lines.iter().map(|line| row(line)).collect();
    Ok(format!("# {}\n\n{}{rule}{lines}", record.title, row(&record.heads)))
}
