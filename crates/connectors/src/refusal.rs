//! A row kept aside, with the reason in words.

use pendopo_vocab::Lang;
use serde::{Deserialize, Serialize};

/// Why a row is refused. The word is stored and shown to machines; people read the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The region's cell is empty.
    RegionEmpty,
    /// Not a region code as declared.
    RegionMalformed,
    /// No such code or name.
    RegionUnknown,
    /// Several regions have this name.
    RegionAmbiguous,
    /// The region lies outside the center's area.
    RegionOutside,
    /// A finer region than the indicator is reported for.
    RegionTooFine,
    /// The period's cell is empty.
    PeriodEmpty,
    /// Not a date or period as declared.
    PeriodMalformed,
    /// No such day in the calendar.
    PeriodImpossible,
    /// Coarser than the indicator's cadence.
    PeriodTooCoarse,
    /// More than a year ahead.
    PeriodFuture,
    /// A value that must be there is not.
    ValueEmpty,
    /// Not a number as declared.
    ValueMalformed,
    /// Not a finite number.
    ValueNotFinite,
    /// Smaller than allowed.
    ValueTooSmall,
    /// Larger than allowed.
    ValueTooLarge,
    /// A formula that failed.
    CellError,
    /// The cell that splits the figure is empty.
    BreakdownEmpty,
    /// The cell that names the row is empty.
    KeyEmpty,
    /// The cell that names the row is a number whose last digits are lost.
    KeyDigits,
    /// Another row says something else for the same region, period and breakdown.
    Duplicate,
    /// More cells than columns.
    TooManyCells,
    /// The text ends inside the row.
    Unfinished,
    /// Not a row of the expected form.
    NotARow,
    /// A column that is read holds a value that names a person.
    PersonalValue,
}

impl RefusalCode {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalCode::RegionEmpty => "region_empty",
            RefusalCode::RegionMalformed => "region_malformed",
            RefusalCode::RegionUnknown => "region_unknown",
            RefusalCode::RegionAmbiguous => "region_ambiguous",
            RefusalCode::RegionOutside => "region_outside",
            RefusalCode::RegionTooFine => "region_too_fine",
            RefusalCode::PeriodEmpty => "period_empty",
            RefusalCode::PeriodMalformed => "period_malformed",
            RefusalCode::PeriodImpossible => "period_impossible",
            RefusalCode::PeriodTooCoarse => "period_too_coarse",
            RefusalCode::PeriodFuture => "period_future",
            RefusalCode::ValueEmpty => "value_empty",
            RefusalCode::ValueMalformed => "value_malformed",
            RefusalCode::ValueNotFinite => "value_not_finite",
            RefusalCode::ValueTooSmall => "value_too_small",
            RefusalCode::ValueTooLarge => "value_too_large",
            RefusalCode::CellError => "cell_error",
            RefusalCode::BreakdownEmpty => "breakdown_empty",
            RefusalCode::KeyEmpty => "key_empty",
            RefusalCode::KeyDigits => "key_digits",
            RefusalCode::Duplicate => "duplicate",
            RefusalCode::TooManyCells => "too_many_cells",
            RefusalCode::Unfinished => "unfinished",
            RefusalCode::NotARow => "not_a_row",
            RefusalCode::PersonalValue => "personal_value",
        }
    }
}

/// A refused row: where, what was found, what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Row number as the operator sees it; 0 for a figure made of several rows.
    pub row_no: u64,
    /// The column at fault, if one is.
    pub column: Option<String>,
    /// Why.
    pub code: RefusalCode,
    /// What was found there, cut to 200 characters.
    pub found: String,
    /// What would have been right: a bound, a format's example, an area, an earlier row.
    pub expected: String,
    /// Likely right values, best first.
    pub suggestions: Vec<String>,
    /// The whole row as text: `column: value | column: value`, cut to 4,000 characters.
    pub raw: String,
}

