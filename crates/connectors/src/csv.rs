//! Delimited text, as spreadsheets of two decades save it: any of four separators, `sep=` lines,
//! UTF-8, UTF-16 and Windows-1252, read in one pass with a fixed amount of memory.

use crate::{
    AnswerProblem, Cell, LimitKind, Limits, ParseSummary, ReadSeek, Refusal, RefusalCode, Row, RowSink,
    cell::recycle,
    connection::CsvOptions,
    header::{HeaderSearch, compose, filled_columns},
};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::{borrow::Cow, io::SeekFrom, ops::ControlFlow};

const CHUNK: usize = 64 << 10;
const SEPARATORS: [u8; 4] = *b";\t|,";

/// Reads delimited text into `sink`.
pub(crate) fn parse(
    options: &CsvOptions,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    let (encoding, bom) = find_encoding(options, body)?;
    body.seek(SeekFrom::Start(bom))?;
    let mut text = TextReader::new(body, encoding);
    text.fill()?;
    let dialect = Dialect::find(options, text.chunk())?;
    text.advance(dialect.skip_bytes);
    Lines::new(text, dialect, limits).read(options, limits, sink)
}

/// Which encoding, and how many bytes of byte order mark. The whole body is looked at: a name with an
/// accent may stand in the last line only.
fn find_encoding(
    options: &CsvOptions,
    body: &mut dyn ReadSeek,
) -> Result<(&'static Encoding, u64), AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0u8; CHUNK];
    let mut kept = 0;
    let mut first = true;
    let mut utf8 = true;
    loop {
        let read = body.read(&mut buffer[kept..])?;
        let filled = &buffer[..kept + read];
        if first {
            if let Some((encoding, length)) = Encoding::for_bom(filled) {
                return Ok((encoding, length as u64));
            }
            if let Some(label) = &options.encoding {
                let encoding =
                    Encoding::for_label(label.as_bytes()).ok_or_else(|| AnswerProblem::Malformed {
                        detail: format!("`{label}` is not an encoding"),
                        at: "encoding".to_owned(),
                    })?;
                return Ok((encoding, 0));
            }
            // UTF-16 without a mark: every other byte of Latin text is zero.
            let pairs = filled.len().min(4096) / 2;
            let zeros = |odd: usize| (0..pairs).filter(|i| filled[2 * i + odd] == 0).count();
            if pairs > 8 && zeros(1) * 10 > pairs * 7 && zeros(0) == 0 {
                return Ok((UTF_16LE, 0));
            }
            if pairs > 8 && zeros(0) * 10 > pairs * 7 && zeros(1) == 0 {
                return Ok((UTF_16BE, 0));
            }
            first = false;
        }
        if filled.contains(&0) {
            return Err(AnswerProblem::WrongKind {
                expected: "CSV".to_owned(),
                found: "binary data".to_owned(),
            });
        }
        if read == 0 {
            // A character cut in half at the very end is a truncated UTF-8 text, not another encoding.
            return Ok((if utf8 { UTF_8 } else { WINDOWS_1252 }, 0));
        }
        kept = 0;
        if utf8 && let Err(error) = std::str::from_utf8(filled) {
            if error.error_len().is_some() {
                utf8 = false;
            } else {
                let from = error.valid_up_to();
                kept = filled.len() - from;
                buffer.copy_within(from..from + kept, 0);
            }
        }
    }
}

/// A body as UTF-8, chunk by chunk.
struct TextReader<'a> {
    body: &'a mut dyn ReadSeek,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    raw_at: usize,
    raw_end: usize,
    decoded: Vec<u8>,
    at: usize,
    end: usize,
    done: bool,
}

