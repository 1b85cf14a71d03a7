//! What a pack declares of the columns that hold personal data, as written there: the doc comments are
//! the reference manual.

use super::{Expect, Sound, mask, sounds_personal};
use crate::mapping::{Mapping, RowAggregation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// What stands in the place of a value that is not kept.
pub const DROPPED: &str = "[DIHAPUS]";

/// What a column holds of persons (UU 27/2022).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnClass {
    /// Nothing, although its name or its values look like it.
    Plain,
    /// General personal data (Pasal 4 ayat 3): name, address, number, telephone.
    Personal,
    /// Specific personal data (Pasal 4 ayat 2): health, biometric, genetic, crime record, children,
    /// personal finance.
    Special,
}

/// What becomes of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// Not kept anywhere; `[DIHAPUS]` stands in their place.
    Drop,
    /// Replaced by a short text made with a key of this center. The same value gives the same text, so
    /// that rows can be told apart and found again; without the key it leads back to nobody.
    Pseudonym,
    /// Kept as it is, with the raw rows and as long as those.
    Keep,
}

/// What a pack declares of a column: `[columns."NIK"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// What it holds of persons.
    pub class: ColumnClass,
    /// What becomes of its values. Default: `keep` for plain columns, else `drop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// Why the column is needed, or why it is plain. Required with `keep` and `plain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Legal basis of keeping it, such as `UU 27/2022 Pasal 20 ayat (2) huruf e`. Required with `keep`
    /// unless the column is plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

impl ColumnRule {
    /// What becomes of the values, with the default filled in.
    pub fn handling(&self) -> Handling {
        self.handling.unwrap_or(match self.class {
            ColumnClass::Plain => Handling::Keep,
            ColumnClass::Personal | ColumnClass::Special => Handling::Drop,
        })
    }

    /// Whether raw texts that cannot be split into columns must not be kept.
    pub(super) fn hides(&self) -> bool {
        self.handling() != Handling::Keep
    }
}

/// A mistake in a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// The column.
    pub column: String,
    /// What is wrong, in English.
    pub what: String,
    /// What to do.
    pub suggestion: String,
}

/// Every mistake in a source's declarations.
pub fn check_rules(rules: &BTreeMap<String, ColumnRule>, mapping: &Mapping) -> Vec<RuleProblem> {
    let mut problems = Vec::new();
    let empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    for (column, rule) in rules {
        let mut report = |what: String, suggestion: &str| {
            problems.push(RuleProblem { column: column.clone(), what, suggestion: suggestion.to_owned() });
        };
        let personal = rule.class != ColumnClass::Plain;
        if rule.handling() == Handling::Keep {
            if empty(&rule.reason) {
                let what = format!("column `{column}` is kept in clear without a reason");
                report(what, "say why with `reason = \"…\"`, or leave `handling` out");
            }
            if personal && empty(&rule.basis) {
                let what = format!("column `{column}` is kept in clear without a legal basis");
                report(what, "name it with `basis = \"…\"` (UU 27/2022 Pasal 20), or use `pseudonym`");
            }
        } else if !personal {
            let what = format!("column `{column}` is plain, so there is nothing to hide");
            report(what, "leave `handling` out, or say `class = \"personal\"`");
        }
        let role = role_of(mapping, column);
        match (rule.handling(), role) {
            (Handling::Drop, Some(role)) => {
                let what = format!("column `{column}` is read as {role} and cannot be dropped");
                report(what, "use `pseudonym`, or take it out of the mapping");
            }
            (Handling::Pseudonym, Some(role)) if role != "key" => {
                let what = format!("column `{column}` is read as {role}, where a pseudonym means nothing");
                report(what, "take it out of the mapping");
            }
            _ => {}
        }
    }
    problems
}

/// How the mapping reads a column's text; `None` where it only looks whether something stands there.
fn role_of(mapping: &Mapping, column: &str) -> Option<&'static str> {
    let same = |name: &String| name.trim().to_lowercase() == column.trim().to_lowercase();
    let is = |name: &Option<String>| name.as_ref().is_some_and(same);
    if is(&mapping.region.column) || is(&mapping.region.parent_column) {
        return Some("region");
    }
    if is(&mapping.period.column) || is(&mapping.period.year_column) || is(&mapping.period.month_column) {
        return Some("period");
    }
    if mapping.breakdown.iter().any(|breakdown| same(&breakdown.column)) {
        return Some("breakdown");
    }
    if mapping.value.iter().any(|value| value.aggregate != RowAggregation::Count && is(&value.column)) {
        return Some("value");
    }
    mapping.key.iter().any(same).then_some("key")
}

/// The form in which equal values are equal: digits of numbers alone, telephone numbers with their zero,
/// other texts in lower case with single spaces.
fn canonical(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let written = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '\u{a0}');
    if digits.len() >= 8 && text.chars().all(written) {
        return match digits.strip_prefix("62") {
            Some(rest) if super::digits::is_mobile_abroad(&numbers(&digits)) => format!("0{rest}"),
            _ => digits,
        };
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn numbers(digits: &str) -> Vec<u8> {
    digits.bytes().map(|byte| byte - b'0').collect()
}

/// The pseudonym of a value: `p-` and 16 signs, 80 bits of its keyed hash. Two persons of a country share
/// one with a probability below 10^-7.
pub fn pseudonym(text: &str, mac: &dyn Fn(&[u8]) -> [u8; 32]) -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let code = mac(canonical(text).as_bytes());
    let bits = code[..10].iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut written = String::with_capacity(18);
    written.push_str("p-");
    for index in (0..16).rev() {
        written.push(char::from(SIGNS[(bits >> (index * 5)) as usize & 31]));
    }
    written
}

/// A cell of a kept row as it may be shown. What was kept before a column was declared, or before values
/// were masked at the door, is hidden here.
pub fn shown<'t>(column: &str, text: &'t str, rules: &BTreeMap<String, ColumnRule>) -> Cow<'t, str> {
    let same = |name: &str| name.trim().to_lowercase() == column.trim().to_lowercase();
    let rule = rules.iter().find(|(name, _)| same(name)).map(|(_, rule)| rule.handling());
    match rule {
        Some(Handling::Keep) => Cow::Borrowed(text),
        Some(Handling::Pseudonym) if is_pseudonym(text) => Cow::Borrowed(text),
        Some(Handling::Drop | Handling::Pseudonym) if text.trim().is_empty() => Cow::Borrowed(text),
        Some(Handling::Drop | Handling::Pseudonym) => Cow::Borrowed(DROPPED),
        None => {
            let hint = sounds_personal(column).and_then(Sound::kind);
            mask(text, Expect { hint, ..Expect::default() })
                .map_or(Cow::Borrowed(text), |(masked, _)| Cow::Owned(masked))
        }
    }
}

/// Whether a text has the form of a pseudonym.
pub fn is_pseudonym(text: &str) -> bool {
    let signs = |text: &str| text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
    text.len() == 18 && text.strip_prefix("p-").is_some_and(signs)
}
