//! Measures a packed spreadsheet before any library opens it: how many files, how large they really
//! are when unpacked (not what they claim), and how much of that would be held in memory.

use crate::{AnswerProblem, LimitKind, Limits, ReadSeek};
use std::io::{BufReader, Read, SeekFrom};
use zip::ZipArchive;

/// What kind of spreadsheet a packed file is.
pub(super) enum Container {
    Xlsx,
    Xlsb,
    Ods,
}

/// Entries below this size may have any ratio: an empty sheet packs very well.
const SMALL: u64 = 1 << 20;
/// Elements in a style sheet. Excel stops at 65,490 cell formats.
const MAX_STYLE_TAGS: u64 = 100_000;
/// Bytes of one text between two tags; the longest text of a cell is 32,767 characters.
const MAX_TEXT: usize = 1 << 20;
/// Bytes within which the table of texts must have begun.
const MAX_HEAD: usize = 64 << 10;
/// One record of a binary workbook; the longest text of a cell is 64 KiB.
const MAX_BINARY_RECORD: u32 = 1 << 20;

fn too_large(kind: LimitKind, limit: u64) -> AnswerProblem {
    AnswerProblem::TooLarge { kind, limit }
}

fn malformed(detail: &str, at: &str) -> AnswerProblem {
    AnswerProblem::Malformed { detail: detail.to_owned(), at: at.to_owned() }
}

/// Measures `body` and tells what it is.
pub(super) fn measure(body: &mut dyn ReadSeek, limits: &Limits) -> Result<Container, AnswerProblem> {
    check_directory(body, limits)?;
    body.seek(SeekFrom::Start(0))?;
    let mut archive =
        super::guarded(|| ZipArchive::new(BufReader::new(body)))?.map_err(|error| zip_problem(&error))?;
    if archive.len() > limits.entries {
        return Err(too_large(LimitKind::Entries, limits.entries as u64));
    }
    let has = |archive: &ZipArchive<_>, wanted: &str| {
        let mut names = archive.file_names();
        names.any(|name| name.is_ok_and(|name| name.trim_start_matches('/').eq_ignore_ascii_case(wanted)))
    };
    let container = if has(&archive, "xl/workbook.bin") {
        Container::Xlsb
    } else if has(&archive, "content.xml") {
        Container::Ods
    } else if has(&archive, "xl/workbook.xml") || has(&archive, "[content_types].xml") {
        Container::Xlsx
    } else {
        return Err(AnswerProblem::WrongKind {
            expected: "XLSX, XLS, XLSB or ODS".to_owned(),
            found: "ZIP".to_owned(),
        });
    };
    let mut unpacked = 0u64;
    let mut held = 0u64;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| zip_problem(&error))?;
        if entry.encrypted() {
            return Err(AnswerProblem::Encrypted);
        }
        let name = entry.name().map_err(|error| zip_problem(&error))?.trim_start_matches('/').to_lowercase();
        let packed = entry.compressed_size().max(1);
        let allowed = limits.unpacked_bytes - unpacked;
        let measured = measure_entry(&mut entry, &name, allowed, packed, limits)?;
        unpacked += measured;
        if is_held(&container, &name) {
            held += measured;
            if held > limits.held_bytes {
                return Err(too_large(LimitKind::UnpackedBytes, limits.held_bytes));
            }
        }
    }
    Ok(container)
}

/// Whether a library keeps this file in memory as a whole.
fn is_held(container: &Container, name: &str) -> bool {
    match container {
        Container::Ods => false,
        Container::Xlsx | Container::Xlsb => {
            let streamed = ["worksheets/sheet", "media/", "pivotcache/", "drawings/", "charts/"];
            !streamed.iter().any(|part| name.contains(part)) || name.ends_with(".rels")
        }
    }
}

/// Unpacks one entry into nothing, counting.
fn measure_entry(
    entry: &mut dyn Read,
    name: &str,
    allowed: u64,
    packed: u64,
    limits: &Limits,
) -> Result<u64, AnswerProblem> {
    let mut buffer = [0u8; 16 << 10];
    let (mut size, mut tags) = (0u64, 0u64);
    let styles = name.ends_with("styles.xml");
    let mut markup = name.ends_with(".xml").then(Markup::default);
    let mut head = Vec::new();
    let strings = name.ends_with("sharedstrings.xml");
    let mut records = (name.ends_with(".bin") && name.starts_with("xl/") && !name.contains("vba"))
        .then(BinaryRecords::default);
    loop {
        let read = entry.read(&mut buffer).map_err(|error| malformed(&error.to_string(), name))?;
        if read == 0 {
            if strings && !strings_head_is_sane(&head, limits) {
                return Err(malformed("the table of texts contradicts itself", name));
            }
            return Ok(size);
        }
        size += read as u64;
        if strings && head.len() < MAX_HEAD {
            head.extend_from_slice(&buffer[..read]);
        }
        if let Some(markup) = &mut markup
            && !markup.feed(&buffer[..read])
        {
            return Err(too_large(LimitKind::LineBytes, MAX_TEXT as u64));
        }
        if size > allowed {
            return Err(too_large(LimitKind::UnpackedBytes, limits.unpacked_bytes));
        }
        if size > SMALL && size / packed > limits.ratio {
            return Err(too_large(LimitKind::Ratio, limits.ratio));
        }
        if styles {
            tags += buffer[..read].iter().filter(|b| **b == b'<').count() as u64;
            if tags > MAX_STYLE_TAGS {
                return Err(too_large(LimitKind::Cells, MAX_STYLE_TAGS));
            }
        }
        if let Some(records) = &mut records
            && !records.feed(&buffer[..read])
        {
            return Err(malformed("a record is longer than any record may be", name));
        }
    }
}

