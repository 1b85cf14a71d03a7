//! How long things are kept, what has to be done after a failure to protect personal data, and by when.

use super::store::Incident;
use crate::{
    config::PrivacyConfig,
    packs::{schema::SourceFile, spans::parse_span},
};
use jiff::{SignedDuration, Timestamp};
use pendopo_connectors::personal::ColumnClass;

/// A failure must be told to subjects and authority within 3×24 hours (UU 27/2022 Pasal 46).
pub const NOTICE: SignedDuration = SignedDuration::from_hours(72);

/// How long a source's answers and refused rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Answers.
    pub answers: SignedDuration,
    /// Refused rows.
    pub refused: SignedDuration,
}

/// What the source says, else what the settings say. A definition that another version wrote is kept as
/// the settings say.
pub fn keeping(source: Option<&SourceFile>, config: &PrivacyConfig) -> Keeping {
    let span = |text: Option<&String>, usual: SignedDuration| {
        text.and_then(|text| parse_span(text).ok()).unwrap_or(usual)
    };
    Keeping {
        answers: span(source.and_then(|source| source.keep_answers.as_ref()), config.keep_answers),
        refused: span(source.and_then(|source| source.keep_refused.as_ref()), config.keep_refused),
    }
}

/// Whether a source's data call for an impact assessment (Pasal 34): specific data are processed.
pub fn needs_assessment(source: &SourceFile) -> bool {
    source.columns.values().any(|rule| rule.class == ColumnClass::Special)
}

/// What has to be done after a failure: word and key of its sentence, in order.
pub const STEPS: [&str; 8] =
    ["contain", "preserve", "assess", "lead", "authority", "subjects", "public", "prevent"];

/// Whether `word` is a step.
pub fn is_step(word: &str) -> bool {
    STEPS.contains(&word)
}

/// How far the deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Countdown {
    /// So much time is left.
    Left(SignedDuration),
    /// It passed so long ago.
    Passed(SignedDuration),
}

/// The end of the 3×24 hours.
pub fn deadline(noticed_at: Timestamp) -> Timestamp {
    noticed_at.checked_add(NOTICE).unwrap_or(Timestamp::MAX)
}

/// How far the deadline is at `now`.
pub fn countdown(noticed_at: Timestamp, now: Timestamp) -> Countdown {
    let left = deadline(noticed_at).duration_since(now);
    if left.is_negative() { Countdown::Passed(left.abs()) } else { Countdown::Left(left) }
}

/// What both notices say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeFacts<'a> {
    /// The government.
    pub place: &'a str,
    /// What happened.
    pub what: &'a str,
    /// Which data.
    pub data: &'a str,
    /// When it was noticed, in words.
    pub noticed: &'a str,
    /// When and how, as far as it is known.
    pub cause: &'a str,
    /// What was done and will be done.
    pub measures: &'a str,
    /// How many persons, in words.
    pub subjects: &'a str,
    /// Sources at fault.
    pub sources: &'a str,
}

fn or_blank(text: &str) -> &str {
    if text.trim().is_empty() { "[lengkapi]" } else { text }
}

/// The notice to the subjects, in Indonesian whatever the reader's language: it goes to citizens. It holds
/// what Pasal 46 ayat (2) asks for: the data, when and how, and what is done.
pub fn notice_to_subjects(facts: &NoticeFacts<'_>) -> String {
    let NoticeFacts { place, what, data, noticed, cause, measures, .. } = facts;
    format!(
        "Pemberitahuan kegagalan pelindungan data pribadi\n\n\
         Yth. Bapak/Ibu,\n\n\
         {place} memberitahukan bahwa pada {noticed} kami mengetahui kegagalan pelindungan data pribadi yang \
         mungkin memuat data Bapak/Ibu.\n\n\
         Apa yang terjadi: {}\n\
         Data pribadi yang terungkap: {}\n\
         Kapan dan bagaimana terungkap: {}\n\
         Upaya penanganan dan pemulihan: {}\n\n\
         Yang dapat Bapak/Ibu lakukan: waspadai telepon atau pesan yang mengaku dari instansi pemerintah, jangan \
         memberikan kode OTP atau PIN, dan laporkan bila data Bapak/Ibu disalahgunakan.\n\n\
         Pertanyaan dan permohonan (melihat, memperbaiki, menghapus data): [nama unit, telepon, surel].\n\n\
         Pemberitahuan ini disampaikan berdasarkan Pasal 46 Undang-Undang Nomor 27 Tahun 2022 tentang Pelindungan \
         Data Pribadi.",
        or_blank(what),
        or_blank(data),
        or_blank(cause),
        or_blank(measures)
    )
}

/// The notice to the authority.
pub fn notice_to_authority(facts: &NoticeFacts<'_>) -> String {
    let NoticeFacts { place, what, data, noticed, cause, measures, subjects, sources } = facts;
    format!(
        "Kepada Yth. Lembaga Pelindungan Data Pribadi\n\
         (selama lembaga belum dibentuk: kementerian yang membidangi urusan komunikasi dan digital)\n\n\
         Perihal: Pemberitahuan tertulis kegagalan pelindungan data pribadi\n\n\
         1. Pengendali data pribadi: {place}\n\
         2. Waktu diketahui: {noticed}\n\
         3. Kejadian: {}\n\
         4. Data pribadi yang terungkap: {}\n\
         5. Sumber data terkait: {}\n\
         6. Perkiraan jumlah subjek data: {}\n\
         7. Kapan dan bagaimana terungkap: {}\n\
         8. Upaya penanganan dan pemulihan: {}\n\
         9. Narahubung: [nama, jabatan, telepon, surel]\n\n\
         Disampaikan sesuai Pasal 46 ayat (1) dan ayat (2) Undang-Undang Nomor 27 Tahun 2022. Insiden siber juga \
         dilaporkan kepada BSSN melalui tim tanggap insiden siber daerah (CSIRT).",
        or_blank(what),
        or_blank(data),
        or_blank(sources),
        or_blank(subjects),
        or_blank(cause),
        or_blank(measures)
    )
}

/// The fields in which two states of an incident differ, by their keys, for the log.
pub fn difference(before: &Incident, after: &Incident) -> String {
    let pairs = [
        ("title", before.title != after.title),
        ("what", before.what != after.what),
        ("data", before.data != after.data),
        ("sources", before.sources != after.sources),
        ("subjects", before.subjects != after.subjects),
        ("cause", before.cause != after.cause),
        ("measures", before.measures != after.measures),
    ];
    let changed: Vec<&str> = pairs.iter().filter(|(_, differs)| *differs).map(|(key, _)| *key).collect();
    changed.join(",")
}
