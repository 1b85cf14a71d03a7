//! Why an answer as a whole cannot be used, in words for the people who must act.

use pendopo_vocab::Lang;
use serde::{Deserialize, Serialize};

/// A bound that an answer exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Rows.
    Rows,
    /// Cells of a spreadsheet.
    Cells,
    /// Columns.
    Columns,
    /// Bytes of one line.
    LineBytes,
    /// Bytes of the answer.
    Bytes,
    /// Bytes after unpacking.
    UnpackedBytes,
    /// Unpacked over packed size.
    Ratio,
    /// Files inside a packed file.
    Entries,
    /// Pages of an answer.
    Pages,
}

/// A column that the mapping needs and the answer no longer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingColumn {
    /// The name in the mapping.
    pub column: String,
    /// The column that has probably taken its place.
    pub likely: Option<String>,
}

/// How an answer's columns differ from what the mapping needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Drift {
    /// Columns that are gone.
    pub missing: Vec<MissingColumn>,
    /// Columns that are there, but in which not one value can be read as declared.
    pub unreadable: Vec<String>,
    /// The columns of the answer.
    pub found: Vec<String>,
    /// The row in which the missing columns stand, below a title that was taken for the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
}

/// Why an answer as a whole cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AnswerProblem {
    /// The service does not let the center in: a key is wrong or expired, a wall stands before it, or
    /// a page asks for a login.
    Blocked {
        /// HTTP status.
        status: u16,
        /// Address asked.
        url: String,
    },
    /// Nothing is at the address any more (404, 410).
    Gone {
        /// HTTP status.
        status: u16,
        /// Address asked.
        url: String,
    },
    /// The service is in trouble (429, 5xx) and should be asked again later.
    Unavailable {
        /// HTTP status.
        status: u16,
        /// Address asked.
        url: String,
    },
    /// Another HTTP status that is no answer.
    Status {
        /// HTTP status.
        status: u16,
        /// Address asked.
        url: String,
    },
    /// The service answered, and said no.
    Refused {
        /// What it said.
        message: String,
    },
    /// Something else than declared, such as a web page instead of JSON.
    WrongKind {
        /// What the pack declares.
        expected: String,
        /// What came.
        found: String,
    },
    /// The columns are not those that the mapping needs.
    Changed(Drift),
    /// No list of rows is where it should be.
    NoRows {
        /// Where it was looked for.
        path: String,
        /// What the answer has.
        keys: Vec<String>,
    },
    /// The sheet is not there.
    NoSheet {
        /// The sheet that the pack names.
        sheet: String,
        /// The visible sheets.
        sheets: Vec<String>,
    },
    /// Not well-formed.
    Malformed {
        /// What is wrong, in English, as the parser says it.
        detail: String,
        /// Line, page or sheet.
        at: String,
    },
    /// Ends before it is complete.
    Truncated {
        /// Where it ends.
        at: String,
    },
    /// More than is accepted.
    TooLarge {
        /// Which bound.
        kind: LimitKind,
        /// The bound.
        limit: u64,
    },
    /// Nothing, or no rows.
    Empty,
    /// Protected by a password.
    Encrypted,
    /// Pages that lead in a circle or repeat.
    PagesRepeat {
        /// Where to.
        url: String,
    },
    /// A page on another host, which is not followed.
    OtherHost {
        /// Host of the source.
        expected: String,
        /// Host of the next page.
        found: String,
    },
    /// The reader given by the caller failed.
    Unreadable {
        /// The system's words.
        detail: String,
    },
}

