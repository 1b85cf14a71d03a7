//! Maps of security requirements cannot rot: what they cite exists, no requirement is missing or double, and
//! their sums are those of their rows.
//!
//! A map is a Markdown file. A row of it begins with an id, ends with where, and has its status before that;
//! a row of its summary begins with a chapter. `path::name` in backticks cites a test, `path` a file.

use crate::Problem;
use anyhow::Context;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

/// A map and what it must hold.
#[derive(Debug)]
pub struct Map {
    /// Path, relative to the workspace.
    pub path: &'static str,
    /// Words for met, partly, not met and does not apply.
    pub statuses: [&'static str; 4],
    /// Chapters with the numbers that follow each; after `/` those of level 2 where levels differ.
    pub chapters: &'static [(&'static str, &'static str)],
    /// Whether the second cell of a row is a level.
    pub levels: bool,
    /// The sentence above the table, with `{met}`, `{partly}`, `{not}`, `{applies}`, `{tested}` and `{share}`.
    pub sentence: &'static str,
}

/// Levels 1 and 2 of OWASP ASVS 5.0.0: per chapter `section: numbers of level 1 / numbers of level 2`.
pub const ASVS: Map = Map {
    path: "docs/security/asvs.md",
    statuses: ["met", "partly", "not met", "n.a."],
    levels: true,
    sentence: "{met} of the {applies} requirements that apply are met, {partly} partly, {not} not; {tested} of {applies} \
               ({share} %) cite an automated test.",
    chapters: &[
        ("V1", "1: / 1 2; 2: 1 2 3 4 5 / 6 7 8 9; 3: 1 2 / 3 4 5 6 7 8 9 10 11; 4: / 1 2 3; 5: 1 / 2"),
        ("V2", "1: 1 / 2 3; 2: 1 2 / 3; 3: 1 / 2 3 4; 4: / 1"),
        ("V3", "2: 1 2 /; 3: 1 / 2 3 4; 4: 1 2 / 3 4 5 6; 5: 1 2 3 / 4 5; 7: / 1 2"),
        ("V4", "1: 1 / 2 3; 2: / 1; 3: / 1 2; 4: 1 / 2 3 4"),
        ("V5", "1: / 1; 2: 1 2 / 3; 3: 1 2 /; 4: / 1 2 3"),
        (
            "V6",
            "1: 1 / 2 3; 2: 1 2 3 4 5 6 7 8 / 9 10 11 12; 3: 1 2 / 3 4; 4: 1 2 / 3 4; 5: / 1 2 3 4 5; \
             6: / 1 2 3; 8: / 1 2 3 4",
        ),
        ("V7", "1: / 1 2 3; 2: 1 2 3 4 /; 3: / 1 2; 4: 1 2 / 3 4 5; 5: / 1 2; 6: / 1 2"),
        ("V8", "1: 1 / 2; 2: 1 2 / 3; 3: 1 /; 4: / 1"),
        ("V9", "1: 1 2 3 /; 2: 1 / 2 3 4"),
        (
            "V10",
            "1: / 1 2; 2: / 1 2; 3: / 1 2 3 4; 4: 1 2 3 4 5 / 6 7 8 9 10 11; 5: / 1 2 3 4 5; 6: / 1 2; \
             7: / 1 2 3",
        ),
        ("V11", "1: / 1 2; 2: / 1 2 3; 3: 1 2 / 3; 4: 1 / 2 3 4; 5: / 1; 6: / 1"),
        ("V12", "1: 1 / 2 3; 2: 1 2 /; 3: / 1 2 3 4"),
        ("V13", "1: / 1; 2: / 1 2 3 4 5; 3: / 1 2; 4: 1 / 2 3 4 5"),
        ("V14", "1: / 1 2; 2: 1 / 2 3 4; 3: 1 / 2 3"),
        ("V15", "1: 1 / 2 3; 2: 1 / 2 3; 3: 1 / 2 3 4 5 6 7"),
        ("V16", "1: / 1; 2: / 1 2 3 4 5; 3: / 1 2 3 4; 4: / 1 2 3; 5: / 1 2 3"),
        ("V17", "1: / 1; 2: / 1 2 3 4; 3: / 1 2"),
    ],
};

/// The thirteen groups of control for web applications of BSSN Regulation 4/2021.
pub const BSSN: Map = Map {
    path: "docs/security/bssn.md",
    statuses: ["terpenuhi", "sebagian", "belum", "tidak berlaku"],
    levels: false,
    sentence: "Terpenuhi {met}, sebagian {partly}, belum {not}; {tested} dari {applies} butir ({share} %) menunjuk uji \
               otomatis.",
    chapters: &[
        ("B1", ""),
        ("B2", ""),
        ("B3", ""),
        ("B4", ""),
        ("B5", ""),
        ("B6", ""),
        ("B7", ""),
        ("B8", ""),
        ("B9", ""),
        ("B10", ""),
        ("B11", ""),
        ("B12", ""),
        ("B13", ""),
    ],
};

impl Map {
    /// Every id with its level, as the standard has them; empty when only the chapters are prescribed.
    pub fn ids(&self) -> BTreeMap<String, u8> {
        let mut ids = BTreeMap::new();
        for (chapter, sections) in self.chapters {
            for section in sections.split(';') {
                let Some((number, levels)) = section.split_once(':') else { continue };
                for (level, numbers) in (1u8..).zip(levels.split('/')) {
                    for last in numbers.split_whitespace() {
                        ids.insert(format!("{chapter}.{}.{last}", number.trim()), level);
                    }
                }
            }
        }
        ids
    }
}

/// Sums of a chapter: met, partly, not met, does not apply, and rows that apply and cite a test.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// By status.
    pub by_status: [usize; 4],
    /// Rows that apply and cite a test.
    pub tested: usize,
}

