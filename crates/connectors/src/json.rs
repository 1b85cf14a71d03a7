//! JSON as small web applications send it: bare arrays, envelopes, paginators, with notices of PHP
//! before it, `status: false` behind a 200, and numbers as text.
//!
//! A body is held once; rows are read from it one at a time, so memory does not grow with nesting.

use crate::{
    AnswerProblem, Cell, LimitKind, Limits, PageReader, ParseSummary, ReadSeek, Refusal, RefusalCode, Row,
    RowSink, cell::recycle, connection::JsonOptions, refusal::cut,
};
use encoding_rs::{Encoding, WINDOWS_1252};
use hashbrown::HashMap;
use serde::de::{DeserializeSeed, Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    fmt,
    hash::BuildHasher,
    io::{Read, SeekFrom},
    ops::ControlFlow,
};

/// Objects nested deeper than this stay JSON text.
const MAX_DEPTH: usize = 8;
/// Keys under which services put their rows, in the order in which they are looked for.
const ROW_KEYS: [&str; 7] = ["data", "results", "rows", "records", "items", "result", "aaData"];
/// Places where a service says why not.
const MESSAGE_KEYS: [&str; 8] =
    ["message", "msg", "pesan", "api_message", "error_description", "detail", "error", "errors"];

/// The body as text: byte order mark off, other encodings decoded.
fn text_of(body: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[length..]).0;
    }
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        // A body cut inside a character is truncated UTF-8, which the parser reports better.
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(body),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(body).0,
    }
}

/// The JSON value in a body, and whether PHP notices stand around it.
fn value_of(text: &str) -> Result<(&str, bool), AnswerProblem> {
    let trimmed = text.trim_start();
    if trimmed.is_empty() {
        return Err(AnswerProblem::Empty);
    }
    if trimmed.starts_with(['{', '[', '"']) {
        return first_value(trimmed);
    }
    let wrong = || AnswerProblem::WrongKind {
        expected: "JSON".to_owned(),
        found: format!("“{}”", cut(trimmed, 80)),
    };
    let notice = ["Notice", "Warning", "Deprecated", "Strict Standards", "Fatal error", "Parse error"];
    let head = cut(trimmed, 65_536);
    if !notice.iter().any(|word| head.contains(word)) {
        return Err(wrong());
    }
    // A notice may itself hold brackets, so the first bracket that opens a whole value counts.
    let openings = head.char_indices().filter(|(_, c)| matches!(c, '{' | '['));
    for (at, _) in openings.take(64) {
        if let Ok((value, _)) = first_value(&trimmed[at..])
            && value.len() > 2
        {
            return Ok((value, true));
        }
    }
    Err(wrong())
}

/// The value at the start of `text`; what follows may only be space or markup.
fn first_value(text: &str) -> Result<(&str, bool), AnswerProblem> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(value)) => {
            let rest = text[values.byte_offset()..].trim();
            let notice = rest.starts_with('<') || rest.contains("Notice") || rest.contains("Warning");
            if rest.is_empty() || notice {
                Ok((value.get(), notice))
            } else {
                Err(AnswerProblem::Malformed {
                    detail: format!("unexpected “{}” after the JSON", cut(rest, 40)),
                    at: format!("byte {}", values.byte_offset()),
                })
            }
        }
        Some(Err(error)) => Err(broken(&error)),
        None => Err(AnswerProblem::Empty),
    }
}

fn broken(error: &serde_json::Error) -> AnswerProblem {
    let at = format!("line {}, column {}", error.line(), error.column());
    if error.is_eof() {
        AnswerProblem::Truncated { at }
    } else {
        AnswerProblem::Malformed { detail: error.to_string(), at }
    }
}

/// Calls `each` for every entry of an object.
struct Entries<F>(F);

impl<'de, F: FnMut(String, &'de RawValue) -> bool> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            if !(self.0)(key, value) {
                break;
            }
        }
        Ok(())
    }
}