/// The text cut at a character boundary, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Refusal {
    /// A refusal without details.
    pub(crate) fn new(row_no: u64, code: RefusalCode, found: &str) -> Refusal {
        Refusal {
            row_no,
            column: None,
            code,
            found: cut(found, 200),
            expected: String::new(),
            suggestions: Vec::new(),
            raw: String::new(),
        }
    }

    /// A sentence for the operator: row and column, what was found, what is expected, a suggestion.
    pub fn sentence(&self, lang: Lang) -> String {
        let place = match (lang, self.row_no, &self.column) {
            (Lang::Id, 0, None) => "Gabungan beberapa baris".to_owned(),
            (Lang::En, 0, None) => "Several rows together".to_owned(),
            (Lang::Id, 0, Some(column)) => format!("Gabungan beberapa baris, kolom “{column}”"),
            (Lang::En, 0, Some(column)) => format!("Several rows together, column “{column}”"),
            (Lang::Id, row, None) => format!("Baris {row}"),
            (Lang::En, row, None) => format!("Row {row}"),
            (Lang::Id, row, Some(column)) => format!("Baris {row}, kolom “{column}”"),
            (Lang::En, row, Some(column)) => format!("Row {row}, column “{column}”"),
        };
        let what = match lang {
            Lang::Id => self.what_id(),
            Lang::En => self.what_en(),
        };
        let hint = match (lang, self.suggestions.as_slice()) {
            (_, []) => String::new(),
            (Lang::Id, list) => format!(" Mungkin maksudnya: {}.", list.join("; ")),
            (Lang::En, list) => format!(" Perhaps: {}.", list.join("; ")),
        };
        format!("{place}: {what}{hint}")
    }

    fn what_id(&self) -> String {
        let (found, expected) = (&self.found, &self.expected);
        match self.code {
            RefusalCode::RegionEmpty => "kode atau nama wilayah kosong.".to_owned(),
            RefusalCode::RegionMalformed => {
                format!("“{found}” bukan kode wilayah; seharusnya seperti {expected}.")
            }
            RefusalCode::RegionUnknown => format!("wilayah “{found}” tidak dikenal di {expected}."),
            RefusalCode::RegionAmbiguous => {
                format!("beberapa wilayah bernama “{found}”; sebutkan induknya atau pakai kode.")
            }
            RefusalCode::RegionOutside => format!("wilayah “{found}” di luar {expected}."),
            RefusalCode::RegionTooFine => {
                format!("wilayah “{found}” lebih rinci daripada tingkat indikator {expected}.")
            }
            RefusalCode::PeriodEmpty => "tanggal atau periode kosong.".to_owned(),
            RefusalCode::PeriodMalformed => {
                format!("“{found}” bukan tanggal atau periode; ditulis seperti {expected}.")
            }
            RefusalCode::PeriodImpossible => format!("“{found}” tidak ada di kalender."),
            RefusalCode::PeriodTooCoarse => {
                format!("“{found}” terlalu kasar; indikator ini dilaporkan per {expected}.")
            }
            RefusalCode::PeriodFuture => {
                format!("“{found}” lebih dari setahun di depan; tahunnya keliru?")
            }
            RefusalCode::ValueEmpty => "nilai kosong, padahal wajib diisi.".to_owned(),
            RefusalCode::ValueMalformed => {
                format!("“{found}” bukan angka; di kolom ini ditulis seperti {expected}.")
            }
            RefusalCode::ValueNotFinite => {
                format!("“{found}” bukan bilangan yang dapat disimpan.")
            }
            RefusalCode::ValueTooSmall => {
                format!("nilai {found} lebih kecil dari batas {expected}.")
            }
            RefusalCode::ValueTooLarge => {
                format!("nilai {found} lebih besar dari batas {expected}.")
            }
            RefusalCode::CellError => format!("rumus gagal dan menghasilkan {found}; perbaiki."),
            RefusalCode::BreakdownEmpty => "rincian kosong.".to_owned(),
            RefusalCode::KeyEmpty => "pengenal baris kosong.".to_owned(),
            RefusalCode::KeyDigits => format!(
                "pengenal {found} tersimpan sebagai angka, dan lembar kerja hanya menyimpan 15 digit; digit terakhirnya hilang. Jadikan kolom ini teks, lalu isi ulang."
            ),
            RefusalCode::Duplicate => format!(
                "nilai {found} berbeda dari yang sudah disebut di baris {expected} untuk wilayah, periode dan rincian yang sama."
            ),
            RefusalCode::TooManyCells => format!(
                "ada {found} sel untuk {expected} kolom; pemisah di dalam teks harus diapit tanda kutip."
            ),
            RefusalCode::Unfinished => {
                "berkas terputus di tengah baris ini; kirim ulang seluruhnya.".to_owned()
            }
            RefusalCode::NotARow => format!("“{found}” bukan baris data."),
            RefusalCode::PersonalValue => format!(
                "berisi data pribadi {found}, padahal kolom ini dibaca; nilainya tidak disimpan. Perbaiki berkas atau nyatakan kolom ini di paket."
            ),
        }
    }

    fn what_en(&self) -> String {
        let (found, expected) = (&self.found, &self.expected);
        match self.code {
            RefusalCode::RegionEmpty => "the region's code or name is empty.".to_owned(),
            RefusalCode::RegionMalformed => {
                format!("“{found}” is not a region code; expected such as {expected}.")
            }
            RefusalCode::RegionUnknown => format!("no region “{found}” is known in {expected}."),
            RefusalCode::RegionAmbiguous => {
                format!("several regions are named “{found}”; name the parent or use codes.")
            }
            RefusalCode::RegionOutside => format!("region “{found}” lies outside {expected}."),
            RefusalCode::RegionTooFine => {
                format!("region “{found}” is finer than the level of indicator {expected}.")
            }
            RefusalCode::PeriodEmpty => "the date or period is empty.".to_owned(),
            RefusalCode::PeriodMalformed => {
                format!("“{found}” is not a date or period; it is written such as {expected}.")
            }
            RefusalCode::PeriodImpossible => format!("“{found}” is not a day of the calendar."),
            RefusalCode::PeriodTooCoarse => {
                format!("“{found}” is too coarse; this indicator is reported by {expected}.")
            }
            RefusalCode::PeriodFuture => {
                format!("“{found}” is more than a year ahead; is the year right?")
            }
            RefusalCode::ValueEmpty => "the value is empty but required.".to_owned(),
            RefusalCode::ValueMalformed => {
                format!("“{found}” is not a number; this column is written such as {expected}.")
            }
            RefusalCode::ValueNotFinite => format!("“{found}” is not a number that can be kept."),
            RefusalCode::ValueTooSmall => format!("{found} is below the bound {expected}."),
            RefusalCode::ValueTooLarge => format!("{found} is above the bound {expected}."),
            RefusalCode::CellError => format!("the formula failed with {found}; repair it."),
            RefusalCode::BreakdownEmpty => "the breakdown is empty.".to_owned(),
            RefusalCode::KeyEmpty => "the row's identifier is empty.".to_owned(),
            RefusalCode::KeyDigits => format!(
                "the identifier {found} is kept as a number, of which spreadsheets keep 15 digits; its last digits are lost. Make the column text and enter them again."
            ),
            RefusalCode::Duplicate => format!(
                "{found} differs from what row {expected} said for the same region, period and breakdown."
            ),
            RefusalCode::TooManyCells => format!(
                "{found} cells for {expected} columns; a separator inside a text needs quotes around it."
            ),
            RefusalCode::Unfinished => {
                "the file breaks off inside this row; send it again as a whole.".to_owned()
            }
            RefusalCode::NotARow => format!("“{found}” is not a row of data."),
            RefusalCode::PersonalValue => format!(
                "holds personal data {found} in a column that is read; the value is not kept. Repair the file or declare the column in the pack."
            ),
        }
    }
}
