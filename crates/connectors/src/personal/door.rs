//! The door: every row passes it before it is understood, recorded or refused, so whatever comes after it
//! has never seen a value that must not be kept.

use super::{
    ColumnRule, DROPPED, Expect, Handling, PersonalKind, mask, mask_all, pseudonym, sounds_personal,
};
use crate::{
    AnswerProblem, Cell, Refusal, Row, RowSink,
    cell::recycle,
    kept_rows::RowsRecorder,
    mapping::{Mapping, RowAggregation, column_position},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
    ops::ControlFlow,
};

/// The keyed hash that makes pseudonyms.
pub type Mac<'a> = &'a dyn Fn(&[u8]) -> [u8; 32];

/// What became of personal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Recognised in a column that nobody declared, and masked.
    Masked,
    /// Left out, as declared.
    Dropped,
    /// Replaced by a pseudonym, as declared.
    Pseudonym,
    /// Kept, as declared.
    Kept,
}

impl Outcome {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Masked => "masked",
            Outcome::Dropped => "dropped",
            Outcome::Pseudonym => "pseudonym",
            Outcome::Kept => "kept",
        }
    }
}

/// Personal values met in one column: how many, never which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The column; empty for rows that could not be split into columns.
    pub column: String,
    /// The kind; `None` for values that are personal by declaration.
    pub kind: Option<PersonalKind>,
    /// What became of them.
    pub outcome: Outcome,
    /// Values.
    pub cells: u64,
}

/// What is done with a column.
#[derive(Debug, Clone, Copy)]
enum Action {
    Look(Expect),
    Drop,
    Pseudonym,
    /// Kept as declared; counted when it is personal.
    Keep {
        counted: bool,
    },
}

/// Looks at rows by the declarations of a source.
pub struct Door<'a> {
    rules: &'a BTreeMap<String, ColumnRule>,
    mapping: &'a Mapping,
    mac: Mac<'a>,
    names: Vec<String>,
    actions: Vec<Action>,
    counts: HashMap<(usize, Option<PersonalKind>, Outcome), u64>,
    outside: HashMap<PersonalKind, u64>,
}

