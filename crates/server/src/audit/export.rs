//! Entries as files: CSV for a spreadsheet, JSON Lines for programs and for checking the chain elsewhere.

use super::store::{Filter, StoredEntry, for_each_entry};
use crate::spreadsheet;
use jiff::{Timestamp, tz::TimeZone};
use pendopo_figures::{DbError, Reader};
use std::io::{BufWriter, Write};

/// Form of an exported log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For a spreadsheet, with a byte order mark; times in the center's zone.
    Csv,
    /// One JSON object a line, with hashes; times as Unix milliseconds, as they are hashed.
    JsonLines,
}

impl Form {
    /// Ending of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Form::Csv => "csv",
            Form::JsonLines => "jsonl",
        }
    }

    /// Media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Csv => "text/csv; charset=utf-8",
            Form::JsonLines => "application/jsonl; charset=utf-8",
        }
    }
}

const CSV_HEAD: [&str; 13] = [
    "nomor",
    "waktu",
    "pelaku",
    "jenis_pelaku",
    "peran",
    "akun",
    "alamat",
    "tindakan",
    "jenis_objek",
    "objek",
    "hasil",
    "rincian",
    "sidik",
];

/// Writes the entries of a filter in the order of their numbers; gives how many.
///
/// # Errors
/// The database's, or the writer's as [`DbError::Other`].
pub fn write_entries(
    reader: &mut Reader<'_>,
    filter: &Filter,
    form: Form,
    zone: &TimeZone,
    out: &mut dyn Write,
) -> Result<u64, DbError> {
    let failed = |error: &dyn std::fmt::Display| DbError::Other(error.to_string());
    let mut out = BufWriter::new(out);
    let mut count = 0;
    match form {
        Form::Csv => {
            out.write_all(b"\xef\xbb\xbf").map_err(|error| failed(&error))?;
            let mut writer = csv::Writer::from_writer(&mut out);
            writer.write_record(CSV_HEAD).map_err(|error| failed(&error))?;
            for_each_entry(reader, filter, |entry| {
                count += 1;
                writer.write_record(csv_record(entry, zone)).map_err(|error| failed(&error))
            })?;
            writer.flush().map_err(|error| failed(&error))?;
        }
        Form::JsonLines => for_each_entry(reader, filter, |entry| {
            count += 1;
            writeln!(out, "{}", line_of(entry)).map_err(|error| failed(&error))
        })?,
    }
    out.flush().map_err(|error| failed(&error))?;
    Ok(count)
}

fn harmless(text: &str) -> String {
    spreadsheet::harmless(text).into_owned()
}

fn csv_record(entry: &StoredEntry, zone: &TimeZone) -> [String; 13] {
    let at = Timestamp::from_millisecond(entry.at_ms).unwrap_or_default().to_zoned_datetime(zone.clone());
    let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default());
    [
        entry.number.to_string(),
        at.strftime("%Y-%m-%d %H:%M:%S %z").to_string(),
        harmless(&entry.actor),
        harmless(&entry.actor_kind),
        text(&entry.actor_role),
        entry.account_id.map_or_else(String::new, |id| id.to_string()),
        text(&entry.address),
        harmless(&entry.action),
        text(&entry.object_kind),
        text(&entry.object_code),
        harmless(&entry.outcome),
        harmless(&entry.detail),
        entry.hash.to_string(),
    ]
}

/// The columns under their own names as a line of JSON, with both hashes: all that is needed to check the chain
/// elsewhere.
pub(super) fn line_of(entry: &StoredEntry) -> String {
    let columns = serde_json::json!({
        "number": entry.number,
        "at_ms": entry.at_ms,
        "actor": entry.actor,
        "actor_kind": entry.actor_kind,
        "actor_role": entry.actor_role,
        "account_id": entry.account_id,
        "address": entry.address,
        "action": entry.action,
        "object_kind": entry.object_kind,
        "object_code": entry.object_code,
        "outcome": entry.outcome,
        // As text: it is hashed byte for byte.
        "detail": entry.detail,
        "previous_hash": entry.previous.to_string(),
        "hash": entry.hash.to_string(),
    });
    columns.to_string()
}