impl Sums {
    fn cells(self) -> Vec<String> {
        let [met, partly, not, none] = self.by_status;
        let applies = met + partly + not;
        let share = match applies {
            0 => "–".to_owned(),
            _ => format!("{} %", self.tested * 100 / applies),
        };
        [met + partly + not + none, met, partly, not, none, self.tested]
            .iter()
            .map(usize::to_string)
            .chain([share])
            .collect()
    }

    fn sentence(self, pattern: &str) -> String {
        let [met, partly, not, _] = self.by_status;
        let applies = met + partly + not;
        let share = (self.tested * 100).checked_div(applies).unwrap_or_default();
        [
            ("{met}", met),
            ("{partly}", partly),
            ("{not}", not),
            ("{applies}", applies),
            ("{tested}", self.tested),
            ("{share}", share),
        ]
        .iter()
        .fold(pattern.to_owned(), |text, (name, number)| text.replace(name, &number.to_string()))
    }

    fn add(&mut self, other: Sums) {
        for (sum, more) in self.by_status.iter_mut().zip(other.by_status) {
            *sum += more;
        }
        self.tested += other.tested;
    }
}

/// Reads and checks the maps of the workspace at `root`.
///
/// # Errors
/// When a map cannot be read.
pub fn check_maps(root: &Path) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for map in [&ASVS, &BSSN] {
        let text =
            std::fs::read_to_string(root.join(map.path)).with_context(|| format!("reading {}", map.path))?;
        problems.extend(check(map, &text, &mut |path| std::fs::read_to_string(root.join(path)).ok()));
    }
    Ok(problems)
}

