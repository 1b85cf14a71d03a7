//! Conditions on cells.

use super::Condition;
use crate::Cell;

/// A condition whose column is found and whose words are folded once.
pub(super) struct CompiledCondition {
    column: usize,
    is: Vec<String>,
    starts_with: Vec<String>,
    empty: bool,
}

impl CompiledCondition {
    pub(super) fn new(condition: &Condition, column: usize) -> CompiledCondition {
        let fold = |words: &[String]| words.iter().map(|word| word.trim().to_lowercase()).collect();
        CompiledCondition {
            column,
            is: fold(&condition.is),
            starts_with: fold(&condition.starts_with),
            empty: condition.empty,
        }
    }

    /// Whether the row meets the condition.
    pub(super) fn holds(&self, cells: &[Cell<'_>]) -> bool {
        let cell = &cells[self.column];
        if cell.is_blank() {
            return self.empty;
        }
        let text = cell.text();
        let text = text.trim();
        if text.is_ascii() {
            let same = |word: &String| text.eq_ignore_ascii_case(word);
            let begins =
                |word: &String| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            self.is.iter().any(same) || self.starts_with.iter().any(begins)
        } else {
            let text = text.to_lowercase();
            self.is.contains(&text) || self.starts_with.iter().any(|word| text.starts_with(word))
        }
    }
}
