//! Every trap that services set, each from a fixture that a person can read.

mod delimited;
mod door;
mod hostile;
mod mapping;
mod objects;
mod personal;
mod sheets;
mod sql;

use crate::{
    AnswerProblem, Limits, Page, PageReader, ParseSummary, Refusal, Row, RowSink,
    connection::{Connection, CsvOptions, JsonOptions, Location, SpreadsheetOptions},
};
use std::{io::Cursor, ops::ControlFlow, path::Path};

/// Keeps everything as text.
#[derive(Default)]
struct Seen {
    columns: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
    problems: Vec<Refusal>,
}

impl RowSink for Seen {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        assert_eq!(row.cells.len(), self.columns.len());
        let texts = row.cells.iter().map(|cell| cell.text().into_owned());
        self.rows.push((row.number, texts.collect()));
        ControlFlow::Continue(())
    }

    fn problem(&mut self, refusal: Refusal) {
        self.problems.push(refusal);
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn try_parse(connection: &Connection, bodies: &[Vec<u8>]) -> Result<(Seen, ParseSummary), AnswerProblem> {
    let mut seen = Seen::default();
    let mut cursors: Vec<_> = bodies.iter().map(Cursor::new).collect();
    let mut pages: Vec<PageReader<'_>> = cursors
        .iter_mut()
        .map(|cursor| PageReader { url: "fixture".to_owned(), status: 200, content_type: None, body: cursor })
        .collect();
    let summary = crate::parse(connection, &mut pages, &Limits::default(), &mut seen)?;
    Ok((seen, summary))
}

fn rows_of(connection: &Connection, body: Vec<u8>) -> Seen {
    try_parse(connection, &[body]).unwrap().0
}

fn csv() -> Connection {
    Connection::Csv(CsvOptions::default())
}

fn json() -> Connection {
    Connection::Json(JsonOptions {
        location: Location {
            url: Some("https://dpmptsp.example.go.id/api/izin".to_owned()),
            ..Location::default()
        },
        ..JsonOptions::default()
    })
}

fn sheet(options: SpreadsheetOptions) -> Connection {
    Connection::Spreadsheet(options)
}

fn page(status: u16, body: Vec<u8>) -> Page {
    Page {
        url: "https://dpmptsp.example.go.id/api/izin?token=rahasia".to_owned(),
        status,
        content_type: Some("text/html; charset=UTF-8".to_owned()),
        body,
    }
}