/// Calls `each` for every element of an array.
struct Elements<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> bool> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<&RawValue>()? {
            if !(self.0)(value) {
                break;
            }
        }
        Ok(())
    }
}

impl<'de, F: FnMut(&'de RawValue) -> bool> DeserializeSeed<'de> for Elements<F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

/// Walks an object until `each` returns false. The text was checked before, so the error of an early
/// end is of no interest.
fn entries<'de>(raw: &'de str, each: impl FnMut(String, &'de RawValue) -> bool) {
    let _ = serde_json::Deserializer::from_str(raw).deserialize_map(Entries(each));
}

/// Walks an array until `each` returns false.
fn elements<'de>(raw: &'de str, each: impl FnMut(&'de RawValue) -> bool) {
    let _ = serde_json::Deserializer::from_str(raw).deserialize_seq(Elements(each));
}

/// The entry `key` of an object.
fn get<'de>(raw: &'de str, key: &str) -> Option<&'de str> {
    if !raw.starts_with('{') {
        return None;
    }
    let mut found = None;
    entries(raw, |name, value| {
        if name == key {
            found = Some(value.get());
        }
        found.is_none()
    });
    found
}

/// The value at a dotted path.
pub(crate) fn at_path<'de>(raw: &'de str, path: &str) -> Option<&'de str> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(raw, |raw, part| get(raw, part))
}

/// A scalar as plain text; nothing for `null`, objects and arrays.
pub(crate) fn scalar(raw: &str) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(raw.to_owned()),
    }
}

/// What a JSON error body says, if it says something: CKAN's envelope, Laravel's, a bare string.
pub(crate) fn message_of(body: &[u8]) -> Option<String> {
    let text = text_of(body);
    let (raw, _) = value_of(&text).ok()?;
    message_in(raw, 0)
}

fn message_in(raw: &str, depth: usize) -> Option<String> {
    if depth > 3 {
        return None;
    }
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(raw)
            .ok()
            .map(|text| cut(text.trim(), 300))
            .filter(|text| !text.is_empty()),
        b'{' => {
            let named = MESSAGE_KEYS
                .iter()
                .find_map(|key| get(raw, key).and_then(|value| message_in(value, depth + 1)));
            // A validation error has the fields' names as keys: {"rows": ["Invalid integer"]}.
            named.or_else(|| {
                let mut parts = Vec::new();
                entries(raw, |key, value| {
                    let list = value.get().starts_with('[');
                    if list
                        && depth > 0
                        && let Some(text) = message_in(value.get(), depth + 1)
                    {
                        parts.push(format!("{key}: {text}"));
                    }
                    parts.len() < 5
                });
                (!parts.is_empty()).then(|| parts.join("; "))
            })
        }
        b'[' => {
            let mut first = None;
            elements(raw, |value| {
                first = message_in(value.get(), depth + 1);
                first.is_none()
            });
            first
        }
        _ => None,
    }
}

/// Whether an answer with status 200 says no.
fn refusal_of(raw: &str) -> Option<AnswerProblem> {
    if !raw.starts_with('{') {
        return None;
    }
    let no = |value: &str| {
        let text = scalar(value).unwrap_or_default().to_lowercase();
        ["false", "error", "fail", "failed", "gagal", "nok"].contains(&text.as_str())
            || text.parse::<u32>().is_ok_and(|code| (400..600).contains(&code))
    };
    let zero = |value: &str| scalar(value).is_some_and(|text| text == "0");
    let mut refused = false;
    entries(raw, |key, value| {
        refused |= match key.as_str() {
            "success" | "api_status" => no(value.get()) || zero(value.get()),
            "status" | "code" | "ok" => no(value.get()),
            _ => false,
        };
        !refused
    });
    refused.then(|| AnswerProblem::Refused { message: message_in(raw, 0).unwrap_or_else(|| cut(raw, 200)) })
}

