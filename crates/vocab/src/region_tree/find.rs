//! Finding a region by its name.
//!
//! A name says little: one kabupaten has a kecamatan of its own name, and villages of one kabupaten
//! share names with each other. A name is accepted only when one region fits it inside `within`, or
//! when the region above is given as well and fits.

use super::{IN_FORCE, RegionError, RegionKind, RegionTree, Row, names};
use crate::{RegionCode, RegionLevel};
use names::{Keys, Prefix, WrittenName};

/// How many suggestions a message carries at most.
const SUGGESTIONS: usize = 5;
/// Similarity below which a name is no suggestion (Jaro-Winkler, 0 to 1).
const SIMILAR: f64 = 0.86;
/// In a region with more regions than this, suggestions leave out the villages: comparing all of them
/// for every bad row would be slow.
const MANY: usize = 10_000;

/// What a name was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMatch {
    /// One region.
    One(RegionCode),
    /// Several, by code: the name alone does not tell.
    Many(Vec<RegionCode>),
    /// None; regions with a similar name, best first.
    None {
        /// At most five.
        suggestions: Vec<RegionCode>,
    },
}

/// The regions that a parent's name or code stands for.
struct Parents {
    parents: Vec<RegionCode>,
    /// The parent lies around the whole search, so that the region searched in may be meant itself.
    all: bool,
}

impl RegionTree {
    /// The region called `name` among `within` itself and all that lies in it; of one `level` when given.
    ///
    /// Case, spaces and punctuation do not count, nor do the usual variants of spelling unless a region
    /// is spelt exactly so. A word in front (`Kab.`, `Kota`, `Kec.`, `Desa`, `Kel.` ...) must fit the kind
    /// of the region, except that desa and kelurahan stand for each other where only one fits, and that
    /// BPS calls the kecamatan around a capital `Kota`, which is accepted when `level` is the district.
    pub fn find(&self, name: &str, level: Option<RegionLevel>, within: RegionCode) -> NameMatch {
        let written = WrittenName::read(name);
        let mut found = self.matches(&written, level, within);
        match found.len() {
            0 => NameMatch::None { suggestions: self.suggest(&written, level, within) },
            1 => NameMatch::One(found.remove(0)),
            _ => NameMatch::Many(found),
        }
    }

    /// As [`RegionTree::find`], as a result with a message.
    pub fn resolve_name(
        &self,
        name: &str,
        level: Option<RegionLevel>,
        within: RegionCode,
    ) -> Result<RegionCode, RegionError> {
        match self.find(name, level, within) {
            NameMatch::One(code) => Ok(code),
            NameMatch::Many(codes) => Err(self.ambiguous(name, within, &codes)),
            NameMatch::None { suggestions } => Err(RegionError::UnknownName {
                name: name.to_owned(),
                within: self.label(within),
                suggestions: self.labels(&suggestions),
            }),
        }
    }

    /// The region called `name` that lies in the region `parent`, a name or a Kemendagri code, inside
    /// `within`. A region directly below a parent of that name is preferred to one further down.
    pub fn find_below(
        &self,
        name: &str,
        parent: &str,
        level: Option<RegionLevel>,
        within: RegionCode,
    ) -> Result<RegionCode, RegionError> {
        let Parents { parents, all } =
            self.parents(parent, level, within).map_err(|suggestions| RegionError::UnknownParent {
                name: name.to_owned(),
                parent: parent.to_owned(),
                within: self.label(within),
                suggestions: self.labels(&suggestions),
            })?;
        let written = WrittenName::read(name);
        let mut below: Vec<RegionCode> = parents
            .iter()
            .flat_map(|parent| {
                let found = self.matches(&written, level, *parent);
                found.into_iter().filter(|code| all || code != parent).collect::<Vec<_>>()
            })
            .collect();
        below.sort_unstable();
        below.dedup();
        let direct: Vec<RegionCode> = below
            .iter()
            .copied()
            .filter(|code| code.parent().is_some_and(|parent| parents.contains(&parent)))
            .collect();
        match (direct.as_slice(), below.as_slice()) {
            ([one], _) | ([], [one]) => Ok(*one),
            ([], []) => Err(self.unknown_below(name, &written, level, &parents, within)),
            ([], many) | (many, _) => Err(self.ambiguous(name, parents[0], many)),
        }
    }

    /// The regions that `parent` may name: inside `within`, or above it and then `within` itself.
    fn parents(
        &self,
        parent: &str,
        level: Option<RegionLevel>,
        within: RegionCode,
    ) -> Result<Parents, Vec<RegionCode>> {
        let inside = |parents| Parents { parents, all: false };
        let around = || Parents { parents: vec![within], all: true };
        if let Ok(code) = parent.parse::<RegionCode>() {
            let known = code == RegionCode::COUNTRY || self.contains(code);
            return match (known, within.contains(code), code.contains(within)) {
                (true, true, _) => Ok(inside(vec![code])),
                (true, _, true) => Ok(around()),
                _ => Err(Vec::new()),
            };
        }
        let written = WrittenName::read(parent);
        let mut found = self.matches(&written, None, within);
        found.retain(|code| level.is_none_or(|level| code.level() < level));
        if !found.is_empty() {
            return Ok(inside(found));
        }
        let above = std::iter::successors(within.parent(), |code| code.parent())
            .any(|code| self.matches(&written, Some(code.level()), code).contains(&code));
        let parent_level = level.and_then(|level| RegionLevel::from_depth(level.depth() - 1));
        if above { Ok(around()) } else { Err(self.suggest(&written, parent_level, within)) }
    }

