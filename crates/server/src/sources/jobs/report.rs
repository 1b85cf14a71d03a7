//! What a run did, for the command line and for pages of dry runs.

use crate::sources::{note::RunNote, problem::RunProblem};
use pendopo_connectors::personal::{Finding, Outcome};
use pendopo_figures::{Overtaken, RefusedRow, RunCounters, RunOutcome};
use pendopo_vocab::{Lang, format_number};
use std::{collections::HashSet, fmt::Write, time::Duration};

/// Rows of a kind that are listed at most.
const LISTED: usize = 10;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunVerdict {
    /// Applied; some figures are new or revised.
    Done,
    /// Applied; everything was known already.
    Unchanged,
    /// Only looked at.
    DryRun,
    /// Judged and not applied.
    Refused,
    /// Could not be judged.
    Failed,
}

impl RunVerdict {
    /// The word used in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            RunVerdict::Done => "done",
            RunVerdict::Unchanged => "unchanged",
            RunVerdict::DryRun => "dry_run",
            RunVerdict::Refused => "refused",
            RunVerdict::Failed => "failed",
        }
    }
}

/// A figure that changes, or would.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Code of the indicator.
    pub indicator: String,
    /// Code of the region.
    pub region: String,
    /// Name of the region.
    pub region_name: String,
    /// The period.
    pub period: String,
    /// Value now.
    pub before: f64,
    /// Value then.
    pub after: f64,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Code of the source.
    pub source: String,
    /// Its number; `None` for a dry run.
    pub run_id: Option<i64>,
    /// How it ended.
    pub verdict: RunVerdict,
    /// Why it came to nothing.
    pub problem: Option<RunProblem>,
    /// Rows counted.
    pub counters: RunCounters,
    /// What it did, or would do, to figures.
    pub outcome: RunOutcome,
    /// The largest changes of a dry run.
    pub changes: Vec<Change>,
    /// The first refused rows.
    pub refused: Vec<RefusedRow>,
    /// Numbers of all refused rows that were kept.
    pub refused_rows: HashSet<i64>,
    /// Rows of a retry of which something was left out, because a later run had brought it.
    pub overtaken: Vec<Overtaken>,
    /// Columns that the last answer did not have; nothing reads them.
    pub added_columns: Vec<String>,
    /// Personal values met at the door.
    pub found: Vec<Finding>,
    /// Oddities that did not hinder.
    pub notes: Vec<RunNote>,
    /// How long it took.
    pub took: Duration,
}