/// Refuses bodies that are not JSON, that break off, or that say no.
pub(crate) fn judge_body(body: &[u8]) -> Result<(), AnswerProblem> {
    let text = text_of(body);
    let (raw, _) = value_of(&text)?;
    match refusal_of(raw) {
        Some(problem) => Err(problem),
        None if raw.starts_with('"') => {
            Err(AnswerProblem::Refused { message: scalar(raw).unwrap_or_default() })
        }
        None => Ok(()),
    }
}

/// The array of rows in an answer.
fn rows_in<'a>(raw: &'a str, options: &JsonOptions) -> Result<&'a str, AnswerProblem> {
    let missing = |path: &str| {
        let mut keys = Vec::new();
        if raw.starts_with('{') {
            entries(raw, |key, _| {
                keys.push(cut(&key, 60));
                keys.len() < 20
            });
        }
        AnswerProblem::NoRows { path: path.to_owned(), keys }
    };
    if let Some(path) = &options.rows {
        return at_path(raw, path).filter(|found| found.starts_with('[')).ok_or_else(|| missing(path));
    }
    if raw.starts_with('[') {
        return Ok(raw);
    }
    for key in ROW_KEYS {
        match get(raw, key) {
            Some(found) if found.starts_with('[') => return Ok(found),
            Some(inner) if inner.starts_with('{') => {
                let nested =
                    ROW_KEYS.iter().filter_map(|key| get(inner, key)).find(|found| found.starts_with('['));
                if let Some(found) = nested {
                    return Ok(found);
                }
            }
            _ => {}
        }
    }
    Err(missing("data"))
}

/// A page's JSON value as owned text, for the paging rules.
pub(crate) fn page_value(body: &[u8]) -> Result<String, AnswerProblem> {
    let text = text_of(body);
    value_of(&text).map(|(raw, _)| raw.to_owned())
}

/// How many rows a page's value holds.
pub(crate) fn count_rows(raw: &str, options: &JsonOptions) -> Result<usize, AnswerProblem> {
    let rows = rows_in(raw, options)?;
    let mut count = 0;
    elements(rows, |_| {
        count += 1;
        true
    });
    Ok(count)
}

/// Calls `each` with the dotted name and value of every scalar of a record.
fn flatten<'de>(
    raw: &'de str,
    prefix: &str,
    depth: usize,
    each: &mut dyn FnMut(&str, &'de str) -> bool,
) -> bool {
    let mut go_on = true;
    if raw.starts_with('[') && depth == 0 {
        let mut position = 0;
        elements(raw, |value| {
            position += 1;
            go_on = each(&format!("#{position}"), value.get());
            go_on
        });
        return go_on;
    }
    entries(raw, |key, value| {
        let nested = value.get().starts_with('{') && depth < MAX_DEPTH;
        let name = if prefix.is_empty() { Cow::Owned(key) } else { Cow::Owned(format!("{prefix}.{key}")) };
        go_on = if nested { flatten(value.get(), &name, depth + 1, each) } else { each(&name, value.get()) };
        go_on
    });
    go_on
}

/// The cell that a JSON value becomes.
pub(crate) fn cell_of(raw: &str) -> Cell<'_> {
    match raw.as_bytes().first() {
        None | Some(b'n') => Cell::Empty,
        Some(b't') => Cell::Bool(true),
        Some(b'f') => Cell::Bool(false),
        Some(b'"') => match serde_json::from_str::<BorrowedText<'_>>(raw) {
            Ok(text) if text.0.is_empty() => Cell::Empty,
            Ok(text) => Cell::Text(text.0),
            Err(_) => Cell::Text(Cow::Borrowed(raw)),
        },
        Some(b'{' | b'[') => Cell::Text(Cow::Borrowed(raw)),
        _ => match (raw.parse::<i64>(), raw.parse::<f64>()) {
            (Ok(whole), _) => Cell::Int(whole),
            (_, Ok(number)) if number.is_finite() => Cell::Number(number),
            _ => Cell::Text(Cow::Borrowed(raw)),
        },
    }
}

/// A text that borrows from the body where it has no escapes.
#[derive(serde::Deserialize)]
struct BorrowedText<'a>(#[serde(borrow)] Cow<'a, str>);