    fn unknown_below(
        &self,
        name: &str,
        written: &WrittenName,
        level: Option<RegionLevel>,
        parents: &[RegionCode],
        within: RegionCode,
    ) -> RegionError {
        let mut suggestions: Vec<RegionCode> =
            parents.iter().flat_map(|parent| self.suggest(written, level, *parent)).collect();
        suggestions.retain(|code| !parents.contains(code));
        // The same name under another parent is the likeliest slip when nothing similar lies below.
        suggestions.extend(self.matches(written, level, within));
        let mut seen = Vec::new();
        suggestions.retain(|code| {
            !seen.contains(code) && {
                seen.push(*code);
                true
            }
        });
        suggestions.truncate(SUGGESTIONS);
        RegionError::UnknownName {
            name: name.to_owned(),
            within: self.label(parents.first().copied().unwrap_or(within)),
            suggestions: self.labels(&suggestions),
        }
    }

    fn ambiguous(&self, name: &str, within: RegionCode, codes: &[RegionCode]) -> RegionError {
        RegionError::AmbiguousName {
            name: name.to_owned(),
            within: self.label(within),
            candidates: self.labels(codes),
        }
    }

    fn labels(&self, codes: &[RegionCode]) -> Vec<super::RegionLabel> {
        codes.iter().map(|code| self.label(*code)).collect()
    }

    /// All regions that a name fits, by code; the exact spelling wins over a loose one.
    fn matches(
        &self,
        written: &WrittenName,
        level: Option<RegionLevel>,
        within: RegionCode,
    ) -> Vec<RegionCode> {
        let mut exact = Vec::new();
        let mut loose = Vec::new();
        let mut collect = |keys: &Keys, kind: Option<RegionKind>| {
            for row in self.rows_named(&keys.loose) {
                let fits = within.contains(row.code)
                    && level.is_none_or(|level| row.kind.level() == level)
                    && kind.is_none_or(|kind| row.kind == kind);
                if fits && names::exact_key_of(self.name(row), row.kind) == keys.exact {
                    exact.push(row.code);
                } else if fits {
                    loose.push(row.code);
                }
            }
            exact.is_empty() && loose.is_empty()
        };
        collect(&written.whole, None);
        if let Some((prefix, keys)) = &written.prefixed {
            let nothing = collect(keys, Some(prefix.kind()));
            let stand_in = match prefix {
                Prefix::Desa => Some(RegionKind::Kelurahan),
                Prefix::Kelurahan => Some(RegionKind::Desa),
                Prefix::Kota if level == Some(RegionLevel::District) => Some(RegionKind::Kecamatan),
                _ => None,
            };
            if nothing && stand_in.is_some() {
                collect(keys, stand_in);
            }
        }
        let mut found = if exact.is_empty() { loose } else { exact };
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Rows whose loose key is `key`.
    fn rows_named(&self, key: &str) -> impl Iterator<Item = &Row> {
        let hash = names::hash(key);
        let index = self.name_index();
        let start = index.partition_point(|(other, _)| *other < hash);
        let mut scratch = String::new();
        index[start..]
            .iter()
            .take_while(move |(other, _)| *other == hash)
            .map(|(_, at)| &self.rows[*at as usize])
            .filter(move |row| {
                names::loose_key_of(self.name(row), row.kind, &mut scratch);
                scratch == key
            })
    }

    /// Regions with a similar name, best first. The same name with another word in front comes first.
    fn suggest(
        &self,
        written: &WrittenName,
        level: Option<RegionLevel>,
        within: RegionCode,
    ) -> Vec<RegionCode> {
        let wanted = &written.bare().loose;
        let span = self.span(within);
        let villages = span.len() <= MANY;
        let mut key = String::new();
        let mut scored: Vec<(f64, RegionCode)> = self.rows[span]
            .iter()
            .filter(|row| row.last == IN_FORCE && (villages || row.kind.level() < RegionLevel::Village))
            .filter_map(|row| {
                names::loose_key_of(self.name(row), row.kind, &mut key);
                let same_level = level.is_none_or(|level| row.kind.level() == level);
                let score = strsim::jaro_winkler(wanted, &key);
                // Another level is a suggestion only for the very name.
                let enough = if same_level { score >= SIMILAR } else { key == *wanted };
                enough.then_some((score, row.code))
            })
            .collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        scored.into_iter().take(SUGGESTIONS).map(|(_, code)| code).collect()
    }
}