impl RunReport {
    /// The report for people, in lines.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = self.headline(lang);
        if let Some(problem) = &self.problem {
            let _infallible = write!(text, "\n{}", problem.sentence(lang));
        }
        if !matches!(self.verdict, RunVerdict::Failed) {
            let _infallible = write!(text, "\n{}", self.counts(lang));
        }
        for change in &self.changes {
            let number = |value: f64| format_number(value, 2, lang);
            let _infallible = write!(
                text,
                "\n  {} {} {} {}: {} → {}",
                change.indicator,
                change.region,
                change.region_name,
                change.period,
                number(change.before),
                number(change.after)
            );
        }
        for row in &self.refused {
            let _infallible = write!(text, "\n  {}", row.message);
        }
        text.push_str(&self.overtaken_lines(lang));
        let shown = self.refused.len() as i64;
        if self.counters.refused > shown && shown > 0 {
            let more = self.counters.refused - shown;
            let _infallible = match lang {
                Lang::Id => write!(text, "\n  … dan {more} baris lagi"),
                Lang::En => write!(text, "\n  … and {more} more rows"),
            };
        }
        let (kept, refused) = (self.refused_rows.len() as i64, self.counters.refused);
        if kept < refused && self.run_id.is_some() {
            let [kept, refused] = [kept, refused].map(|count| format_number(count as f64, 0, lang));
            let _infallible = match lang {
                Lang::Id => write!(
                    text,
                    "\n{kept} dari {refused} baris yang ditolak disimpan; selebihnya hanya dihitung"
                ),
                Lang::En => {
                    write!(text, "\n{kept} of {refused} refused rows are kept; the others were only counted")
                }
            };
        }
        if !self.added_columns.is_empty() {
            let columns = self.added_columns.join(", ");
            let _infallible = match lang {
                Lang::Id => write!(text, "\nKolom baru yang belum dibaca: {columns}"),
                Lang::En => write!(text, "\nNew columns that nothing reads: {columns}"),
            };
        }
        for found in &self.found {
            let _infallible = write!(text, "\n{}", found_line(found, lang));
        }
        for note in &self.notes {
            let _infallible = write!(
                text,
                "\n{}: {}",
                if lang == Lang::Id { "Catatan" } else { "Note" },
                note.sentence(lang)
            );
        }
        text.push('\n');
        text
    }

    fn headline(&self, lang: Lang) -> String {
        let verdict = match (self.verdict, lang) {
            (RunVerdict::Done, Lang::Id) => "selesai",
            (RunVerdict::Done, Lang::En) => "done",
            (RunVerdict::Unchanged, Lang::Id) => "selesai, tidak ada yang berubah",
            (RunVerdict::Unchanged, Lang::En) => "done, nothing has changed",
            (RunVerdict::DryRun, Lang::Id) => "uji coba, tidak ada yang disimpan",
            (RunVerdict::DryRun, Lang::En) => "dry run, nothing is stored",
            (RunVerdict::Refused, Lang::Id) => "ditolak",
            (RunVerdict::Refused, Lang::En) => "refused",
            (RunVerdict::Failed, Lang::Id) => "gagal",
            (RunVerdict::Failed, Lang::En) => "failed",
        };
        let secs = format_number(self.took.as_secs_f64(), 1, lang);
        match (self.run_id, lang) {
            (Some(run_id), Lang::Id) => {
                format!("{}: {verdict} (penarikan {run_id}, {secs} detik)", self.source)
            }
            (Some(run_id), Lang::En) => format!("{}: {verdict} (run {run_id}, {secs} s)", self.source),
            (None, Lang::Id) => format!("{}: {verdict} ({secs} detik)", self.source),
            (None, Lang::En) => format!("{}: {verdict} ({secs} s)", self.source),
        }
    }

    /// Which rows were not used, or not wholly, because a later run had brought their figures.
    fn overtaken_lines(&self, lang: Lang) -> String {
        let mut text = String::new();
        // Figures gathered from several rows have no row of their own.
        let rows = || self.overtaken.iter().filter(|row| row.row_no > 0);
        for row in rows().take(LISTED) {
            let (row_no, by) = (row.row_no, row.by_run);
            let _infallible = match (row.whole, lang) {
                (true, Lang::Id) => write!(
                    text,
                    "\n  baris {row_no}: tidak dipakai; penarikan {by} sudah membawa angka yang lebih baru, dan angka itu tetap berlaku"
                ),
                (true, Lang::En) => write!(
                    text,
                    "\n  row {row_no}: not used; run {by} had brought a newer figure, and that figure stays"
                ),
                (false, Lang::Id) => write!(
                    text,
                    "\n  baris {row_no}: dipakai sebagian; angka lainnya sudah dibawa penarikan {by} yang lebih baru"
                ),
                (false, Lang::En) => write!(
                    text,
                    "\n  row {row_no}: used in part; the newer run {by} had brought its other figures"
                ),
            };
        }
        let more = rows().count().saturating_sub(LISTED);
        if more > 0 {
            let _infallible = match lang {
                Lang::Id => write!(text, "\n  … dan {more} baris lagi yang angkanya sudah lebih baru"),
                Lang::En => write!(text, "\n  … and {more} more rows whose figures are newer already"),
            };
        }
        text
    }

    fn counts(&self, lang: Lang) -> String {
        let number = |value: i64| format_number(value as f64, 0, lang);
        let RunCounters { accepted, refused, repeated, .. } = self.counters;
        let RunOutcome { added, revised, same } = self.outcome;
        let [accepted, refused, repeated, added, revised, same] =
            [accepted, refused, repeated, added, revised, same].map(number);
        match lang {
            Lang::Id => format!(
                "baris: {accepted} diterima, {refused} ditolak, {repeated} berulang; angka: {added} baru, {revised} direvisi, {same} tetap"
            ),
            Lang::En => format!(
                "rows: {accepted} accepted, {refused} refused, {repeated} repeated; figures: {added} new, {revised} revised, {same} unchanged"
            ),
        }
    }
}

/// What was met in a column, without the values.
fn found_line(found: &Finding, lang: Lang) -> String {
    let what = found.kind.map_or_else(String::new, |kind| format!(" {}", kind.marker()));
    let cells = format_number(found.cells as f64, 0, lang);
    let column = match (found.column.as_str(), lang) {
        ("", Lang::Id) => "baris tak terbaca",
        ("", Lang::En) => "unreadable rows",
        (column, _) => column,
    };
    match lang {
        Lang::Id => {
            let done = match found.outcome {
                Outcome::Masked => "disamarkan; kolom ini belum dinyatakan di paket",
                Outcome::Dropped => "tidak disimpan",
                Outcome::Pseudonym => "diganti nama samaran",
                Outcome::Kept => "disimpan sebagaimana dinyatakan",
            };
            format!("Data pribadi: {column}{what} {cells} nilai, {done}")
        }
        Lang::En => {
            let done = match found.outcome {
                Outcome::Masked => "masked; the pack does not declare this column",
                Outcome::Dropped => "not kept",
                Outcome::Pseudonym => "replaced by pseudonyms",
                Outcome::Kept => "kept as declared",
            };
            format!("Personal data: {column}{what} {cells} values, {done}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_are_counted_as_rows() {
        // Two figures gathered from several rows, and rows of which two more than are listed.
        let numbers = [0, -1].into_iter().chain(1..=LISTED as i64 + 2);
        let report = RunReport {
            source: "uji".to_owned(),
            run_id: Some(2),
            verdict: RunVerdict::Unchanged,
            problem: None,
            counters: RunCounters::default(),
            outcome: RunOutcome::default(),
            changes: Vec::new(),
            refused: Vec::new(),
            refused_rows: HashSet::new(),
            overtaken: numbers.map(|row_no| Overtaken { row_no, by_run: 1, whole: true }).collect(),
            added_columns: Vec::new(),
            found: Vec::new(),
            notes: Vec::new(),
            took: Duration::ZERO,
        };
        let text = report.text(Lang::En);
        assert_eq!(text.matches("not used; run 1").count(), LISTED, "{text}");
        assert!(text.contains("… and 2 more rows whose figures are newer already"), "{text}");
    }
}
