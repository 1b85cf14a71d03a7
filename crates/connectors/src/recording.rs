//! A run's answers as one stream of bytes, so that a figure can be traced to its raw row and a run can
//! be replayed without the service.
//!
//! The form is plain: a line `pendopo recording 1`, then for each page one line of JSON with its
//! address, status, content type and length, the body as it came, and a line end. Addresses are
//! recorded without parameters, which may hold secrets. A database's answer is one page of JSON lines.

pub use crate::sql_rows::SqlValue;
use crate::{
    AnswerProblem, Cell, Limits, PageReader, ParseSummary, ReadSeek, Refusal, Row, RowSink,
    connection::Connection,
    kept_rows,
    personal::{Expect, find, mask_all},
    refusal::cut,
};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom, Write},
    ops::ControlFlow,
};

const MAGIC: &[u8] = b"pendopo recording 1\n";
/// A head line is a short address and a few words.
const MAX_HEAD: u64 = 16 << 10;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    url: String,
    status: u16,
    content_type: Option<String>,
    length: u64,
}

/// Writes a recording page by page.
pub struct Recorder<W: Write> {
    out: W,
}

impl<W: Write> Recorder<W> {
    /// Begins a recording.
    pub fn new(mut out: W) -> io::Result<Recorder<W>> {
        out.write_all(MAGIC)?;
        Ok(Recorder { out })
    }

    /// Adds a page whose body has exactly `length` bytes.
    pub fn page(
        &mut self,
        url: &str,
        status: u16,
        content_type: Option<&str>,
        length: u64,
        body: &mut dyn Read,
    ) -> io::Result<()> {
        let head = Head {
            url: mask_all(&crate::request::without_query(url)).into_owned(),
            status,
            content_type: content_type.map(str::to_owned),
            length,
        };
        serde_json::to_writer(&mut self.out, &head)?;
        self.out.write_all(b"\n")?;
        let copied = io::copy(&mut body.take(length), &mut self.out)?;
        if copied != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.out.write_all(b"\n")
    }

    /// Ends the recording and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes a database's answer as the body of a page.
pub struct SqlRecorder<W: Write> {
    out: W,
}

impl<W: Write> SqlRecorder<W> {
    /// Begins with the columns.
    pub fn new(mut out: W, columns: &[String]) -> io::Result<SqlRecorder<W>> {
        serde_json::to_writer(&mut out, columns)?;
        out.write_all(b"\n")?;
        Ok(SqlRecorder { out })
    }

