//! The log in words: findings as sentences, details as phrases.

use super::{
    chain::{Damage, Finding},
    entry::Action,
};
use crate::web::{TimeStyle, Tr, format_time, thousands};
use jiff::{Timestamp, tz::TimeZone};

/// Details that count something.
const COUNTS: [&str; 8] =
    ["rows", "entries", "lost", "added", "changed", "removed", "values_changed", "cut_bytes"];

/// Details that are words of the program rather than of people.
const WORDS: [&str; 6] = ["method", "why", "what", "by", "kind", "command"];

/// A finding as a sentence: which entry, of when, what is wrong with it.
pub fn finding_sentence(finding: &Finding, t: Tr, zone: &TimeZone) -> String {
    let number =
        |number: Option<i64>| number.map_or_else(|| "?".to_owned(), |number| thousands(number, t.lang()));
    let at = finding.at_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let at = at.map_or_else(|| "?".to_owned(), |at| format_time(at, zone, TimeStyle::DateTime, t.lang()));
    let (first, last, place) = match &finding.damage {
        Damage::Missing { first } => (Some(*first), finding.number.map(|number| number - 1), ""),
        Damage::OtherHead { last } => (None, Some(*last), ""),
        Damage::CutOff { last, place } => (Some(last + 1), Some(*last), place.as_str()),
        Damage::Rewritten { place } | Damage::ForgedAnchor { place } | Damage::UnreadableAnchor { place } => {
            (None, None, place.as_str())
        }
        _ => (None, None, ""),
    };
    let arguments = [
        ("number", number(finding.number).into()),
        ("at", at.into()),
        ("first", number(first).into()),
        ("last", number(last).into()),
        ("place", place.into()),
    ];
    t.with(&format!("audit-damage-{}", finding.damage.code()), arguments)
}

/// The words for a stored action; a word of another version of the program stands for itself.
pub fn action_words(action: &str, t: Tr) -> String {
    words("audit-action", action, t)
}

/// The words behind `prefix-word`, or the word itself where there are none.
pub fn words(prefix: &str, word: &str, t: Tr) -> String {
    let key = format!("{prefix}-{}", word.replace('_', "-"));
    let found = t.tr(&key);
    if found == key { word.replace(['_', '-'], " ") } else { found.into_owned() }
}

/// A stored detail as a phrase: `baru 3 · diubah 1 · keperluan: uji`.
pub fn detail_words(detail: &str, t: Tr) -> String {
    let Ok(serde_json::Value::Object(detail)) = serde_json::from_str(detail) else {
        return detail.to_owned();
    };
    let phrases: Vec<String> = detail
        .iter()
        .map(|(key, value)| {
            let value = match value {
                serde_json::Value::String(text) if WORDS.contains(&key.as_str()) => {
                    words("audit-value", &text.replace('+', "-and-"), t)
                }
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(number) if COUNTS.contains(&key.as_str()) => {
                    number.as_i64().map_or_else(|| number.to_string(), |count| thousands(count, t.lang()))
                }
                other => other.to_string(),
            };
            format!("{}: {value}", words("audit-detail", key, t))
        })
        .collect();
    phrases.join(" · ")
}

/// All actions with their words, for the filter.
pub fn all_actions(t: Tr) -> Vec<(&'static str, String)> {
    Action::ALL.iter().map(|action| (action.as_str(), action_words(action.as_str(), t))).collect()
}
