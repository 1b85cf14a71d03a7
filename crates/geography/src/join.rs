//! Which region a feature is: by a code among its properties, or by its name and the name of the region above.

use crate::{check::name_of, file::Feature, finding::FeatureName, import::ImportOptions};
use pendopo_vocab::{
    RegionCode, RegionLevel,
    region_tree::{CodeSystem, NameMatch, RegionTree},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// A property with codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeColumn {
    /// Its name.
    pub property: String,
    /// Whose codes it has.
    pub system: CodeSystem,
}

/// How features were matched with regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinedBy {
    /// By a property with codes.
    Code(CodeColumn),
    /// By a property with names, and one with names or codes of the region above.
    Name {
        /// The property with names.
        property: String,
        /// The property that says in what the region lies.
        parent: Option<String>,
    },
}

/// A feature that names no region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// Which.
    pub feature: FeatureName,
    /// Why not, with what may be meant.
    pub why: String,
}

/// What became of the features.
pub(crate) struct Joined {
    pub level: RegionLevel,
    pub by: JoinedBy,
    /// In the order of the features.
    pub regions: Vec<Result<RegionCode, Unmatched>>,
}

/// Features looked at to find out which property to use.
const SAMPLE: usize = 400;
/// Properties looked at.
const MAX_PROPERTIES: usize = 80;

/// The levels that boundaries may have, finest first: where two fit equally well the finer one is meant.
const LEVELS: [RegionLevel; 4] =
    [RegionLevel::Village, RegionLevel::District, RegionLevel::Regency, RegionLevel::Province];

