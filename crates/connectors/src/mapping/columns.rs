//! Column names: finding them in spite of case and spaces, and guessing what a lost one is called now.

use super::{Condition, condition::CompiledCondition};
use crate::{AnswerProblem, Drift, MissingColumn};

/// How the columns of two runs differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnChanges {
    /// Columns of the new run that the old one did not have.
    pub added: Vec<String>,
    /// Columns of the old run that the new one does not have.
    pub removed: Vec<String>,
    /// Pairs of a removed and an added column that are probably the same.
    pub renamed: Vec<(String, String)>,
}

/// Compares the columns of two runs.
pub fn compare_columns(before: &[String], now: &[String]) -> ColumnChanges {
    let only = |left: &[String], right: &[String]| -> Vec<String> {
        left.iter().filter(|name| find(right, name).is_none()).cloned().collect()
    };
    let mut changes =
        ColumnChanges { added: only(now, before), removed: only(before, now), renamed: Vec::new() };
    let mut free = changes.added.clone();
    for gone in &changes.removed {
        if let Some(likely) = likely_name(gone, &free) {
            free.retain(|name| *name != likely);
            changes.renamed.push((gone.clone(), likely));
        }
    }
    changes
}

fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The position of `wanted` among `columns`: exactly, else the only one that differs in case and spaces.
pub(crate) fn find(columns: &[String], wanted: &str) -> Option<usize> {
    if let Some(exact) = columns.iter().position(|name| name == wanted) {
        return Some(exact);
    }
    let folded = fold(wanted);
    let mut same = (0..columns.len()).filter(|at| fold(&columns[*at]) == folded);
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Words of a name, with the abbreviations of office tables written out.
fn words(name: &str) -> Vec<String> {
    fold(name)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let long = match word {
                "jml" | "jmlh" | "jlh" | "jum" => "jumlah",
                "kec" => "kecamatan",
                "kab" => "kabupaten",
                "kel" => "kelurahan",
                "tgl" => "tanggal",
                "thn" | "th" => "tahun",
                "bln" => "bulan",
                "kd" => "kode",
                "nm" => "nama",
                "ket" => "keterangan",
                "prosentase" | "persen" | "pct" => "persentase",
                other => other,
            };
            long.to_owned()
        })
        .collect()
}

/// The column that has probably taken the place of `gone`.
pub fn likely_name(gone: &str, columns: &[String]) -> Option<String> {
    let wanted = words(gone);
    let joined = wanted.join(" ");
    let score = |name: &String| {
        let found = words(name);
        let shared = wanted.iter().filter(|word| found.contains(word)).count();
        let of = wanted.len().max(found.len()).max(1);
        let overlap = shared as f64 / of as f64;
        let spelled = strsim::normalized_damerau_levenshtein(&joined, &found.join(" "));
        overlap.max(spelled)
    };
    columns
        .iter()
        .map(|name| (score(name), name))
        .filter(|(score, _)| *score >= 0.5)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name.clone())
}

/// Looks columns up and notes those that are missing.
pub(super) struct Finder<'c> {
    columns: &'c [String],
    missing: Vec<MissingColumn>,
}

impl<'c> Finder<'c> {
    /// Looks among these.
    pub(super) fn new(columns: &'c [String]) -> Finder<'c> {
        Finder { columns, missing: Vec::new() }
    }

    /// Notes one that is missing, without a likely name.
    pub(super) fn miss(&mut self, column: String) {
        self.missing.push(MissingColumn { column, likely: None });
    }

    /// The column's position, or 0 with a note; `finish` then refuses.
    pub(super) fn find(&mut self, name: &str) -> usize {
        if let Some(at) = find(self.columns, name) {
            return at;
        }
        if !self.missing.iter().any(|missing| missing.column == name) {
            self.missing
                .push(MissingColumn { column: name.to_owned(), likely: likely_name(name, self.columns) });
        }
        0
    }

    pub(super) fn conditions(&mut self, conditions: &[Condition]) -> Vec<CompiledCondition> {
        conditions
            .iter()
            .map(|condition| CompiledCondition::new(condition, self.find(&condition.column)))
            .collect()
    }

    pub(super) fn finish(self) -> Result<(), AnswerProblem> {
        if self.missing.is_empty() {
            return Ok(());
        }
        Err(AnswerProblem::Changed(Drift {
            missing: self.missing,
            found: self.columns.to_vec(),
            ..Drift::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn finds_and_guesses_names() {
        let columns = list(&["Kode Desa", "JML BALITA", "tgl_lapor"]);
        assert_eq!(find(&columns, "kode  desa"), Some(0));
        assert_eq!(likely_name("jumlah_balita", &columns).as_deref(), Some("JML BALITA"));
        assert_eq!(likely_name("tanggal lapor", &columns).as_deref(), Some("tgl_lapor"));
        assert_eq!(likely_name("luas", &columns), None);
        assert_eq!(find(&list(&["A", "a "]), "a"), None);
    }

    #[test]
    fn compares_two_runs() {
        let changes = compare_columns(
            &list(&["kode", "jumlah_balita", "catatan"]),
            &list(&["kode", "jml_balita", "petugas"]),
        );
        assert_eq!(changes.renamed, [("jumlah_balita".to_owned(), "jml_balita".to_owned())]);
        assert_eq!(changes.removed, list(&["jumlah_balita", "catatan"]));
        assert_eq!(changes.added, list(&["jml_balita", "petugas"]));
    }
}
