//! Writing to the terminal: tables, CSV and JSON, and nothing at all when the reader has gone away.

use std::io::{self, Write};

/// Writes to standard output. A closed pipe (`| head`) ends quietly.
///
/// # Errors
/// Any other failure to write.
pub fn print(text: &str) -> anyhow::Result<()> {
    ignore_closed_pipe(io::stdout().lock().write_all(text.as_bytes()))
}

/// Writes a line to standard output.
///
/// # Errors
/// As [`print`].
pub fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    print(&format!("{}\n", text.as_ref()))
}

/// Writes a line to standard error, where progress and remarks belong.
pub fn note(text: impl AsRef<str>) {
    // Nobody is left to tell when standard error itself is gone.
    let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
}

fn ignore_closed_pipe(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// A table of texts with aligned columns; numbers to the right.
pub fn table(columns: &[String], rows: &[Vec<String>], numeric: &[bool]) -> String {
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count());
        cells.chain([columns[index].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut out = String::new();
    let write_row = |cells: &[String], out: &mut String| {
        for (index, cell) in cells.iter().enumerate() {
            let pad = " ".repeat(widths[index].saturating_sub(cell.chars().count()));
            if index > 0 {
                out.push_str("  ");
            }
            if numeric.get(index).copied().unwrap_or(false) {
                out.push_str(&pad);
                out.push_str(cell);
            } else {
                out.push_str(cell);
                if index + 1 < cells.len() {
                    out.push_str(&pad);
                }
            }
        }
        out.push('\n');
    };
    write_row(columns, &mut out);
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    write_row(&rule, &mut out);
    for row in rows {
        write_row(row, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right() {
        let columns = ["nama".to_owned(), "nilai".to_owned()];
        let rows = [vec!["Cepu".to_owned(), "7".to_owned()]];
        assert_eq!(table(&columns, &rows, &[false, true]), "nama  nilai\n────  ─────\nCepu      7\n");
    }
}