fn read_body(body: &mut dyn ReadSeek, limits: &Limits) -> Result<Vec<u8>, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    (&mut *body).take(limits.json_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.json_bytes {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::Bytes, limit: limits.json_bytes });
    }
    Ok(bytes)
}

/// The columns found so far.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    index: HashMap<String, usize>,
}

/// Reads all pages into `sink`. The pages are walked twice: a key may first appear in the last record,
/// and the sink wants all columns before the first row.
pub(crate) fn parse(
    options: &JsonOptions,
    pages: &mut [PageReader<'_>],
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    let mut summary = ParseSummary::default();
    let mut columns = Columns::default();
    let mut last_hash = None;
    let hasher = hashbrown::DefaultHashBuilder::default();
    for page in pages.iter_mut() {
        let body = read_body(page.body, limits)?;
        let hash = hasher.hash_one(&body);
        if last_hash == Some(hash) {
            return Err(AnswerProblem::PagesRepeat { url: crate::request::without_query(&page.url) });
        }
        last_hash = Some(hash);
        let text = text_of(&body);
        let (raw, notices) = value_of(&text)?;
        if notices {
            summary.note("php_notice_around_json");
        }
        if let Some(problem) = refusal_of(raw) {
            return Err(problem);
        }
        collect_columns(rows_in(raw, options)?, &mut columns, limits)?;
    }
    if columns.names.is_empty() {
        return Ok(summary);
    }
    sink.columns(&columns.names)?;
    let mut number = 0;
    for page in pages.iter_mut() {
        let body = read_body(page.body, limits)?;
        let text = text_of(&body);
        let (raw, _) = value_of(&text)?;
        let rows = rows_in(raw, options)?;
        emit_rows(rows, &columns, &mut number, limits, &mut summary, sink)?;
        if summary.notes.contains(&"stopped_early") {
            break;
        }
    }
    Ok(summary)
}

fn collect_columns(rows: &str, columns: &mut Columns, limits: &Limits) -> Result<(), AnswerProblem> {
    elements(rows, |row| {
        flatten(row.get(), "", 0, &mut |name, _| {
            if !columns.index.contains_key(name) {
                columns.index.insert(name.to_owned(), columns.names.len());
                columns.names.push(name.to_owned());
            }
            columns.names.len() <= limits.json_columns
        })
    });
    if columns.names.len() > limits.json_columns {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::Columns, limit: limits.json_columns as u64 });
    }
    Ok(())
}

fn emit_rows(
    rows: &str,
    columns: &Columns,
    number: &mut u64,
    limits: &Limits,
    summary: &mut ParseSummary,
    sink: &mut dyn RowSink,
) -> Result<(), AnswerProblem> {
    let mut cells: Vec<Cell<'_>> = Vec::with_capacity(columns.names.len());
    let mut too_many = false;
    elements(rows, |raw| {
        *number += 1;
        let raw = raw.get();
        if !raw.starts_with(['{', '[']) {
            let mut refusal = Refusal::new(*number, RefusalCode::NotARow, raw);
            refusal.raw = cut(raw, 4_000);
            sink.problem(refusal);
            return true;
        }
        let mut row = recycle(std::mem::take(&mut cells));
        row.resize(columns.names.len(), Cell::Empty);
        flatten(raw, "", 0, &mut |name, value| {
            if let Some(at) = columns.index.get(name) {
                row[*at] = cell_of(value);
            }
            true
        });
        if row.iter().all(Cell::is_blank) {
            summary.blank += 1;
            cells = recycle(row);
            return true;
        }
        summary.rows += 1;
        if summary.rows > limits.rows {
            too_many = true;
            return false;
        }
        let seen = sink.row(&Row { number: *number, cells: &row });
        cells = recycle(row);
        if let ControlFlow::Break(()) = seen {
            summary.note("stopped_early");
            return false;
        }
        true
    });
    if too_many {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::Rows, limit: limits.rows });
    }
    Ok(())
}