impl<'a> Door<'a> {
    /// A door for the rows of one run.
    pub fn new(rules: &'a BTreeMap<String, ColumnRule>, mapping: &'a Mapping, mac: Mac<'a>) -> Door<'a> {
        Door {
            rules,
            mapping,
            mac,
            names: Vec::new(),
            actions: Vec::new(),
            counts: HashMap::new(),
            outside: HashMap::new(),
        }
    }

    /// Whether values are hidden by declaration: texts that are not split into columns cannot be kept.
    pub fn hides(&self) -> bool {
        self.rules.values().any(ColumnRule::hides)
    }

    /// Whether anything had to be changed so far.
    pub fn changed(&self) -> bool {
        !self.outside.is_empty() || self.counts.keys().any(|(_, _, outcome)| *outcome != Outcome::Kept)
    }

    /// What was met.
    pub fn findings(&self) -> Vec<Finding> {
        let inside = self.counts.iter().map(|((column, kind, outcome), cells)| Finding {
            column: self.names.get(*column).cloned().unwrap_or_default(),
            kind: *kind,
            outcome: *outcome,
            cells: *cells,
        });
        let outside = self.outside.iter().map(|(kind, cells)| Finding {
            column: String::new(),
            kind: Some(*kind),
            outcome: Outcome::Masked,
            cells: *cells,
        });
        let mut findings: Vec<Finding> = inside.chain(outside).collect();
        findings.sort_by(|left, right| {
            (&left.column, left.kind, left.outcome).cmp(&(&right.column, right.kind, right.outcome))
        });
        findings
    }

    fn columns(&mut self, columns: &[String]) -> Vec<String> {
        let clean: Vec<String> = columns.iter().map(|name| mask_all(name).into_owned()).collect();
        let mut ruled: HashMap<usize, &ColumnRule> = HashMap::new();
        for (name, rule) in self.rules {
            if let Some(at) = column_position(&clean, name) {
                ruled.insert(at, rule);
            }
        }
        let figures: Vec<Option<usize>> = self
            .mapping
            .value
            .iter()
            .filter(|value| value.aggregate != RowAggregation::Count)
            .map(|value| value.column.as_ref().and_then(|name| column_position(&clean, name)))
            .collect();
        self.actions = clean
            .iter()
            .enumerate()
            .map(|(at, name)| match ruled.get(&at) {
                Some(rule) => match rule.handling() {
                    Handling::Drop => Action::Drop,
                    Handling::Pseudonym => Action::Pseudonym,
                    Handling::Keep => Action::Keep { counted: rule.class != super::ColumnClass::Plain },
                },
                None => {
                    // A column named by a date holds figures where the mapping reads such columns.
                    let dated =
                        self.mapping.period.header && name.bytes().filter(u8::is_ascii_digit).count() >= 4;
                    Action::Look(Expect {
                        figures: dated || figures.contains(&Some(at)),
                        hint: sounds_personal(name).and_then(super::Sound::kind),
                        number: false,
                    })
                }
            })
            .collect();
        self.names.clone_from(&clean);
        clean
    }

    /// The quick look: whether a row must be looked at closely.
    fn suspects(&self, row: &Row<'_>) -> bool {
        row.cells.iter().zip(&self.actions).any(|(cell, action)| match action {
            Action::Look(expect) => suspicious(cell, *expect),
            Action::Drop | Action::Pseudonym | Action::Keep { counted: true } => !cell.is_blank(),
            Action::Keep { counted: false } => false,
        })
    }

    /// Gives the row as it may be kept, and the columns in which something was masked.
    fn clean<'c>(&mut self, row: &Row<'c>, cells: &mut Vec<Cell<'c>>, masked: &mut Vec<usize>) {
        for (at, cell) in row.cells.iter().enumerate() {
            let action = self.actions.get(at).copied().unwrap_or(Action::Look(Expect::default()));
            let clean = match action {
                Action::Look(expect) => self.masked_cell(at, cell, expect, masked),
                _ if cell.is_blank() => None,
                Action::Drop => {
                    self.count(at, None, Outcome::Dropped);
                    Some(DROPPED.to_owned())
                }
                Action::Pseudonym => {
                    self.count(at, None, Outcome::Pseudonym);
                    let text = cell.text();
                    // A row that is read again from what was kept has its pseudonym already.
                    (!super::rules::is_pseudonym(&text)).then(|| pseudonym(&text, self.mac))
                }
                Action::Keep { counted } => {
                    if counted {
                        self.count(at, None, Outcome::Kept);
                    }
                    None
                }
            };
            cells.push(clean.map_or_else(|| cell.clone(), |text| Cell::Text(text.into())));
        }
    }

    fn masked_cell(
        &mut self,
        at: usize,
        cell: &Cell<'_>,
        expect: Expect,
        masked: &mut Vec<usize>,
    ) -> Option<String> {
        if !suspicious(cell, expect) {
            return None;
        }
        let number = matches!(cell, Cell::Int(_) | Cell::Number(_));
        let (text, kinds) = mask(&cell.text(), Expect { number, ..expect })?;
        masked.push(at);
        for kind in kinds {
            self.count(at, Some(kind), Outcome::Masked);
        }
        Some(text)
    }

    fn count(&mut self, column: usize, kind: Option<PersonalKind>, outcome: Outcome) {
        *self.counts.entry((column, kind, outcome)).or_default() += 1;
    }

    /// A text that is not split into columns, as it may be kept.
    fn clean_text(&mut self, text: &mut String) {
        if text.is_empty() {
            return;
        }
        if self.hides() {
            DROPPED.clone_into(text);
            return;
        }
        if let Some((clean, kinds)) = mask(text, Expect::default()) {
            *text = clean;
            for kind in kinds {
                *self.outside.entry(kind).or_default() += 1;
            }
        }
    }