/// The names of all properties.
pub(crate) fn properties(features: &[Feature]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for feature in features.iter().take(SAMPLE) {
        for name in feature.properties.keys() {
            if names.len() < MAX_PROPERTIES && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// Finds the region of each feature; `None` when no property names regions.
pub(crate) fn join(features: &[Feature], options: &ImportOptions<'_>) -> Option<Joined> {
    // Two digits are too easily something else than a province.
    let likely = |level: &RegionLevel| {
        *level >= options.within.level()
            && (*level > RegionLevel::Province || options.within == RegionCode::COUNTRY)
    };
    let levels: Vec<RegionLevel> = match options.level {
        Some(level) => vec![level],
        None => LEVELS.into_iter().filter(likely).collect(),
    };
    let by_code = if options.name.is_none() { best_code(features, options, &levels) } else { None };
    let sampled = features.len().min(SAMPLE);
    // Names are tried where no codes are, or hardly any.
    let by_name = match &by_code {
        Some((found, ..)) if *found * 2 >= sampled => None,
        _ if options.code.is_some() => None,
        _ => best_name(features, options, &levels),
    };
    match (by_code, by_name) {
        (Some((codes, level, column)), by_name)
            if by_name.as_ref().is_none_or(|by_name| by_name.0 <= codes) =>
        {
            let regions = features.iter().map(|feature| by_column(feature, level, &column)).collect();
            Some(Joined { level, by: JoinedBy::Code(column), regions })
        }
        (_, Some((_, level, property, parent))) => {
            let one = |feature| by_words(feature, level, &property, parent.as_deref(), options.within);
            let regions = features.iter().map(one).collect();
            Some(Joined { level, by: JoinedBy::Name { property, parent }, regions })
        }
        _ => None,
    }
}

/// The text of a property, as a code or name would be written.
fn text(feature: &Feature, property: &str) -> Option<String> {
    match feature.properties.get(property)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        // Spreadsheets make numbers of codes: `3316010001.0`.
        Value::Number(number) => Some(
            number
                .as_i64()
                .map_or_else(|| format!("{:.0}", number.as_f64().unwrap_or(0.0)), |n| n.to_string()),
        ),
        _ => None,
    }
}

/// A code without what some put in front: `ID3316`, the P-codes of the United Nations, are BPS codes.
fn bare_code(text: &str) -> &str {
    let rest = text.strip_prefix("ID").or_else(|| text.strip_prefix("id")).unwrap_or(text);
    rest.trim_end_matches(".0")
}

fn read_code(text: &str, level: RegionLevel, system: CodeSystem) -> Result<RegionCode, String> {
    let tree = RegionTree::embedded();
    let code = tree.resolve_code(bare_code(text), system).map_err(|error| error.to_string())?;
    if code.level() == level {
        Ok(code)
    } else {
        Err(format!("`{text}` is {}, of another level", tree.label(code)))
    }
}

/// The property, level and system by which most regions are found, and how many.
fn best_code(
    features: &[Feature],
    options: &ImportOptions<'_>,
    levels: &[RegionLevel],
) -> Option<(usize, RegionLevel, CodeColumn)> {
    let names = options.code.map_or_else(|| properties(features), |code| vec![code.to_owned()]);
    let systems: Vec<CodeSystem> = [CodeSystem::Kemendagri, CodeSystem::Bps]
        .into_iter()
        .filter(|system| options.system.is_none_or(|wanted| wanted == *system))
        .collect();
    // Regions of the center, then regions anywhere.
    let mut best: Option<((usize, usize), RegionLevel, CodeColumn)> = None;
    for level in levels {
        for system in &systems {
            for property in &names {
                let found: BTreeSet<RegionCode> = features
                    .iter()
                    .take(SAMPLE)
                    .filter_map(|feature| read_code(&text(feature, property)?, *level, *system).ok())
                    .collect();
                let here = found.iter().filter(|code| options.within.contains(**code)).count();
                let worth = (here, found.len());
                if worth.1 > 0 && best.as_ref().is_none_or(|best| best.0 < worth) {
                    best = Some((worth, *level, CodeColumn { property: property.clone(), system: *system }));
                }
            }
        }
    }
    best.map(|((_, found), level, column)| (found, level, column))
}

fn by_column(feature: &Feature, level: RegionLevel, column: &CodeColumn) -> Result<RegionCode, Unmatched> {
    let unmatched = |why: String| Unmatched { feature: name_of(feature), why };
    let text = text(feature, &column.property)
        .ok_or_else(|| unmatched(format!("its `{}` is empty", column.property)))?;
    read_code(&text, level, column.system).map_err(unmatched)
}

/// How many regions were found by names, of which level, by which property, within which.
type ByName = (usize, RegionLevel, String, Option<String>);

/// The properties by which most regions are found by name, and how many.
fn best_name(features: &[Feature], options: &ImportOptions<'_>, levels: &[RegionLevel]) -> Option<ByName> {
    let tree = RegionTree::embedded();
    let all = properties(features);
    let names = options.name.map_or_else(|| all.clone(), |name| vec![name.to_owned()]);
    let sample = &features[..features.len().min(SAMPLE)];
    // Regions found, then how much the region above says: a name under its kecamatan is surer than one
    // under its kabupaten, and that surer than one alone.
    let mut best: Option<(usize, ByName)> = None;
    for level in levels {
        // Names that are names of regions of this level, however many share them.
        let fits = |property: &String| {
            let known = |feature: &&Feature| {
                text(feature, property).is_some_and(|text| {
                    text.chars().any(char::is_alphabetic)
                        && !matches!(tree.find(&text, Some(*level), options.within), NameMatch::None { .. })
                })
            };
            let some = sample.iter().take(40).filter(known).count();
            some * 4 >= sample.len().min(40)
        };
        for property in names.iter().filter(|property| fits(property)) {
            let parents: Vec<Option<String>> = match options.parent {
                Some(parent) => vec![Some(parent.to_owned())],
                None => {
                    let others = all.iter().filter(|other| *other != property).cloned().map(Some);
                    std::iter::once(None).chain(others).collect()
                }
            };
            for parent in parents {
                let found: BTreeSet<RegionCode> = sample
                    .iter()
                    .filter_map(|f| by_words(f, *level, property, parent.as_deref(), options.within).ok())
                    .collect();
                let said = parent.as_ref().map_or(0, |parent| {
                    sample.iter().filter_map(|feature| text(feature, parent)).collect::<BTreeSet<_>>().len()
                });
                let better = |best: &(usize, ByName)| (best.1.0, best.0) < (found.len(), said);
                if !found.is_empty() && best.as_ref().is_none_or(better) {
                    best = Some((said, (found.len(), *level, property.clone(), parent)));
                }
            }
        }
    }
    best.map(|(_, by_name)| by_name)
}

fn by_words(
    feature: &Feature,
    level: RegionLevel,
    property: &str,
    parent: Option<&str>,
    within: RegionCode,
) -> Result<RegionCode, Unmatched> {
    let tree = RegionTree::embedded();
    let unmatched = |why: String| Unmatched { feature: name_of(feature), why };
    let name = text(feature, property).ok_or_else(|| unmatched(format!("its `{property}` is empty")))?;
    let found = match parent.map(|parent| text(feature, parent)) {
        Some(Some(parent)) => tree.find_below(&name, &parent, Some(level), within),
        Some(None) => return Err(unmatched("nothing says in what it lies".to_owned())),
        None => tree.resolve_name(&name, Some(level), within),
    };
    found.map_err(|error| unmatched(error.to_string()))
}
