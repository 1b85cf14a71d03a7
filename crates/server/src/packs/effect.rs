//! What applying a pack does to figures that are on record, and what whoever applies it should know before.

use super::{
    plan::{Change, How, Thing},
    rows::Ids,
};
use pendopo_figures::{DbError, FigureChange, IndicatorEffect, Tx, keep_largest};
use std::collections::BTreeMap;

/// Changes of figures that are shown.
const LISTED: usize = 10;

/// What new definitions do to figures on record.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effect {
    /// By code of the indicator: what becomes of its figures, over all periods. Only those that differ.
    pub indicators: Vec<(String, IndicatorEffect)>,
    /// What the figures do not tell by themselves.
    pub warnings: Vec<Warning>,
}

impl Effect {
    /// Figures whose value differs, appears or disappears, over all periods.
    pub fn values_changed(&self) -> i64 {
        self.indicators.iter().map(|(_, one)| one.changed + one.appeared + one.gone).sum()
    }

    /// Newest figures that are judged differently against their targets.
    pub fn verdicts_changed(&self) -> i64 {
        self.indicators.iter().map(|(_, one)| one.verdicts).sum()
    }

    /// The largest changes of all, largest first, with the indicator's code.
    pub fn largest(&self) -> Vec<(&str, FigureChange)> {
        let mut all: Vec<FigureChange> =
            self.indicators.iter().flat_map(|(_, one)| one.largest.iter().copied()).collect();
        keep_largest(&mut all, LISTED);
        let code = |change: &FigureChange| {
            let found = self.indicators.iter().find(|(_, one)| one.indicator_id == change.indicator_id);
            found.map_or("", |(code, _)| code.as_str())
        };
        all.into_iter().map(|change| (code(&change), change)).collect()
    }
}

/// Something to know before a pack is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A key of an indicator that has figures changes in a way that the figures do not follow.
    Redefined {
        /// Code of the indicator.
        indicator: String,
        /// Which key.
        key: String,
        /// What it was.
        before: String,
        /// What it becomes.
        after: String,
        /// Revisions on record.
        figures: i64,
    },
    /// A source is read in another way from its next run on.
    Remapped {
        /// Code of the source.
        source: String,
        /// What changes: `mapping`, `connection`, `columns`.
        keys: Vec<String>,
    },
}

impl Warning {
    /// The warning for people.
    pub fn sentence(&self) -> String {
        match self {
            Warning::Redefined { indicator, key, before, after, figures } => {
                let what = match key.as_str() {
                    "unit" => {
                        "they are shown with the new unit and not converted; if the values change too, read the source again or give the new measure a code of its own"
                    }
                    "cadence" => {
                        "they keep their periods and stand beside the new ones; they are not added up to the new cadence, and old and new periods are not compared"
                    }
                    "level" => {
                        "they stay, but only figures of the new level are rolled up and counted as reported"
                    }
                    "direction" => {
                        "all verdicts against targets turn accordingly, those of earlier periods too"
                    }
                    _ => "look at them after applying",
                };
                let noun = if *figures == 1 { "revision is" } else { "revisions are" };
                format!(
                    "{indicator}: {key} changes from {before} to {after}, and {figures} {noun} on record: {what}"
                )
            }
            Warning::Remapped { source, keys } => format!(
                "{source}: the changed {} takes effect with its next run; figures on record stay as they were read. \
                 `pendopo run {source} --dry-run` shows what that run would change",
                keys.join(" and ")
            ),
        }
    }
}

/// Keys of an indicator whose change does not reach figures on record.
const LASTING: [&str; 4] = ["unit", "cadence", "level", "direction"];
/// Keys of a source that say how it is read.
const READING: [&str; 3] = ["mapping", "connection", "columns"];

/// What of a plan needs a word; `figures` says how many revisions of an indicator are on record.
pub fn warnings(changes: &[Change], figures: &BTreeMap<String, i64>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for Change { thing, code, how } in changes {
        let How::Changed(keys) = how else { continue };
        match thing {
            Thing::Indicator => {
                let Some(count) = figures.get(code).copied().filter(|count| *count > 0) else { continue };
                let lasting = keys.iter().filter(|(key, ..)| LASTING.contains(&key.as_str()));
                warnings.extend(lasting.map(|(key, before, after)| Warning::Redefined {
                    indicator: code.clone(),
                    key: key.clone(),
                    before: before.clone(),
                    after: after.clone(),
                    figures: count,
                }));
            }
            Thing::Source => {
                let reading = keys.iter().map(|(key, ..)| key.clone());
                let reading: Vec<String> = reading.filter(|key| READING.contains(&key.as_str())).collect();
                if !reading.is_empty() {
                    warnings.push(Warning::Remapped { source: code.clone(), keys: reading });
                }
            }
            _ => {}
        }
    }
    warnings
}

/// How many revisions are on record of the indicators that a plan changes.
///
/// # Errors
/// The database's.
pub fn count_figures(
    tx: &mut Tx<'_>,
    changes: &[Change],
    ids: &Ids,
) -> Result<BTreeMap<String, i64>, DbError> {
    let mut counts = BTreeMap::new();
    let changed =
        changes.iter().filter(|one| one.thing == Thing::Indicator && matches!(one.how, How::Changed(_)));
    for change in changed {
        if let Some(id) = ids.get(&change.code) {
            let sql = "select count(*) from observation where indicator_id = $1";
            counts.insert(change.code.clone(), tx.query_one(sql, &[(*id).into()], |row| row.get(0))?);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_figures_do_not_follow_is_warned_of() {
        let change = |thing, code: &str, keys: &[&str]| Change {
            thing,
            code: code.to_owned(),
            how: How::Changed(
                keys.iter().map(|key| ((*key).to_owned(), "a".to_owned(), "b".to_owned())).collect(),
            ),
        };
        let changes = [
            change(Thing::Indicator, "harga", &["unit", "name", "cadence"]),
            change(Thing::Indicator, "kosong", &["unit"]),
            change(Thing::Source, "pasar", &["name", "mapping"]),
            change(Thing::Source, "lain", &["name"]),
        ];
        let figures = BTreeMap::from([("harga".to_owned(), 12), ("kosong".to_owned(), 0)]);
        let said: Vec<String> = warnings(&changes, &figures).iter().map(Warning::sentence).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].starts_with("harga: unit changes from a to b, and 12 revisions are on record: "),
            "{said:?}"
        );
        assert!(said[1].starts_with("harga: cadence changes"), "{said:?}");
        assert!(
            said[2].contains("`pendopo run pasar --dry-run`") && said[2].contains("changed mapping"),
            "{said:?}"
        );
    }
}