/// Looks at the longest stretch without markup, which the XML reader would hold as one text.
#[derive(Default)]
struct Markup {
    run: usize,
}

impl Markup {
    fn feed(&mut self, bytes: &[u8]) -> bool {
        match (bytes.iter().position(|b| *b == b'<'), bytes.iter().rposition(|b| *b == b'<')) {
            (Some(first), Some(last)) => {
                let longest = self.run + first;
                self.run = bytes.len() - last;
                longest <= MAX_TEXT
            }
            _ => {
                self.run += bytes.len();
                self.run <= MAX_TEXT
            }
        }
    }
}

/// The library reserves room for as many texts as the table claims to have, so the claim is checked:
/// a text takes at least five bytes.
fn strings_head_is_sane(head: &[u8], limits: &Limits) -> bool {
    if head.contains(&0) {
        return false;
    }
    let text = String::from_utf8_lossy(head);
    let Some((_, rest)) = text.split_once("sst") else {
        return head.len() < MAX_HEAD;
    };
    let Some((tag, _)) = rest.split_once('>') else {
        return head.len() < MAX_HEAD;
    };
    let claims = tag.split("uniqueCount").skip(1);
    claims
        .map(|claim| claim.trim_start_matches(|c: char| c.is_whitespace() || "='\"".contains(c)))
        .map(|claim| claim.bytes().take_while(u8::is_ascii_digit).count())
        .zip(tag.split("uniqueCount").skip(1))
        .all(|(digits, claim)| {
            let start = claim.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            let number = claim.get(start..start + digits).unwrap_or("");
            number.is_empty() || number.parse::<u64>().is_ok_and(|count| count <= limits.held_bytes / 5)
        })
}

/// Reads the end-of-directory record, so that a directory of millions is refused unread.
fn check_directory(body: &mut dyn ReadSeek, limits: &Limits) -> Result<(), AnswerProblem> {
    let end = body.seek(SeekFrom::End(0))?;
    let tail = end.min(66_000);
    body.seek(SeekFrom::Start(end - tail))?;
    let mut bytes = Vec::new();
    (&mut *body).take(tail).read_to_end(&mut bytes)?;
    let mut found = false;
    for at in 0..bytes.len().saturating_sub(21) {
        if bytes[at..].starts_with(b"PK\x05\x06") {
            found = true;
            let count = u16::from_le_bytes([bytes[at + 10], bytes[at + 11]]);
            if usize::from(count) > limits.entries {
                return Err(too_large(LimitKind::Entries, limits.entries as u64));
            }
        }
    }
    if found { Ok(()) } else { Err(AnswerProblem::Truncated { at: "ZIP".to_owned() }) }
}

fn zip_problem(error: &zip::result::ZipError) -> AnswerProblem {
    let text = error.to_string();
    if text.to_lowercase().contains("password") {
        return AnswerProblem::Encrypted;
    }
    malformed(&text, "ZIP")
}

/// Walks the records of a binary part: a type of one or two bytes, a length of up to four bytes of
/// seven bits, the content.
#[derive(Default)]
struct BinaryRecords {
    /// Bytes of the current record still to skip.
    skip: u32,
    type_bytes: u8,
    in_length: bool,
    length: u32,
    shift: u32,
}

impl BinaryRecords {
    /// False when a record claims more than any real one holds.
    fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.skip > 0 {
                let step = bytes.len().min(self.skip as usize);
                self.skip -= step as u32;
                bytes = &bytes[step..];
                continue;
            }
            bytes = rest;
            if !self.in_length {
                self.type_bytes += 1;
                if byte & 0x80 == 0 || self.type_bytes == 2 {
                    self.in_length = true;
                    self.type_bytes = 0;
                }
                continue;
            }
            self.length |= u32::from(byte & 0x7f) << self.shift;
            self.shift += 7;
            if byte & 0x80 == 0 || self.shift == 28 {
                if self.length > MAX_BINARY_RECORD {
                    return false;
                }
                self.skip = self.length;
                self.in_length = false;
                self.length = 0;
                self.shift = 0;
            }
        }
        true
    }
}