impl AnswerProblem {
    /// A stable word for machines and message keys.
    pub fn code(&self) -> &'static str {
        match self {
            AnswerProblem::Blocked { .. } => "blocked",
            AnswerProblem::Gone { .. } => "gone",
            AnswerProblem::Unavailable { .. } => "unavailable",
            AnswerProblem::Status { .. } => "status",
            AnswerProblem::Refused { .. } => "refused",
            AnswerProblem::WrongKind { .. } => "wrong_kind",
            AnswerProblem::Changed(_) => "changed",
            AnswerProblem::NoRows { .. } => "no_rows",
            AnswerProblem::NoSheet { .. } => "no_sheet",
            AnswerProblem::Malformed { .. } => "malformed",
            AnswerProblem::Truncated { .. } => "truncated",
            AnswerProblem::TooLarge { .. } => "too_large",
            AnswerProblem::Empty => "empty",
            AnswerProblem::Encrypted => "encrypted",
            AnswerProblem::PagesRepeat { .. } => "pages_repeat",
            AnswerProblem::OtherHost { .. } => "other_host",
            AnswerProblem::Unreadable { .. } => "unreadable",
        }
    }

    /// Whether the form of the answer has changed, so that the mapping must be looked at: the
    /// source's state is "changed".
    pub fn is_change(&self) -> bool {
        matches!(
            self,
            AnswerProblem::Changed(_)
                | AnswerProblem::NoRows { .. }
                | AnswerProblem::NoSheet { .. }
                | AnswerProblem::WrongKind { .. }
        )
    }

    /// Whether the service keeps the center out: the source's state is "blocked".
    pub fn is_block(&self) -> bool {
        matches!(self, AnswerProblem::Blocked { .. })
    }

    /// Whether asking again soon may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, AnswerProblem::Unavailable { .. } | AnswerProblem::Truncated { .. })
    }

    /// What is wrong and what to do, for people.
    pub fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::Id => self.sentence_id(),
            Lang::En => self.sentence_en(),
        }
    }

    fn sentence_id(&self) -> String {
        match self {
            AnswerProblem::Blocked { status, url } => format!(
                "Layanan menolak akses ({status}) di {url}. Periksa kunci atau kata sandi, dan minta pengelola layanan membuka akses."
            ),
            AnswerProblem::Gone { status, url } => format!(
                "Alamat {url} tidak ada lagi ({status}). Tanyakan alamat barunya kepada pengelola layanan."
            ),
            AnswerProblem::Unavailable { status, url } => format!(
                "Layanan di {url} sedang terganggu ({status}). Akan dicoba lagi; bila berlanjut, hubungi pengelolanya."
            ),
            AnswerProblem::Status { status, url } => {
                format!("Layanan di {url} menjawab dengan status {status}. Periksa pengaturan sumber.")
            }
            AnswerProblem::Refused { message } => format!(
                "Layanan menjawab dengan penolakan: “{message}”. Periksa pengaturan sumber atau hubungi pengelolanya."
            ),
            AnswerProblem::WrongKind { expected, found } => format!(
                "Yang datang {found}, padahal seharusnya {expected}. Periksa alamat, dan apakah layanan meminta login."
            ),
            AnswerProblem::Changed(drift) => drift.sentence_id(),
            AnswerProblem::NoRows { path, keys } => format!(
                "Daftar baris tidak ditemukan di “{path}”; jawaban berisi: {}. Sesuaikan `rows` pada sumber.",
                keys.join(", ")
            ),
            AnswerProblem::NoSheet { sheet, sheets } => format!(
                "Lembar “{sheet}” tidak ada; yang ada: {}. Kembalikan namanya atau sesuaikan sumber.",
                sheets.join(", ")
            ),
            AnswerProblem::Malformed { detail, at } => {
                format!("Isi rusak di {at}: {detail}. Minta pengelola mengirim ulang.")
            }
            AnswerProblem::Truncated { at } => {
                format!("Jawaban terputus di {at}. Tidak ada yang disimpan; akan diambil ulang.")
            }
            AnswerProblem::TooLarge { kind, limit } => format!(
                "Terlalu besar: {} melebihi {limit}. Bagi berkasnya atau naikkan batas sumber.",
                kind.word(Lang::Id)
            ),
            AnswerProblem::Empty => {
                "Jawaban kosong: tidak ada satu baris data pun. Periksa berkas atau layanannya.".to_owned()
            }
            AnswerProblem::Encrypted => {
                "Berkas dilindungi kata sandi. Simpan ulang tanpa kata sandi.".to_owned()
            }
            AnswerProblem::PagesRepeat { url } => format!(
                "Halaman layanan berputar-putar: {url} mengulang halaman sebelumnya. Hubungi pengelolanya."
            ),
            AnswerProblem::OtherHost { expected, found } => format!(
                "Halaman berikutnya menunjuk ke {found}, bukan {expected}, maka tidak diikuti. Minta pengelola memperbaikinya."
            ),
            AnswerProblem::Unreadable { detail } => format!("Berkas tidak dapat dibaca: {detail}."),
        }
    }

    fn sentence_en(&self) -> String {
        match self {
            AnswerProblem::Blocked { status, url } => format!(
                "The service refuses access ({status}) at {url}. Check the key or password and ask its keeper to open access."
            ),
            AnswerProblem::Gone { status, url } => {
                format!("Nothing is at {url} any more ({status}). Ask its keeper for the new address.")
            }
            AnswerProblem::Unavailable { status, url } => format!(
                "The service at {url} is in trouble ({status}). It is tried again; if it lasts, call its keeper."
            ),
            AnswerProblem::Status { status, url } => {
                format!("The service at {url} answered with status {status}. Check the source's settings.")
            }
            AnswerProblem::Refused { message } => format!(
                "The service answered, and said no: “{message}”. Check the source's settings or call its keeper."
            ),
            AnswerProblem::WrongKind { expected, found } => format!(
                "What came is {found}, not {expected}. Check the address and whether the service asks for a login."
            ),
            AnswerProblem::Changed(drift) => drift.sentence_en(),
            AnswerProblem::NoRows { path, keys } => format!(
                "No list of rows at “{path}”; the answer has: {}. Adjust `rows` of the source.",
                keys.join(", ")
            ),
            AnswerProblem::NoSheet { sheet, sheets } => format!(
                "There is no sheet “{sheet}”; there are: {}. Rename it back or adjust the source.",
                sheets.join(", ")
            ),
            AnswerProblem::Malformed { detail, at } => {
                format!("Broken at {at}: {detail}. Ask its keeper to send it again.")
            }
            AnswerProblem::Truncated { at } => {
                format!("The answer breaks off at {at}. Nothing is stored; it is fetched again.")
            }
            AnswerProblem::TooLarge { kind, limit } => format!(
                "Too large: {} above {limit}. Split the file or raise the source's bound.",
                kind.word(Lang::En)
            ),
            AnswerProblem::Empty => {
                "An empty answer: not one row of data. Check the file or the service.".to_owned()
            }
            AnswerProblem::Encrypted => {
                "The file is protected by a password. Save it again without one.".to_owned()
            }
            AnswerProblem::PagesRepeat { url } => {
                format!("The service's pages go in circles: {url} repeats an earlier page. Call its keeper.")
            }
            AnswerProblem::OtherHost { expected, found } => format!(
                "The next page points to {found} instead of {expected} and is not followed. Ask its keeper to repair it."
            ),
            AnswerProblem::Unreadable { detail } => format!("The file cannot be read: {detail}."),
        }
    }
}

