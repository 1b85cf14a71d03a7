//! An answer as it came: is it what was asked for, and which rows does it hold.

use crate::{
    AnswerProblem, Limits, ParseSummary, RowSink, connection::Connection, csv, json, spreadsheet, sql_rows,
};
use std::io::{Read, Seek, SeekFrom};

/// A source of bytes that can be read twice.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send + ?Sized> ReadSeek for T {}

/// One HTTP answer, body already unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Address that answered.
    pub url: String,
    /// HTTP status; 200 for files and databases.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// One answer whose body stays where it is: in memory, in a file, in a recording.
pub struct PageReader<'a> {
    /// Address that answered, or the file's name.
    pub url: String,
    /// HTTP status; 200 for files and databases.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The body, read from its start.
    pub body: &'a mut dyn ReadSeek,
}

/// How much of the start of a body is looked at to tell what it is.
const HEAD_BYTES: u64 = 4096;

/// What a body looks like from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Html,
    LoginHtml,
    Xml,
    Json,
    Zip,
    Ole,
    Pdf,
    Gzip,
    Text,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Empty => "nothing",
            Kind::Html => "HTML (web page)",
            Kind::LoginHtml => "HTML (login)",
            Kind::Xml => "XML",
            Kind::Json => "JSON",
            Kind::Zip => "XLSX/ODS/ZIP",
            Kind::Ole => "XLS",
            Kind::Pdf => "PDF",
            Kind::Gzip => "GZIP",
            Kind::Text => "CSV/text",
        }
    }
}

fn kind_of(head: &[u8]) -> Kind {
    let body = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let start = body.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(body.len());
    let body = &body[start..];
    let lower = String::from_utf8_lossy(body).to_lowercase();
    let html =
        ["<!doctype html", "<html", "<head", "<body", "<script"].iter().any(|tag| lower.starts_with(tag))
            || (lower.starts_with("<!--") && lower.contains("<html"));
    match body {
        [] => Kind::Empty,
        [b'P', b'K', 3 | 5, ..] => Kind::Zip,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Kind::Ole,
        [0x1f, 0x8b, ..] => Kind::Gzip,
        [b'%', b'P', b'D', b'F', ..] => Kind::Pdf,
        [b'{' | b'[', ..] => Kind::Json,
        _ if html => {
            let login = ["password", "kata sandi", "signin", "sign in", "captcha", "log in", "masuk"]
                .iter()
                .any(|word| lower.contains(word));
            if login { Kind::LoginHtml } else { Kind::Html }
        }
        _ if lower.starts_with("<?xml") => Kind::Xml,
        _ => Kind::Text,
    }
}

/// Reads the start of a body and goes back.
fn head(body: &mut dyn ReadSeek) -> Result<Vec<u8>, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    (&mut *body).take(HEAD_BYTES).read_to_end(&mut head)?;
    body.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// Whether an answer is what was asked for. A page that fails here is not parsed, not recorded as
/// data, and no further page is asked for.
pub fn judge_page(connection: &Connection, page: &Page) -> Result<(), AnswerProblem> {
    let head = &page.body[..page.body.len().min(HEAD_BYTES as usize)];
    judge(connection, &page.url, page.status, head, Some(&page.body))?;
    if matches!(connection, Connection::Json(_)) {
        json::judge_body(&page.body)?;
    }
    Ok(())
}

fn judge(
    connection: &Connection,
    url: &str,
    status: u16,
    head: &[u8],
    whole: Option<&[u8]>,
) -> Result<(), AnswerProblem> {
    let kind = kind_of(head);
    let url = || crate::request::without_query(url);
    match status {
        200..=299 => {}
        // The service's own words, where it has some, say more than the number.
        400..=499 if status != 429 => {
            if let Some(message) = whole.and_then(json::message_of)
                && !matches!(status, 401 | 403 | 407 | 451)
            {
                return Err(AnswerProblem::Refused { message });
            }
            return Err(match status {
                401 | 403 | 407 | 451 => AnswerProblem::Blocked { status, url: url() },
                404 | 410 => AnswerProblem::Gone { status, url: url() },
                _ => AnswerProblem::Status { status, url: url() },
            });
        }
        429 | 500..=599 => return Err(AnswerProblem::Unavailable { status, url: url() }),
        _ => return Err(AnswerProblem::Status { status, url: url() }),
    }
    let expected = match connection {
        Connection::Csv(_) => "CSV",
        Connection::Spreadsheet(_) => "XLSX, XLS, XLSB or ODS",
        Connection::Json(_) => "JSON",
        Connection::Sqlite(_) | Connection::Postgres(_) | Connection::Mysql(_) | Connection::Push(_) => {
            return Ok(());
        }
    };
    let fits = match connection {
        Connection::Csv(_) => matches!(kind, Kind::Text | Kind::Json),
        Connection::Spreadsheet(_) => matches!(kind, Kind::Zip | Kind::Ole),
        // PHP prints notices before the JSON, also as text.
        _ => matches!(kind, Kind::Json | Kind::Text),
    };
    match kind {
        Kind::Empty => Err(AnswerProblem::Empty),
        Kind::LoginHtml => Err(AnswerProblem::Blocked { status, url: url() }),
        _ if fits => Ok(()),
        _ => Err(AnswerProblem::WrongKind { expected: expected.to_owned(), found: kind.word().to_owned() }),
    }
}

/// Reads all rows of a run's answers into `sink`.
///
/// Files are one page; paged JSON has one page each; a database's answer is the page that
/// [`crate::recording::SqlRecorder`] wrote. Rows that cannot be read go to `sink` as problems; an
/// error means that nothing of the answer may be used.
pub fn parse(
    connection: &Connection,
    pages: &mut [PageReader<'_>],
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    if pages.is_empty() {
        return Err(AnswerProblem::Empty);
    }
    for page in pages.iter_mut() {
        let head = head(page.body)?;
        judge(connection, &page.url, page.status, &head, None)?;
    }
    let summary = match connection {
        Connection::Json(options) => json::parse(options, pages, limits, sink)?,
        _ => {
            // Only JSON is asked for in pages.
            let Some(page) = pages.first_mut() else {
                return Err(AnswerProblem::Empty);
            };
            match connection {
                Connection::Csv(options) => csv::parse(options, page.body, limits, sink)?,
                Connection::Spreadsheet(options) => spreadsheet::parse(options, page.body, limits, sink)?,
                Connection::Postgres(options) | Connection::Mysql(options) => {
                    sql_rows::parse(options.repair_double_encoding, page.body, limits, sink)?
                }
                // What is sent is read as JSON or CSV, by what its sender calls it.
                Connection::Push(_) => return Err(AnswerProblem::Empty),
                Connection::Sqlite(_) | Connection::Json(_) => {
                    sql_rows::parse(false, page.body, limits, sink)?
                }
            }
        }
    };
    let sql = matches!(connection, Connection::Sqlite(_) | Connection::Postgres(_) | Connection::Mysql(_));
    // A query for "changed since" may well find nothing; a file or service without rows is ill.
    if summary.rows == 0 && !sql && !summary.notes.contains(&"stopped_early") {
        return Err(AnswerProblem::Empty);
    }
    Ok(summary)
}
