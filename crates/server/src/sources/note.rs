//! What a good run has to say besides its figures: things that hindered nothing and that somebody should
//! look at.

use pendopo_figures::{DbError, Reader, Tx};
use pendopo_vocab::Lang;
use serde::{Deserialize, Serialize};

/// One remark on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunNote {
    /// An oddity of the answer's form, as the parser names it.
    Form(String),
    /// No row met the conditions of a value: its indicator got no figure.
    NoSuchRow {
        /// Name of the indicator.
        indicator: String,
        /// The conditions in words.
        wanted: String,
        /// What follows from it, in the pack's own words.
        absent: Option<String>,
    },
    /// Rows there were, but nothing in them to read.
    NoValue {
        /// Name of the indicator.
        indicator: String,
        /// The column.
        column: String,
        /// What follows from it, in the pack's own words.
        absent: Option<String>,
    },
}

impl RunNote {
    /// For people.
    pub fn sentence(&self, lang: Lang) -> String {
        let with = |text: String, absent: &Option<String>| match absent {
            Some(absent) => format!("{text} {absent}"),
            None => text,
        };
        match (self, lang) {
            (RunNote::Form(code), _) => form(code, lang),
            (RunNote::NoSuchRow { indicator, wanted, absent }, Lang::Id) => with(
                format!("Tidak satu baris pun dengan {wanted}; “{indicator}” tidak mendapat angka."),
                absent,
            ),
            (RunNote::NoSuchRow { indicator, wanted, absent }, Lang::En) => {
                with(format!("Not one row with {wanted}; “{indicator}” gets no figure."), absent)
            }
            (RunNote::NoValue { indicator, column, absent }, Lang::Id) => with(
                format!("Kolom “{column}” tidak berisi angka; “{indicator}” tidak mendapat angka."),
                absent,
            ),
            (RunNote::NoValue { indicator, column, absent }, Lang::En) => {
                with(format!("Column “{column}” holds no number; “{indicator}” gets no figure."), absent)
            }
        }
    }
}

fn form(code: &str, lang: Lang) -> String {
    let known = match (code, lang) {
        ("cells_beside_the_table", Lang::Id) => "Ada isian di luar tabel; tidak dibaca.",
        ("cells_beside_the_table", Lang::En) => "There is text beside the table; it is not read.",
        ("php_notice_around_json", Lang::Id) => {
            "Layanan mencetak peringatan PHP di sekitar JSON; pemilik aplikasi perlu memperbaikinya."
        }
        ("php_notice_around_json", Lang::En) => {
            "The service prints PHP notices around its JSON; its owner should repair that."
        }
        ("digits_lost", Lang::Id) => {
            "Ada nomor lebih dari 15 digit (seperti NIK) yang tersimpan sebagai angka; lembar kerja mengganti digit terakhirnya dengan 0. Jadikan kolom itu teks, lalu isi ulang."
        }
        ("digits_lost", Lang::En) => {
            "There are numbers of more than 15 digits (such as a NIK) kept as numbers; spreadsheets replace their last digits by 0. Make the column text and enter them again."
        }
        ("stopped_early", Lang::Id) => "Pembacaan dihentikan sebelum akhir.",
        ("stopped_early", Lang::En) => "Reading stopped before the end.",
        _ => return code.replace('_', " "),
    };
    known.to_owned()
}

/// Keeps what a run has to say.
///
/// # Errors
/// The database's.
pub fn put_notes(tx: &mut Tx<'_>, run_id: i64, notes: &[RunNote]) -> Result<(), DbError> {
    if notes.is_empty() {
        return Ok(());
    }
    let text = serde_json::to_string(notes).map_err(|error| DbError::Other(error.to_string()))?;
    tx.execute(
        "insert into run_note (run_id, notes) values ($1, $2) on conflict (run_id) do update set notes = excluded.notes",
        &[run_id.into(), text.into()],
    )?;
    Ok(())
}

/// What a run had to say.
///
/// # Errors
/// The database's.
pub fn read_notes(reader: &mut Reader<'_>, run_id: i64) -> Result<Vec<RunNote>, DbError> {
    let text: Option<String> =
        reader
            .query_opt("select notes from run_note where run_id = $1", &[run_id.into()], |row| row.get(0))?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}
