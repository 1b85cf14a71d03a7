//! What applying a pack would change, as a list that a person can read before saying yes. Pure.

use super::check::{Pack, Placed};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// The center itself.
    Identity,
    /// An agency.
    Agency,
    /// A source.
    Source,
    /// An indicator.
    Indicator,
    /// A target.
    Target,
    /// A board.
    Board,
    /// A playlist of screens.
    Wall,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Thing::Identity => "identity",
            Thing::Agency => "agency",
            Thing::Source => "source",
            Thing::Indicator => "indicator",
            Thing::Target => "target",
            Thing::Board => "board",
            Thing::Wall => "wall",
        })
    }
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What is changed.
    pub thing: Thing,
    /// Its code; for a target the indicator, region and period.
    pub code: String,
    /// How.
    pub how: How,
}

/// How a definition changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is new.
    Added,
    /// These keys have other values: key, before, after.
    Changed(Vec<(String, String, String)>),
    /// It is gone from the pack. What it recorded stays on record.
    Removed,
}

/// The definitions of a pack, each by thing and code.
pub type Definitions = BTreeMap<(Thing, String), Value>;

/// The definitions of a pack.
pub fn definitions(pack: &Pack) -> Definitions {
    fn all<T: Serialize>(
        thing: Thing,
        items: &[Placed<T>],
        code: impl Fn(&T) -> String,
    ) -> impl Iterator<Item = ((Thing, String), Value)> {
        items.iter().map(move |placed| ((thing, code(&placed.item)), as_json(&placed.item)))
    }
    let region = pack.identity.region;
    std::iter::once(((Thing::Identity, pack.identity.code.clone()), as_json(&pack.identity)))
        .chain(all(Thing::Agency, &pack.agencies, |agency| agency.code.clone()))
        .chain(all(Thing::Source, &pack.sources, |source| source.code.clone()))
        .chain(all(Thing::Indicator, &pack.indicators, |indicator| indicator.code.clone()))
        .chain(all(Thing::Target, &pack.targets, move |target| {
            format!("{} {} {}", target.indicator, target.region.unwrap_or(region), target.period)
        }))
        .chain(all(Thing::Board, &pack.boards, |board| board.code.clone()))
        .chain(all(Thing::Wall, &pack.walls, |wall| wall.code.clone()))
        .collect()
}

fn as_json<T: Serialize>(item: &T) -> Value {
    // Definitions are made of texts, numbers and lists: they always have a JSON form.
    serde_json::to_value(item).unwrap_or(Value::Null)
}

/// The changes that lead from `before` to `after`.
pub fn changes(before: &Definitions, after: &Definitions) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((thing, code), new) in after {
        let how = match before.get(&(*thing, code.clone())) {
            None => How::Added,
            Some(old) if old == new => continue,
            Some(old) => How::Changed(differing_keys(old, new)),
        };
        changes.push(Change { thing: *thing, code: code.clone(), how });
    }
    for (thing, code) in before.keys().filter(|key| !after.contains_key(*key)) {
        changes.push(Change { thing: *thing, code: code.clone(), how: How::Removed });
    }
    changes.sort_by_key(|change| (change.thing, change.code.clone()));
    changes
}

fn differing_keys(old: &Value, new: &Value) -> Vec<(String, String, String)> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return Vec::new() };
    let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
    keys.retain(|key| old.get(*key) != new.get(*key));
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => shorten(text),
        Some(value) => shorten(&value.to_string()),
    };
    keys.into_iter().map(|key| (key.clone(), shown(old.get(key)), shown(new.get(key)))).collect()
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_names_what_is_added_changed_and_removed() {
        let key = |code: &str| (Thing::Indicator, code.to_owned());
        let before =
            Definitions::from([(key("a"), json!({"unit": "%", "name": "A"})), (key("b"), json!({}))]);
        let after =
            Definitions::from([(key("a"), json!({"unit": "orang", "name": "A"})), (key("c"), json!({}))]);
        let plan = changes(&before, &after);
        let how: Vec<_> = plan.iter().map(|change| (change.code.as_str(), &change.how)).collect();
        let changed = How::Changed(vec![("unit".to_owned(), "%".to_owned(), "orang".to_owned())]);
        assert_eq!(how, [("a", &changed), ("b", &How::Removed), ("c", &How::Added)]);
        assert!(changes(&after, &after).is_empty());
    }
}
