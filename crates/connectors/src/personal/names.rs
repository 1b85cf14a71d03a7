//! Names of columns that sound as if a person stood in them.

use super::{ColumnRule, PersonalKind};
use crate::{SqlEngine, connection::Connection, mapping::Mapping, sql_check};
use std::collections::BTreeMap;

/// What a column's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// A number or address that is also recognised by its form.
    Kind(PersonalKind),
    /// A person's name.
    Name,
    /// Where a person lives.
    Address,
    /// When or where a person was born.
    Birth,
    /// A bank account.
    Account,
}

impl Sound {
    /// The kind of value to expect, where its form can be recognised.
    pub fn kind(self) -> Option<PersonalKind> {
        match self {
            Sound::Kind(kind) => Some(kind),
            _ => None,
        }
    }
}

/// Words after `nama` that make it a person's.
const PERSONS: [&str; 29] = [
    "lengkap",
    "penerima",
    "ibu",
    "ayah",
    "anak",
    "bayi",
    "balita",
    "pasien",
    "siswa",
    "peserta",
    "kepala",
    "pemohon",
    "pelapor",
    "korban",
    "warga",
    "penduduk",
    "pemilik",
    "pegawai",
    "wali",
    "kk",
    "istri",
    "suami",
    "orang",
    "pengurus",
    "guru",
    "pemegang",
    "tersangka",
    "lansia",
    "kpm",
];

fn words(column: &str) -> Vec<String> {
    column
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a column of this name probably holds of persons; `None` for `nama_desa`, `KTP-el Wajib` and all
/// other names that only resemble one.
pub fn sounds_personal(column: &str) -> Option<Sound> {
    let words = words(column);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let number = has(&["no", "nomor", "nomer", "number"]);
    let counted = has(&["jumlah", "jml", "jlh", "total", "persen", "persentase", "wajib"]);
    if counted {
        return None;
    }
    if has(&["nik", "nonik", "noktp", "nokk"]) || (number && has(&["ktp", "kk", "induk", "identitas"])) {
        return Some(Sound::Kind(PersonalKind::Nik));
    }
    if has(&["npwp", "nonpwp"]) {
        return Some(Sound::Kind(PersonalKind::Npwp));
    }
    let dialled = [
        "telp",
        "telepon",
        "telpon",
        "tlp",
        "hp",
        "nohp",
        "notelp",
        "whatsapp",
        "wa",
        "nowa",
        "handphone",
        "phone",
        "mobile",
        "ponsel",
    ];
    if has(&dialled) {
        return Some(Sound::Kind(PersonalKind::Phone));
    }
    if has(&["email", "surel", "mail"]) {
        return Some(Sound::Kind(PersonalKind::Email));
    }
    if has(&["bpjs", "nobpjs", "jkn", "noka"]) && (number || words.len() == 1) {
        return Some(Sound::Kind(PersonalKind::Bpjs));
    }
    if has(&["norek", "norekening"]) || (number && has(&["rekening", "rek"])) {
        return Some(Sound::Account);
    }
    let born = has(&["lahir"]) && has(&["tgl", "tanggal", "tempat", "tmp", "tmpt"]);
    if born || has(&["ttl", "tgllahir", "birthdate", "dob"]) {
        return Some(Sound::Birth);
    }
    if has(&["alamat", "domisili"]) && !has(&["kantor", "sekolah", "proyek", "usaha"]) {
        return Some(Sound::Address);
    }
    let named = words.iter().position(|word| matches!(word.as_str(), "nama" | "nm" | "namalengkap"));
    let person = named.is_some_and(|at| {
        words.get(at + 1).is_none_or(|word| PERSONS.contains(&word.as_str()) || word.parse::<u32>().is_ok())
    });
    person.then_some(Sound::Name)
}

/// Columns that a source is known to have, whose names sound as if a person stood in them, and that
/// nobody declares: those that the mapping names and those that a query asks for.
pub fn undeclared_columns(
    connection: &Connection,
    mapping: &Mapping,
    rules: &BTreeMap<String, ColumnRule>,
) -> Vec<String> {
    let asked = match connection {
        Connection::Sqlite(options) => sql_check::column_names(SqlEngine::Sqlite, &options.query),
        Connection::Postgres(options) => sql_check::column_names(SqlEngine::Postgres, &options.query),
        Connection::Mysql(options) => sql_check::column_names(SqlEngine::Mysql, &options.query),
        Connection::Csv(_) | Connection::Spreadsheet(_) | Connection::Json(_) | Connection::Push(_) => {
            Vec::new()
        }
    };
    let fold = |name: &str| name.trim().to_lowercase();
    let declared = |name: &str| rules.keys().any(|known| fold(known) == fold(name));
    let mut found: Vec<String> = mapping.named_columns().map(str::to_owned).chain(asked).collect();
    // Names of regions stand in columns named so, and are read as regions.
    let region = |name: &str| mapping.region.column.as_deref() == Some(name);
    found.retain(|name| sounds_personal(name).is_some() && !declared(name) && !region(name));
    found.sort();
    found.dedup();
    found
}