    fn clean_refusal(&mut self, mut refusal: Refusal) -> Refusal {
        self.clean_text(&mut refusal.raw);
        // A number of cells or a parser's word is no row's content; a row's text is.
        if refusal.code == crate::RefusalCode::NotARow {
            self.clean_text(&mut refusal.found);
        }
        refusal
    }
}

/// Whether a cell may hold a value that names a person, by its length alone.
fn suspicious(cell: &Cell<'_>, expect: Expect) -> bool {
    let large = |value: f64| match expect.hint {
        Some(_) => value >= 1e8,
        None => (1e15..1e16).contains(&value),
    };
    match cell {
        Cell::Text(text) => super::recognise::may_hold(text.as_bytes(), expect.hint.is_some()),
        Cell::Int(value) => large(*value as f64),
        Cell::Number(value) => large(*value) && value.fract() == 0.0,
        Cell::Empty | Cell::Bool(_) | Cell::DateTime(_) | Cell::Error(_) => false,
    }
}

/// A sink behind a door: `inner` gets rows as they may be kept. Where `rows` is given, the rows are
/// recorded on the way.
pub struct Guarded<'a, S, W: Write> {
    /// The sink behind the door.
    pub inner: S,
    door: Door<'a>,
    rows: Option<RowsRecorder<W>>,
    failed: Option<io::Error>,
    cells: Vec<Cell<'static>>,
    masked: Vec<usize>,
}

impl<'a, S: RowSink, W: Write> Guarded<'a, S, W> {
    /// Puts a door before `inner`.
    pub fn new(door: Door<'a>, rows: Option<RowsRecorder<W>>, inner: S) -> Guarded<'a, S, W> {
        Guarded { inner, door, rows, failed: None, cells: Vec::new(), masked: Vec::new() }
    }

    /// The sink, the door and the recorded rows.
    ///
    /// # Errors
    /// When the rows could not be recorded.
    pub fn into_parts(self) -> io::Result<(S, Door<'a>, Option<W>)> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let written = self.rows.map(RowsRecorder::finish).transpose()?;
        Ok((self.inner, self.door, written))
    }

    fn record(&mut self, write: impl FnOnce(&mut RowsRecorder<W>) -> io::Result<()>) -> ControlFlow<()> {
        match self.rows.as_mut().map(write) {
            Some(Err(error)) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<S: RowSink, W: Write> RowSink for Guarded<'_, S, W> {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        let clean = self.door.columns(columns);
        if self.record(|rows| rows.columns(&clean)).is_break() {
            let detail = self.failed.as_ref().map_or_else(String::new, ToString::to_string);
            return Err(AnswerProblem::Unreadable { detail });
        }
        self.inner.columns(&clean)
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        if !self.door.suspects(row) {
            self.record(|rows| rows.row(row))?;
            return self.inner.row(row);
        }
        let mut cells = recycle(std::mem::take(&mut self.cells));
        self.masked.clear();
        self.door.clean(row, &mut cells, &mut self.masked);
        let clean = Row { number: row.number, cells: &cells };
        let recorded = self.record(|rows| rows.row(&clean));
        let flow = match recorded {
            ControlFlow::Break(()) => recorded,
            ControlFlow::Continue(()) if self.masked.is_empty() => self.inner.row(&clean),
            ControlFlow::Continue(()) => self.inner.masked_row(&clean, &self.masked),
        };
        self.cells = recycle(cells);
        flow
    }

    fn problem(&mut self, refusal: Refusal) {
        let refusal = self.door.clean_refusal(refusal);
        // The next row meets a failed recorder.
        let _ = self.record(|rows| rows.problem(&refusal));
        self.inner.problem(refusal);
    }
}
