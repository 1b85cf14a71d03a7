//! Which region a row is about.

use super::{CodeSystem, RegionMapping};
use crate::{Cell, Refusal, RefusalCode};
use hashbrown::HashMap;
use pendopo_vocab::{
    RegionCode,
    region_tree::{self, RegionError, RegionLabel, RegionTree},
};
use std::borrow::Cow;

/// Spellings remembered; a country has fewer regions.
const MAX_REMEMBERED: usize = 200_000;
const BETWEEN: char = '\u{1f}';

/// What is wrong with a region's text; becomes a refusal when a row asks.
#[derive(Clone)]
pub(super) struct Fault {
    code: RefusalCode,
    found: String,
    expected: String,
    suggestions: Vec<String>,
}

/// Reads a row's region and remembers every spelling it has seen.
pub(super) struct RegionReader<'t> {
    tree: &'t RegionTree,
    system: CodeSystem,
    level: Option<pendopo_vocab::RegionLevel>,
    within: RegionCode,
    fixed: Option<RegionCode>,
    alias: HashMap<String, RegionCode>,
    column: usize,
    parent: Option<usize>,
    column_name: String,
    remembered: HashMap<String, Result<RegionCode, Fault>>,
    last: Option<(String, RegionCode)>,
    scratch: String,
}

impl<'t> RegionReader<'t> {
    pub(super) fn new(mapping: &RegionMapping, tree: &'t RegionTree, center: RegionCode) -> RegionReader<'t> {
        RegionReader {
            tree,
            system: mapping.code_system,
            level: mapping.level,
            within: mapping.within.unwrap_or(center),
            fixed: mapping.fixed,
            alias: mapping.alias.iter().map(|(name, code)| (fold(name), *code)).collect(),
            column: 0,
            parent: None,
            column_name: String::new(),
            remembered: HashMap::new(),
            last: None,
            scratch: String::new(),
        }
    }

    pub(super) fn set_columns(&mut self, column: usize, name: &str, parent: Option<usize>) {
        self.column = column;
        self.parent = parent;
        name.clone_into(&mut self.column_name);
    }

    /// The region of a row.
    pub(super) fn read(&mut self, row_no: u64, cells: &[Cell<'_>]) -> Result<RegionCode, Box<Refusal>> {
        if let Some(fixed) = self.fixed {
            return Ok(fixed);
        }
        let text = self.text(&cells[self.column]);
        self.scratch.clear();
        self.scratch.push_str(&text);
        if let Some(parent) = self.parent {
            self.scratch.push(BETWEEN);
            self.scratch.push_str(&cells[parent].text());
        }
        if let Some((last, code)) = &self.last
            && *last == self.scratch
        {
            return Ok(*code);
        }
        let found = match self.remembered.get(&self.scratch) {
            Some(found) => found.clone(),
            None => {
                let found = self.resolve(&self.scratch);
                if self.remembered.len() < MAX_REMEMBERED {
                    self.remembered.insert(self.scratch.clone(), found.clone());
                }
                found
            }
        };
        match found {
            Ok(code) => {
                let last = self.last.get_or_insert_with(|| (String::new(), code));
                last.0.clone_from(&self.scratch);
                last.1 = code;
                Ok(code)
            }
            Err(fault) => {
                let mut refusal = Refusal::new(row_no, fault.code, &fault.found);
                refusal.column = Some(self.column_name.clone());
                refusal.expected = fault.expected;
                refusal.suggestions = fault.suggestions;
                Err(Box::new(refusal))
            }
        }
    }

    /// The cell's text. A spreadsheet that takes `33.10` for a number drops its zero, which is put back.
    fn text<'c>(&self, cell: &'c Cell<'_>) -> Cow<'c, str> {
        match cell {
            Cell::Number(value) if self.system == CodeSystem::Kemendagri && (11.0..100.0).contains(value) => {
                Cow::Owned(format!("{value:.2}"))
            }
            other => other.text(),
        }
    }

    fn resolve(&self, spelling: &str) -> Result<RegionCode, Fault> {
        let (text, parent) = match spelling.split_once(BETWEEN) {
            Some((text, parent)) => (clean(text), Some(clean(parent))),
            None => (clean(spelling), None),
        };
        if text.is_empty() {
            return Err(Fault {
                code: RefusalCode::RegionEmpty,
                found: String::new(),
                expected: String::new(),
                suggestions: Vec::new(),
            });
        }
        let found = match self.alias.get(&fold(text)) {
            Some(code) => Ok(*code),
            None => match (self.system, parent) {
                (CodeSystem::Kemendagri, _) => {
                    self.tree.resolve_code(text, region_tree::CodeSystem::Kemendagri)
                }
                (CodeSystem::Bps, _) => self.tree.resolve_code(text, region_tree::CodeSystem::Bps),
                (CodeSystem::Name, None) => self.tree.resolve_name(text, self.level, self.within),
                (CodeSystem::Name, Some("")) => self.tree.resolve_name(text, self.level, self.within),
                (CodeSystem::Name, Some(parent)) => {
                    self.tree.find_below(text, parent, self.level, self.within)
                }
            },
        };
        match found {
            Ok(code) if self.within.contains(code) => Ok(code),
            Ok(_) => Err(Fault {
                code: RefusalCode::RegionOutside,
                found: text.to_owned(),
                expected: self.tree.label(self.within).to_string(),
                suggestions: Vec::new(),
            }),
            Err(error) => Err(self.fault(text, error)),
        }
    }

    fn fault(&self, text: &str, error: RegionError) -> Fault {
        let names = |labels: &[RegionLabel]| labels.iter().take(5).map(label_text).collect();
        let mut fault = Fault {
            code: RefusalCode::RegionUnknown,
            found: text.to_owned(),
            expected: self.tree.label(self.within).to_string(),
            suggestions: Vec::new(),
        };
        match error {
            RegionError::NotACode { .. } => {
                fault.code = RefusalCode::RegionMalformed;
                fault.expected = self.example();
            }
            RegionError::OtherSystem { elsewhere, .. } => {
                fault.code = RefusalCode::RegionMalformed;
                fault.expected = self.example();
                let other = match self.system {
                    CodeSystem::Bps => "Kemendagri",
                    _ => "BPS",
                };
                let meaning = elsewhere.as_ref().map(label_text).unwrap_or_default();
                fault.suggestions = vec![format!("{other}: {meaning}").trim().to_owned()];
            }
            RegionError::UnknownCode { nearest, .. } => {
                fault.suggestions = nearest.as_ref().map(label_text).into_iter().collect();
            }
            RegionError::UnknownName { suggestions, .. } => {
                fault.suggestions = names(&suggestions);
            }
            RegionError::AmbiguousName { candidates, .. } => {
                fault.code = RefusalCode::RegionAmbiguous;
                fault.suggestions = names(&candidates);
            }
            RegionError::UnknownParent { parent, suggestions, .. } => {
                fault.found = format!("{text} / {parent}");
                fault.suggestions = names(&suggestions);
            }
        }
        fault
    }

    /// How a code of this source looks.
    fn example(&self) -> String {
        match self.system {
            CodeSystem::Bps => "3316010 / 3316010001 (BPS)".to_owned(),
            _ => self.within.to_string(),
        }
    }
}

fn label_text(label: &RegionLabel) -> String {
    label.to_string()
}

/// Without the apostrophe and spaces that spreadsheets and people leave around codes.
fn clean(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\'' || c == '\u{a0}' || c == '\u{feff}')
}

fn fold(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
