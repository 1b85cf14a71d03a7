//! A whole pack at once: every mistake in every file, before anything is applied.

use super::{
    folder::{FileKind, PackTexts},
    located::{Located, Problem},
    references,
    schema::{
        AgenciesFile, Agency, BoardFile, Indicator, IndicatorsFile, PackFile, SourceFile, Target, TargetsFile,
    },
    validate::ShapeCheck,
    wall::WallFile,
};
use pendopo_connectors::personal::{ColumnClass, undeclared_columns};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A definition with the place where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The definition.
    pub item: T,
    /// The file, relative to the pack.
    pub file: String,
    /// JSON pointer of the definition in the file.
    pub pointer: String,
}

/// A pack whose files are well formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// Who the center is.
    pub identity: PackFile,
    /// The agencies.
    pub agencies: Vec<Placed<Agency>>,
    /// The sources.
    pub sources: Vec<Placed<SourceFile>>,
    /// The indicators, in the order of files and of their places in them.
    pub indicators: Vec<Placed<Indicator>>,
    /// The targets.
    pub targets: Vec<Placed<Target>>,
    /// The boards.
    pub boards: Vec<Placed<BoardFile>>,
    /// The playlists of screens.
    pub walls: Vec<Placed<WallFile>>,
}

/// The files of a pack with their line numbers.
pub type LocatedFiles = BTreeMap<String, Located>;

/// Checks a pack. Returns it when it is well formed and all its references hold.
///
/// # Errors
/// Every problem found, by file and line.
pub fn check_pack(texts: &PackTexts) -> Result<Pack, Vec<Problem>> {
    let (pack, files) = read_pack(texts)?;
    let mut problems = references::check_references(&pack, &files);
    if problems.is_empty() {
        return Ok(pack);
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

/// What is no mistake but wants a decision: columns whose names sound as if a person stood in them, and
/// personal columns without a purpose and legal basis.
pub fn warnings(pack: &Pack) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for Placed { item: source, file, .. } in &pack.sources {
        let mut warn = |what: String, suggestion: String| {
            warnings.push(Problem { file: file.clone(), line: 1, what, suggestion, in_indonesian: None });
        };
        for column in undeclared_columns(&source.connection, &source.mapping, &source.columns) {
            let what = format!("column `{column}` sounds as if a person stood in it, and is not declared");
            warn(
                what,
                format!(
                    "declare it: [columns.\"{column}\"] with class = \"personal\", \"special\" or \"plain\""
                ),
            );
        }
        let personal = source.columns.values().any(|rule| rule.class != ColumnClass::Plain);
        if personal && (source.purpose.is_none() || source.basis.is_none()) {
            let what = "personal columns are declared without a purpose and a legal basis".to_owned();
            warn(
                what,
                "add `purpose` and `basis` for the record of processing (UU 27/2022 Pasal 31)".to_owned(),
            );
        }
    }
    warnings.extend(pack.walls.iter().flat_map(wall_warnings));
    warnings
}

/// Seconds that are good for reading a story from afar.
const READABLE: std::ops::RangeInclusive<u16> = 20..=40;

fn wall_warnings(wall: &Placed<WallFile>) -> Vec<Problem> {
    let items = wall.item.mode.iter().flat_map(|mode| mode.item.iter().map(move |item| (mode, item)));
    let odd = items.filter(|(_, item)| !READABLE.contains(&item.seconds));
    odd.map(|(mode, item)| Problem {
        file: wall.file.clone(),
        line: 1,
        what: format!("mode `{}` has an item of {} seconds", mode.code, item.seconds),
        suggestion: "20 to 40 seconds are enough to read it and not so long that nobody looks".to_owned(),
        in_indonesian: None,
    })
    .collect()
}

/// Parses every file and checks its shape.
fn read_pack(texts: &PackTexts) -> Result<(Pack, LocatedFiles), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut files = LocatedFiles::new();
    let mut parts = Parts::default();
    for (path, text) in texts {
        let Some(kind) = FileKind::of(path) else {
            problems.push(Problem {
                file: path.clone(),
                line: 1,
                what: "a pack has no such file".to_owned(),
                suggestion:
                    "known: pack.toml, agencies.toml, sources/*.toml, indicators/*.toml, targets.toml, \
                             targets/*.toml, boards/*.toml, walls/*.toml"
                        .to_owned(),
                in_indonesian: None,
            });
            continue;
        };
        match Located::parse(path, text) {
            Ok(located) => {
                read_file(kind, &located, text, &mut parts, &mut problems);
                files.insert(path.clone(), located);
            }
            Err(errors) => problems.extend(errors),
        }
    }
    for (missing, path) in
        [(parts.identity.is_none(), "pack.toml"), (parts.agencies.is_empty(), "agencies.toml")]
    {
        if missing && !texts.contains_key(path) {
            problems.push(Problem {
                file: path.to_owned(),
                line: 1,
                what: "the file is missing".to_owned(),
                suggestion: format!("every pack has a `{path}`"),
                in_indonesian: None,
            });
        }
    }
    match parts.identity {
        Some(identity) if problems.is_empty() => Ok((
            Pack {
                identity,
                agencies: parts.agencies,
                sources: parts.sources,
                indicators: parts.indicators,
                targets: parts.targets,
                boards: parts.boards,
                walls: parts.walls,
            },
            files,
        )),
        _ => {
            problems.sort();
            problems.dedup();
            Err(problems)
        }
    }
}