/// Checks one map; `open` gives the text of a cited file, if there is one.
pub fn check(map: &Map, text: &str, open: &mut dyn FnMut(&str) -> Option<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |line: usize, what: String| {
        problems.push(Problem { file: map.path.to_owned(), line, what });
    };
    let expected = map.ids();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut sums: Vec<Sums> = vec![Sums::default(); map.chapters.len()];
    let mut told: HashMap<String, (usize, Vec<String>)> = HashMap::new();
    let chapter_at = |name: &str| map.chapters.iter().position(|(chapter, _)| *chapter == name);

    for (number, line) in (1..).zip(text.lines()) {
        let Some(cells) = cells_of(line) else { continue };
        let Some(first) = cells.first().cloned() else { continue };
        if chapter_at(&first).is_some() || first == "Σ" {
            if told.insert(first.clone(), (number, cells[2..].to_vec())).is_some() {
                say(number, format!("{first} is summed up twice"));
            }
            continue;
        }
        let Some(chapter) = first.split_once('.').and_then(|(chapter, _)| chapter_at(chapter)) else {
            continue;
        };
        if let Some(before) = seen.insert(first.clone(), number) {
            say(number, format!("{first} stands in line {before} already"));
        }
        let (Some(place), Some(word)) = (cells.last(), cells.iter().rev().nth(1)) else { continue };
        let Some(status) = map.statuses.iter().position(|status| status == word) else {
            say(number, format!("`{word}` is no status; they are {}", map.statuses.join(", ")));
            continue;
        };
        if !expected.is_empty() {
            match (expected.get(&first), cells.get(1)) {
                (None, _) => say(number, format!("{first} is not in the standard")),
                (Some(level), Some(written)) if *written != level.to_string() => {
                    say(number, format!("{first} is of level {level}"));
                }
                _ => {}
            }
        }
        let cited = citations(place);
        if cited.is_empty() && status < 2 {
            say(number, format!("{first} says `{word}` and cites neither test nor file"));
        }
        if place.is_empty() {
            say(number, format!("{first} says `{word}` and not why"));
        }
        let mut tested = false;
        for (path, test) in cited {
            match (open(&path), test) {
                (None, _) => say(number, format!("{path} does not exist")),
                (Some(_), None) => {}
                (Some(source), Some(test)) if has_test(&source, &test) => tested = true,
                (Some(_), Some(test)) => say(number, format!("{path} has no test `{test}`")),
            }
        }
        if let Some(sum) = sums.get_mut(chapter) {
            sum.by_status[status] += 1;
            sum.tested += usize::from(tested && status < 3);
        }
    }
    for id in expected.keys().filter(|id| !seen.contains_key(*id)) {
        say(1, format!("{id} is missing"));
    }
    let mut total = Sums::default();
    for ((chapter, _), sum) in map.chapters.iter().zip(&sums) {
        if sum.by_status == [0; 4] {
            say(1, format!("{chapter} has no row"));
        }
        total.add(*sum);
        compare(&told, chapter, *sum, &mut say);
    }
    compare(&told, "Σ", total, &mut say);
    let sentence = total.sentence(map.sentence);
    let words: Vec<&str> = text.split_whitespace().collect();
    if !words.join(" ").contains(&sentence) {
        say(1, format!("the sentence above the table must say: {sentence}"));
    }
    problems
}

fn compare(
    told: &HashMap<String, (usize, Vec<String>)>,
    chapter: &str,
    sum: Sums,
    say: &mut dyn FnMut(usize, String),
) {
    let right = sum.cells();
    match told.get(chapter) {
        None => say(1, format!("{chapter} is not summed up; it is | {} |", right.join(" | "))),
        Some((line, cells)) if *cells != right => {
            say(*line, format!("{chapter} is | {} |", right.join(" | ")));
        }
        Some(_) => {}
    }
}

/// The cells of a line of a table.
fn cells_of(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<String> = inner.split('|').map(|cell| cell.trim().to_owned()).collect();
    (cells.len() >= 4).then_some(cells)
}

/// Where paths that can be cited begin.
const PLACES: [&str; 12] = [
    "crates/",
    "docs/",
    "xtask/",
    "packs/",
    "scripts/",
    "benches/",
    "Cargo.",
    "deny.toml",
    "Makefile",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "clippy.toml",
];

/// What stands in backticks and is a path, with the test after `::`.
fn citations(place: &str) -> Vec<(String, Option<String>)> {
    let quoted = place.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| PLACES.iter().any(|begin| text.starts_with(begin)))
        .map(|text| match text.split_once("::") {
            Some((path, test)) => (path.to_owned(), Some(test.to_owned())),
            None => (text.to_owned(), None),
        })
        .collect()
}

/// Whether `source` has a function of that name under a test attribute.
fn has_test(source: &str, name: &str) -> bool {
    let mut attributed = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributed |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            continue;
        }
        let begins = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if attributed && begins.and_then(|rest| rest.split_once('(')).is_some_and(|(found, _)| found == name)
        {
            return true;
        }
        attributed &= line.is_empty() || line.starts_with("//");
    }
    false
}