    /// Adds a row with as many values as there are columns.
    pub fn row(&mut self, values: &[SqlValue<'_>]) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, values)?;
        self.out.write_all(b"\n")
    }

    /// Ends and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A part of a stream, as a stream of its own.
struct Section<'a> {
    inner: &'a mut dyn ReadSeek,
    start: u64,
    length: u64,
    at: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        self.inner.seek(SeekFrom::Start(self.start + self.at))?;
        let read = self.inner.read(&mut buffer[..wanted])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Section<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

fn heads(recording: &mut dyn ReadSeek) -> Result<Vec<(Head, u64)>, AnswerProblem> {
    let broken =
        || AnswerProblem::Malformed { detail: "not a recording".to_owned(), at: "recording".to_owned() };
    recording.seek(SeekFrom::Start(0))?;
    let mut magic = [0u8; MAGIC.len()];
    recording.read_exact(&mut magic).map_err(|_| broken())?;
    if magic != MAGIC {
        return Err(broken());
    }
    let end = recording.seek(SeekFrom::End(0))?;
    let mut at = MAGIC.len() as u64;
    let mut found = Vec::new();
    while at < end {
        recording.seek(SeekFrom::Start(at))?;
        let mut line = Vec::new();
        (&mut *recording).take(MAX_HEAD).read_to_end(&mut line)?;
        let length = line.iter().position(|b| *b == b'\n').ok_or_else(broken)?;
        let head: Head = serde_json::from_slice(&line[..length]).map_err(|_| broken())?;
        let start = at + length as u64 + 1;
        let next = start.checked_add(head.length).and_then(|at| at.checked_add(1));
        at = next
            .filter(|next| *next <= end)
            .ok_or_else(|| AnswerProblem::Truncated { at: "recording".to_owned() })?;
        found.push((head, start));
    }
    Ok(found)
}

/// Reads all rows of a recorded run, exactly as [`crate::parse`] read them.
pub fn parse_recording(
    connection: &Connection,
    recording: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    let heads = heads(recording)?;
    if let [(head, start)] = heads.as_slice()
        && head.content_type.as_deref() == Some(kept_rows::CONTENT_TYPE)
    {
        let mut body = Section { inner: recording, start: *start, length: head.length, at: 0 };
        return kept_rows::parse(&mut body, limits, sink);
    }
    if let ([(head, start)], false) = (heads.as_slice(), matches!(connection, Connection::Json(_))) {
        let mut body = Section { inner: recording, start: *start, length: head.length, at: 0 };
        return crate::parse(connection, &mut [page(head, &mut body)], limits, sink);
    }
    // Pages of JSON are small; they are held so that they can be walked together.
    let mut bodies = Vec::with_capacity(heads.len());
    let mut sum = 0u64;
    for (head, start) in &heads {
        sum = sum.saturating_add(head.length);
        if sum > limits.json_bytes.saturating_mul(4) {
            return Err(AnswerProblem::TooLarge {
                kind: crate::LimitKind::Bytes,
                limit: limits.json_bytes.saturating_mul(4),
            });
        }
        let mut body = Vec::new();
        recording.seek(SeekFrom::Start(*start))?;
        (&mut *recording).take(head.length).read_to_end(&mut body)?;
        bodies.push(io::Cursor::new(body));
    }
    let mut pages: Vec<PageReader<'_>> =
        heads.iter().zip(&mut bodies).map(|((head, _), body)| page(head, body)).collect();
    crate::parse(connection, &mut pages, limits, sink)
}

/// Whether a recording holds personal values beside its rows: in the envelope of JSON, or in the lines
/// before a header. What is in the rows is the door's to find; spreadsheets cannot be looked through.
pub fn holds_more_than_rows(
    connection: &Connection,
    recording: &mut dyn ReadSeek,
) -> Result<bool, AnswerProblem> {
    match connection {
        Connection::Spreadsheet(_) => return Ok(true),
        Connection::Csv(options) if options.header_row.unwrap_or(1) > 1 => {}
        Connection::Json(_) => {}
        _ => return Ok(false),
    }
    for (head, start) in heads(recording)? {
        let mut body = Vec::new();
        recording.seek(SeekFrom::Start(start))?;
        (&mut *recording).take(head.length).read_to_end(&mut body)?;
        // Wide characters keep their digits' order once the zeros between them are gone.
        body.retain(|byte| *byte != 0);
        if !find(&String::from_utf8_lossy(&body), Expect::default()).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an answer that could not be read as rows may be kept as it came: only text in which nothing
/// that names a person is recognised.
pub fn is_plain_text(recording: &mut dyn ReadSeek) -> Result<bool, AnswerProblem> {
    for (head, start) in heads(recording)? {
        let mut body = Vec::new();
        recording.seek(SeekFrom::Start(start))?;
        (&mut *recording).take(head.length).read_to_end(&mut body)?;
        let Ok(text) = std::str::from_utf8(&body) else { return Ok(false) };
        if text.contains('\0') || !find(text, Expect::default()).is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A recording whose one page holds kept rows, in the place of the recording they were read from.
pub fn rows_recording(
    original: &mut dyn ReadSeek,
    length: u64,
    rows: &mut dyn Read,
) -> Result<Vec<u8>, AnswerProblem> {
    let url = heads(original)?.first().map_or_else(String::new, |(head, _)| head.url.clone());
    let mut recorder = Recorder::new(Vec::new())?;
    recorder.page(&url, 200, Some(kept_rows::CONTENT_TYPE), length, rows)?;
    Ok(recorder.finish()?)
}

fn page<'a>(head: &Head, body: &'a mut dyn ReadSeek) -> PageReader<'a> {
    PageReader { url: head.url.clone(), status: head.status, content_type: head.content_type.clone(), body }
}

/// A row as the source sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The cells' texts, as many as there are columns.
    pub cells: Vec<String>,
}

impl fmt::Display for RawRow {
    /// `column: value | column: value`, the same text as [`Refusal::raw`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (column, cell)) in self.columns.iter().zip(&self.cells).enumerate() {
            let between = if index == 0 { "" } else { " | " };
            write!(f, "{between}{column}: {cell}")?;
        }
        Ok(())
    }
}

/// A row as one text, cut to 4,000 characters.
pub(crate) fn render(columns: &[String], cells: &[Cell<'_>]) -> String {
    let mut text = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push_str(" | ");
        }
        match columns.get(index) {
            Some(column) => text.push_str(column),
            None => text.push('?'),
        }
        text.push_str(": ");
        text.push_str(&cell.text());
        if text.len() > 16_000 {
            break;
        }
    }
    cut(&text, 4_000)
}

struct Wanted {
    row_no: u64,
    columns: Vec<String>,
    found: Option<Vec<String>>,
}

impl RowSink for Wanted {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        if row.number < self.row_no {
            return ControlFlow::Continue(());
        }
        if row.number == self.row_no {
            let texts = row.cells.iter().map(|cell| cell.text().into_owned());
            self.found = Some(texts.collect());
        }
        ControlFlow::Break(())
    }

    fn problem(&mut self, _: Refusal) {}
}

/// Row `row_no` of a recorded run, or nothing when the run has no such row.
pub fn raw_row(
    connection: &Connection,
    recording: &mut dyn ReadSeek,
    limits: &Limits,
    row_no: u64,
) -> Result<Option<RawRow>, AnswerProblem> {
    let mut sink = Wanted { row_no, columns: Vec::new(), found: None };
    parse_recording(connection, recording, limits, &mut sink)?;
    Ok(sink.found.map(|cells| RawRow { columns: sink.columns, cells }))
}