impl<'a> TextReader<'a> {
    fn new(body: &'a mut dyn ReadSeek, encoding: &'static Encoding) -> TextReader<'a> {
        TextReader {
            body,
            // Text that is already UTF-8 is handed through untouched.
            decoder: (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling()),
            raw: vec![0; CHUNK],
            raw_at: 0,
            raw_end: 0,
            decoded: Vec::new(),
            at: 0,
            end: 0,
            done: false,
        }
    }

    fn chunk(&self) -> &[u8] {
        if self.decoder.is_some() { &self.decoded[self.at..self.end] } else { &self.raw[self.at..self.end] }
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Makes the next chunk available when the last is used up; an empty chunk is the end.
    fn fill(&mut self) -> Result<(), AnswerProblem> {
        while self.at == self.end && !self.done {
            if self.raw_at == self.raw_end || self.decoder.is_none() {
                self.raw_at = 0;
                self.raw_end = 0;
                while self.raw_end < self.raw.len() {
                    let read = self.body.read(&mut self.raw[self.raw_end..])?;
                    if read == 0 {
                        break;
                    }
                    self.raw_end += read;
                }
            }
            self.at = 0;
            let last = self.raw_end < self.raw.len();
            match &mut self.decoder {
                None => {
                    self.end = self.raw_end;
                    self.done = self.raw_end == 0;
                }
                Some(decoder) => {
                    self.decoded.resize(CHUNK * 3 + 16, 0);
                    let (_, read, written, _) =
                        decoder.decode_to_utf8(&self.raw[self.raw_at..self.raw_end], &mut self.decoded, last);
                    self.raw_at += read;
                    self.end = written;
                    self.done = last && self.raw_at == self.raw_end;
                    if self.done && written > 0 {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// Gives empty cells of a group the value above.
fn fill_down(filled: &mut [(usize, String)], row: &mut [Cell<'_>]) {
    for (column, above) in filled {
        let Some(cell) = row.get_mut(*column) else { continue };
        if cell.is_blank() {
            if !above.is_empty() {
                *cell = Cell::Text(Cow::Owned(above.clone()));
            }
        } else {
            *above = cell.text().into_owned();
        }
    }
}

/// Separator, line ends, and what stands before the first line.
struct Dialect {
    separator: u8,
    terminator: u8,
    skip_bytes: usize,
    first_line: u64,
}

impl Dialect {
    fn find(options: &CsvOptions, sample: &[u8]) -> Result<Dialect, AnswerProblem> {
        let terminator = if !sample.contains(&b'\n') && sample.contains(&b'\r') { b'\r' } else { b'\n' };
        let (mut skip_bytes, mut first_line, mut declared) = (0, 1, None);
        let line_end = sample.iter().position(|b| *b == terminator);
        let first = &sample[..line_end.unwrap_or(sample.len())];
        let first = first.strip_suffix(b"\r").unwrap_or(first);
        if first.len() == 5 && first[..4].eq_ignore_ascii_case(b"sep=") {
            declared = Some(first[4]);
            skip_bytes = line_end.map_or(sample.len(), |end| end + 1);
            first_line = 2;
        }
        let separator = match options.delimiter.as_deref() {
            Some("\\t" | "\t") => b'\t',
            Some(text) if text.len() == 1 && text.is_ascii() => text.as_bytes()[0],
            Some(text) => {
                return Err(AnswerProblem::Malformed {
                    detail: format!("`{text}` is not a separator of one character"),
                    at: "delimiter".to_owned(),
                });
            }
            None => declared.unwrap_or_else(|| {
                let header = options.header_row.unwrap_or(1).saturating_sub(1) as usize;
                guess_separator(&sample[skip_bytes..], terminator, header)
            }),
        };
        Ok(Dialect { separator, terminator, skip_bytes, first_line })
    }
}

/// The separator that splits the header and the lines after it into the same number of fields. `,`
/// comes last because it is also the decimal mark.
fn guess_separator(sample: &[u8], terminator: u8, header: usize) -> u8 {
    let lines: Vec<&[u8]> = sample
        .split(|b| *b == terminator)
        .skip(header)
        .filter(|line| line.iter().any(|b| !b.is_ascii_whitespace()))
        .take(20)
        .collect();
    let count = |line: &[u8], separator: u8| {
        let mut quoted = false;
        let mut found = 0usize;
        for byte in line {
            match *byte {
                b'"' => quoted = !quoted,
                b if b == separator && !quoted => found += 1,
                _ => {}
            }
        }
        found
    };
    let score = |separator: u8| {
        let Some(first) = lines.first().map(|line| count(line, separator)) else {
            return (0, 0);
        };
        let same = lines.iter().filter(|line| first > 0 && count(line, separator) == first).count();
        (same, first)
    };
    let by_header = best_separator(score);
    if by_header.1.0 >= 2 || lines.len() < 2 {
        return by_header.0;
    }
    // The first line is like no other: a title. What most lines share decides.
    let shared = |separator: u8| {
        let counts: Vec<usize> = lines.iter().map(|line| count(line, separator)).collect();
        let alike = |wanted: usize| counts.iter().filter(|count| **count == wanted).count();
        counts.iter().filter(|count| **count > 0).map(|count| (alike(*count), *count)).max().unwrap_or((0, 0))
    };
    best_separator(shared).0
}

fn best_separator(score: impl Fn(u8) -> (usize, usize)) -> (u8, (usize, usize)) {
    let mut best = (b',', (0, 0));
    for separator in SEPARATORS {
        let found = score(separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best
}

/// Rows of delimited text.
struct Lines<'a> {
    text: TextReader<'a>,
    core: Reader,
    terminator: u8,
    record: Vec<u8>,
    ends: Vec<usize>,
    /// Whether the text ended inside the last record.
    unfinished: bool,
    /// Records read so far, with what was skipped before them.
    records: u64,
}

enum Next {
    Record { fields: usize, line: u64 },
    End,
}

impl<'a> Lines<'a> {
    fn new(text: TextReader<'a>, dialect: Dialect, limits: &Limits) -> Lines<'a> {
        let mut core = ReaderBuilder::new()
            .delimiter(dialect.separator)
            // One byte ends a line, so that lines are counted as an editor counts them; the `\r`
            // before it is taken off the last field.
            .terminator(Terminator::Any(dialect.terminator))
            .build();
        core.set_line(dialect.first_line);
        Lines {
            text,
            core,
            terminator: dialect.terminator,
            record: vec![0; limits.line_bytes],
            ends: vec![0; limits.fields + 1],
            unfinished: false,
            records: dialect.first_line - 1,
        }
    }

    /// The number of the record that was read last: its line, or its place where lines end in a way that editors do
    /// not count.
    fn number(&self, line: u64) -> u64 {
        if self.terminator == b'\n' { line } else { self.records }
    }

    fn next(&mut self, limits: &Limits) -> Result<Next, AnswerProblem> {
        let (mut out, mut fields) = (0, 0);
        let mut last_byte = self.terminator;
        loop {
            self.text.fill()?;
            let chunk = self.text.chunk();
            let at_end = chunk.is_empty();
            let (result, read, written, ended) =
                self.core.read_record(chunk, &mut self.record[out..], &mut self.ends[fields..]);
            if read > 0 {
                last_byte = chunk[read - 1];
            }
            self.text.advance(read);
            out += written;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty if at_end => {}
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    return Err(AnswerProblem::TooLarge {
                        kind: LimitKind::LineBytes,
                        limit: limits.line_bytes as u64,
                    });
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(AnswerProblem::TooLarge {
                        kind: LimitKind::Columns,
                        limit: limits.fields as u64,
                    });
                }
                ReadRecordResult::Record => {
                    self.records += 1;
                    self.unfinished = at_end || last_byte != self.terminator;
                    let inner = self.record[..out].iter().filter(|b| **b == b'\n').count() as u64;
                    let ended = u64::from(!self.unfinished && self.terminator == b'\n');
                    return Ok(Next::Record { fields, line: self.core.line().saturating_sub(ended + inner) });
                }
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
    }

    /// Field `index` of the current record.
    fn field(&self, index: usize, fields: usize) -> Cow<'_, str> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        let mut bytes = &self.record[start..self.ends[index]];
        if index + 1 == fields {
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        }
        String::from_utf8_lossy(bytes)
    }

    fn read(
        mut self,
        options: &CsvOptions,
        limits: &Limits,
        sink: &mut dyn RowSink,
    ) -> Result<ParseSummary, AnswerProblem> {
        let mut summary = ParseSummary::default();
        let columns = self.read_header(options, limits)?;
        if let Err(problem) = sink.columns(&columns) {
            return Err(self.search_header(problem, limits));
        }
        let mut filled: Vec<(usize, String)> = filled_columns(&options.fill_down, &columns)?
            .into_iter()
            .map(|column| (column, String::new()))
            .collect();
        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(columns.len());
        while let Next::Record { fields, line } = self.next(limits)? {
            let number = self.number(line);
            let mut row = recycle(cells);
            let mut blank = true;
            for index in 0..fields.max(columns.len()) {
                let cell = if index < fields { self.field(index, fields) } else { Cow::Borrowed("") };
                let empty = cell.trim().is_empty();
                blank &= empty;
                row.push(if empty { Cell::Empty } else { Cell::Text(cell) });
            }
            if !blank {
                fill_down(&mut filled, &mut row);
            }
            let extra = row.len() > columns.len() && row[columns.len()..].iter().any(|cell| !cell.is_blank());
            if blank {
                summary.blank += 1;
            } else if extra {
                let mut refusal = Refusal::new(number, RefusalCode::TooManyCells, &fields.to_string());
                refusal.expected = columns.len().to_string();
                refusal.raw = crate::recording::render(&columns, &row);
                sink.problem(refusal);
            } else if self.unfinished && fields < columns.len() && fields > 1 {
                let mut refusal = Refusal::new(number, RefusalCode::Unfinished, "");
                refusal.raw = crate::recording::render(&columns, &row);
                sink.problem(refusal);
            } else {
                summary.rows += 1;
                if summary.rows > limits.rows {
                    return Err(AnswerProblem::TooLarge { kind: LimitKind::Rows, limit: limits.rows });
                }
                row.truncate(columns.len());
                let seen = sink.row(&Row { number, cells: &row });
                if let ControlFlow::Break(()) = seen {
                    summary.note("stopped_early");
                    return Ok(summary);
                }
            }
            cells = recycle(row);
        }
        Ok(summary)
    }

    /// Where columns are missing, the rows that follow are looked at: what was read may be a title.
    fn search_header(&mut self, problem: AnswerProblem, limits: &Limits) -> AnswerProblem {
        let mut search = match HeaderSearch::new(problem) {
            Ok(search) => search,
            Err(problem) => return problem,
        };
        while let Ok(Next::Record { fields, line }) = self.next(limits) {
            let texts = (0..fields).map(|index| self.field(index, fields).into_owned()).collect();
            if search.look(self.number(line), texts) {
                break;
            }
        }
        search.problem()
    }

    /// The column names: the records that end at line `header_row`, or the first ones.
    fn read_header(&mut self, options: &CsvOptions, limits: &Limits) -> Result<Vec<String>, AnswerProblem> {
        let rows = options.header_rows.clamp(1, 20) as usize;
        let wanted = options.header_row.map(u64::from);
        let first = wanted.map_or(1, |last| last.saturating_sub(rows as u64 - 1));
        let mut grid: Vec<Vec<String>> = Vec::new();
        loop {
            match self.next(limits)? {
                Next::End => return Err(AnswerProblem::Empty),
                Next::Record { fields, line } => {
                    let line = self.number(line);
                    if line < first {
                        continue;
                    }
                    let names: Vec<String> =
                        (0..fields).map(|index| self.field(index, fields).into_owned()).collect();
                    let blank = names.iter().all(|name| name.trim().is_empty());
                    if blank && wanted.is_none() && grid.is_empty() {
                        continue;
                    }
                    grid.push(names);
                    let complete = match wanted {
                        Some(last) => line >= last,
                        None => grid.len() == rows,
                    };
                    if !complete {
                        continue;
                    }
                    let columns = compose(std::mem::take(&mut grid), true);
                    if columns.is_empty() {
                        return Err(AnswerProblem::Malformed {
                            detail: "the header row is empty".to_owned(),
                            at: format!("line {line}"),
                        });
                    }
                    return Ok(columns);
                }
            }
        }
    }
}