impl LimitKind {
    fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (LimitKind::Rows, Lang::Id) => "jumlah baris",
            (LimitKind::Rows, Lang::En) => "rows",
            (LimitKind::Cells, Lang::Id) => "jumlah sel",
            (LimitKind::Cells, Lang::En) => "cells",
            (LimitKind::Columns, Lang::Id) => "jumlah kolom",
            (LimitKind::Columns, Lang::En) => "columns",
            (LimitKind::LineBytes, Lang::Id) => "panjang satu baris (bita)",
            (LimitKind::LineBytes, Lang::En) => "bytes of one line",
            (LimitKind::Bytes, Lang::Id) => "ukuran (bita)",
            (LimitKind::Bytes, Lang::En) => "bytes",
            (LimitKind::UnpackedBytes, Lang::Id) => "ukuran setelah dibuka (bita)",
            (LimitKind::UnpackedBytes, Lang::En) => "bytes after unpacking",
            (LimitKind::Ratio, Lang::Id) => "rasio pemampatan",
            (LimitKind::Ratio, Lang::En) => "compression ratio",
            (LimitKind::Entries, Lang::Id) => "jumlah berkas di dalamnya",
            (LimitKind::Entries, Lang::En) => "files inside",
            (LimitKind::Pages, Lang::Id) => "jumlah halaman",
            (LimitKind::Pages, Lang::En) => "pages",
        }
    }
}

impl Drift {
    fn sentence_id(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for gone in &self.missing {
            parts.push(match &gone.likely {
                Some(likely) => {
                    format!("kolom “{}” tidak ada lagi, mungkin kini bernama “{likely}”", gone.column)
                }
                None => format!("kolom “{}” tidak ada lagi", gone.column),
            });
        }
        for column in &self.unreadable {
            parts.push(format!("tidak satu pun nilai di kolom “{column}” terbaca"));
        }
        let hint = self.header_row.map_or_else(String::new, |row| {
            format!(" Judul kolom tampaknya di baris {row}: tulis `header_row = {row}`.")
        });
        format!(
            "Bentuk data berubah: {}.{hint} Tidak ada angka yang disimpan sampai pemetaan disesuaikan.",
            parts.join("; ")
        )
    }

    fn sentence_en(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for gone in &self.missing {
            parts.push(match &gone.likely {
                Some(likely) => format!("column “{}” is gone, perhaps now named “{likely}”", gone.column),
                None => format!("column “{}” is gone", gone.column),
            });
        }
        for column in &self.unreadable {
            parts.push(format!("not one value in column “{column}” can be read"));
        }
        let hint = self.header_row.map_or_else(String::new, |row| {
            format!(" The header seems to be in row {row}: write `header_row = {row}`.")
        });
        format!(
            "The form of the data has changed: {}.{hint} No figure is stored until the mapping is adjusted.",
            parts.join("; ")
        )
    }
}

impl std::fmt::Display for AnswerProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::error::Error for AnswerProblem {}

impl From<std::io::Error> for AnswerProblem {
    fn from(error: std::io::Error) -> AnswerProblem {
        AnswerProblem::Unreadable { detail: error.to_string() }
    }
}