#[derive(Default)]
struct Parts {
    identity: Option<PackFile>,
    agencies: Vec<Placed<Agency>>,
    sources: Vec<Placed<SourceFile>>,
    indicators: Vec<Placed<Indicator>>,
    targets: Vec<Placed<Target>>,
    boards: Vec<Placed<BoardFile>>,
    walls: Vec<Placed<WallFile>>,
}

fn read_file(kind: FileKind, located: &Located, text: &str, parts: &mut Parts, problems: &mut Vec<Problem>) {
    match ShapeCheck::new(kind) {
        Ok(shape) => {
            let found = shape.problems(located);
            if !found.is_empty() {
                problems.extend(found);
                return;
            }
        }
        Err(error) => {
            problems.push(located.problem(
                "",
                format!("the schema itself is broken: {error}"),
                "report this",
            ));
            return;
        }
    }
    match kind {
        FileKind::Pack => parts.identity = typed(located, text, problems),
        FileKind::Agencies => {
            let file: Option<AgenciesFile> = typed(located, text, problems);
            parts.agencies.extend(placed(located, "/agency", file.map(|file| file.agency)));
        }
        FileKind::Source => {
            let file: Option<SourceFile> = typed(located, text, problems);
            parts.sources.extend(whole(located, file));
        }
        FileKind::Indicators => {
            let file: Option<IndicatorsFile> = typed(located, text, problems);
            parts.indicators.extend(placed(located, "/indicator", file.map(|file| file.indicator)));
        }
        FileKind::Targets => {
            let file: Option<TargetsFile> = typed(located, text, problems);
            parts.targets.extend(placed(located, "/target", file.map(|file| file.target)));
        }
        FileKind::Board => {
            let file: Option<BoardFile> = typed(located, text, problems);
            parts.boards.extend(whole(located, file));
        }
        FileKind::Wall => {
            let file: Option<WallFile> = typed(located, text, problems);
            parts.walls.extend(whole(located, file));
        }
    }
}

fn typed<T: DeserializeOwned>(located: &Located, text: &str, problems: &mut Vec<Problem>) -> Option<T> {
    match toml::from_str(text) {
        Ok(file) => Some(file),
        Err(error) => {
            let line =
                error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            problems.push(Problem {
                file: located.file.clone(),
                line,
                what: error.message().to_owned(),
                suggestion: "see the schema of this file".to_owned(),
                in_indonesian: None,
            });
            None
        }
    }
}

fn placed<T>(located: &Located, at: &str, items: Option<Vec<T>>) -> Vec<Placed<T>> {
    let file = &located.file;
    items
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, item)| Placed { item, file: file.clone(), pointer: format!("{at}/{index}") })
        .collect()
}

fn whole<T>(located: &Located, item: Option<T>) -> Option<Placed<T>> {
    item.map(|item| Placed { item, file: located.file.clone(), pointer: String::new() })
}
