//! Why a text does not name a region, with what a person needs to put it right.

use super::CodeSystem;
use crate::RegionCode;
use serde::Serialize;
use std::fmt;

/// A region as it is called in a message: `Desa Jipang, Kecamatan Cepu (33.16.05.2001)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionLabel {
    /// Its code.
    pub code: RegionCode,
    /// Its name with the word for its kind.
    pub name: Box<str>,
    /// The same of its parent.
    pub parent: Option<Box<str>>,
}

impl fmt::Display for RegionLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.parent {
            Some(parent) => write!(f, "{}, {parent} ({})", self.name, self.code),
            None => write!(f, "{} ({})", self.name, self.code),
        }
    }
}

/// Why a text does not name a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum RegionError {
    /// Not a code of either system.
    #[error("`{text}` is not a {system} region code")]
    NotACode {
        /// As written.
        text: String,
        /// The system it was read in.
        system: CodeSystem,
    },
    /// A well-formed code that no region has.
    #[error("no region has the {system} code `{text}`{}", within(nearest.as_ref()))]
    UnknownCode {
        /// As written.
        text: String,
        /// The system it was read in.
        system: CodeSystem,
        /// The nearest region above that exists.
        nearest: Option<RegionLabel>,
    },
    /// No code of the declared system, but one of the other.
    #[error(
        "`{text}` is not a {system} code but looks like one of {}{}",
        system.other(), meaning(elsewhere.as_ref())
    )]
    OtherSystem {
        /// As written.
        text: String,
        /// The system it was read in.
        system: CodeSystem,
        /// What it names in the other system, where the table knows.
        elsewhere: Option<RegionLabel>,
    },
    /// No region of that name there.
    #[error("no region called `{name}` in {within}{}", hint(suggestions))]
    UnknownName {
        /// As written.
        name: String,
        /// Where it was looked for.
        within: RegionLabel,
        /// What may be meant, best first.
        suggestions: Vec<RegionLabel>,
    },
    /// Several regions of that name there.
    #[error("`{name}` is the name of {} regions in {within}: {}", candidates.len(), list(candidates))]
    AmbiguousName {
        /// As written.
        name: String,
        /// Where it was looked for.
        within: RegionLabel,
        /// The regions of that name, by code.
        candidates: Vec<RegionLabel>,
    },
    /// The region above is not known, so the name below it was not looked for.
    #[error("`{name}` is said to lie in `{parent}`, which is not a region in {within}{}", hint(suggestions))]
    UnknownParent {
        /// Name of the region as written.
        name: String,
        /// Name or code of the region above as written.
        parent: String,
        /// Where it was looked for.
        within: RegionLabel,
        /// What may be meant, best first.
        suggestions: Vec<RegionLabel>,
    },
}

fn list(labels: &[RegionLabel]) -> String {
    labels.iter().map(RegionLabel::to_string).collect::<Vec<_>>().join("; ")
}

fn hint(suggestions: &[RegionLabel]) -> String {
    if suggestions.is_empty() { String::new() } else { format!("; did you mean {}?", list(suggestions)) }
}

fn within(nearest: Option<&RegionLabel>) -> String {
    nearest.map(|label| format!("; the nearest above it is {label}")).unwrap_or_default()
}

fn meaning(label: Option<&RegionLabel>) -> String {
    label.map(|label| format!(", where it is {label}")).unwrap_or_default()
}
