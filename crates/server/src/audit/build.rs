//! From the log to its page.

use super::{
    chain::Head,
    entry::Outcome,
    pages::{AuditPage, Day, EntryItem, FilterForm},
    signed::is_signed,
    store::{self, Check, Filter, StoredEntry},
    words::{action_words, all_actions, detail_words, words},
};
use crate::{
    error::AppResult,
    web::{Asked, Chrome, TimeStyle, Tr, thousands},
    widgets::{Empty, Mark, Shape},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use pendopo_figures::Reader;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// Entries on one page.
const PER_PAGE: usize = 50;

/// Which entries, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ListQuery {
    /// Actor.
    pub pelaku: Option<String>,
    /// Action.
    pub tindakan: Option<String>,
    /// Outcome.
    pub hasil: Option<String>,
    /// First day, `2026-11-24`.
    pub dari: Option<String>,
    /// Last day.
    pub sampai: Option<String>,
    /// Text.
    pub cari: Option<String>,
    /// From before this number on.
    pub sebelum: Option<i64>,
}

/// A filter that cannot be understood; the text says which.
#[derive(Debug)]
pub struct BadFilter(pub String);

impl ListQuery {
    fn address(&self, path: &str, before: Option<i64>) -> String {
        let mut query = Serializer::new(String::new());
        for (key, value) in self.pairs() {
            query.append_pair(key, value);
        }
        if let Some(before) = before {
            query.append_pair("sebelum", &before.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pairs = [
            ("pelaku", &self.pelaku),
            ("tindakan", &self.tindakan),
            ("hasil", &self.hasil),
            ("dari", &self.dari),
            ("sampai", &self.sampai),
            ("cari", &self.cari),
        ];
        // A form sends empty fields, too.
        pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_deref()?.trim())))
            .filter(|(_, v)| !v.is_empty())
    }
}

/// The filter behind an address.
///
/// # Errors
/// When a day is none.
pub fn filter(query: &ListQuery, asked: &Asked) -> Result<Filter, BadFilter> {
    let mut filter = Filter { before: query.sebelum, ..Filter::default() };
    let zone = &asked.identity.time_zone;
    for (key, value) in query.pairs() {
        let text = Some(value.to_owned());
        match key {
            "pelaku" => filter.actor = text,
            "tindakan" => filter.action = text,
            "hasil" => filter.outcome = text,
            "cari" => filter.text = text,
            "dari" => filter.from_ms = Some(start_of_day(value, 0, zone)?),
            _ => filter.until_ms = Some(start_of_day(value, 1, zone)?),
        }
    }
    Ok(filter)
}

/// The beginning of a day in the center's zone, or of one some days later, in Unix milliseconds.
fn start_of_day(text: &str, later: i64, zone: &TimeZone) -> Result<i64, BadFilter> {
    let wrong = || BadFilter(format!("`{text}`: 2026-11-24"));
    let date: Date = text.parse().map_err(|_| wrong())?;
    let date = date.checked_add(later.days()).map_err(|_| wrong())?;
    Ok(date.to_zoned_datetime(zone.clone()).map_err(|_| wrong())?.timestamp().as_millisecond())
}

/// The log.
pub fn list(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    query: &ListQuery,
    public_key: &[u8],
) -> AppResult<AuditPage> {
    let t = asked.t;
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut found = store::read_entries(reader, &filter(query, asked)?, limit)?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let head = store::read_head(reader)?;
    let head = head
        .filter(|signed| is_signed(public_key, &signed.head, &signed.signature))
        .map(|signed| signed.head);
    let form = filter_form(query, t);
    Ok(AuditPage {
        check: check_words(store::read_check(reader)?, asked),
        end: head
            .map(|Head { number, hash, .. }| (thousands(number, t.lang()), in_groups(&hash.to_string()))),
        older: found.last().filter(|_| more).map(|last| query.address("/audit", Some(last.number))),
        newest: query.sebelum.map(|_| query.address("/audit", None)),
        files: (query.address("/audit.csv", None), query.address("/audit.jsonl", None)),
        empty: found.is_empty().then(|| Empty {
            title: t.tr("empty-audit").into_owned(),
            advice: t.tr(if form.is_set { "empty-audit-filter" } else { "empty-audit-now" }).into_owned(),
            action: form.is_set.then(|| ("/audit".to_owned(), t.tr("audit-all").into_owned())),
        }),
        filter: form,
        days: by_days(&found, asked),
        chrome,
    })
}

fn filter_form(query: &ListQuery, t: Tr) -> FilterForm {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let chosen = |wanted: &Option<String>, word: &str| wanted.as_deref() == Some(word);
    FilterForm {
        actor: text(&query.pelaku),
        actions: all_actions(t)
            .into_iter()
            .map(|(word, words)| (word, words, chosen(&query.tindakan, word)))
            .collect(),
        outcomes: Outcome::ALL
            .iter()
            .map(|outcome| outcome.as_str())
            .map(|word| (word, words("audit-outcome", word, t), chosen(&query.hasil, word)))
            .collect(),
        from: text(&query.dari),
        until: text(&query.sampai),
        text: text(&query.cari),
        is_set: query.pairs().next().is_some(),
    }
}

/// The newest verification as a state and a sentence.
fn check_words(check: Option<Check>, asked: &Asked) -> (Mark, String) {
    let t = asked.t;
    let mark = |shape, key: &str| Mark { shape, word: t.tr(key).into_owned(), quiet: false };
    let Some(check) = check else {
        return (mark(Shape::Nothing, "audit-unchecked"), t.tr("audit-unchecked-now").into_owned());
    };
    let at = asked.time_ms(check.checked_at, TimeStyle::DateTime);
    let number = |number: i64| thousands(number, t.lang());
    match (check.findings, check.first) {
        (0, _) => (mark(Shape::On, "audit-whole"), t.tr2("audit-whole-now", number(check.number), at)),
        (findings, first) => {
            let place = first.and_then(|(place, _)| place).map_or_else(|| "–".to_owned(), number);
            (mark(Shape::Off, "audit-damaged"), t.tr3("audit-damaged-now", number(findings), place, at))
        }
    }
}

/// Digits in groups of four, for eyes that compare.
fn in_groups(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 5 / 4);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn by_days(found: &[StoredEntry], asked: &Asked) -> Vec<Day> {
    let zone = &asked.identity.time_zone;
    let date = |entry: &StoredEntry| {
        Timestamp::from_millisecond(entry.at_ms).map(|at| zone.to_datetime(at).date()).unwrap_or_default()
    };
    found
        .chunk_by(|one, other| date(one) == date(other))
        .map(|entries| Day {
            heading: entries.first().map(|entry| day_words(entry.at_ms, asked)).unwrap_or_default(),
            entries: entries.iter().map(|entry| item(entry, asked)).collect(),
        })
        .collect()
}

/// `Sel 24 Nov 2026`: the full form without its time of day.
fn day_words(at_ms: i64, asked: &Asked) -> String {
    let full = asked.time_ms(at_ms, TimeStyle::Full);
    full.rsplitn(3, ' ').last().unwrap_or_default().to_owned()
}

fn item(entry: &StoredEntry, asked: &Asked) -> EntryItem {
    let t = asked.t;
    let role = entry.actor_role.as_deref().map(|role| words("role", role, t));
    let outcome = words("audit-outcome", &entry.outcome, t);
    let shape = match entry.outcome.as_str() {
        "done" => None,
        "refused" => Some(Shape::Risk),
        _ => Some(Shape::Off),
    };
    let object = entry.object_kind.as_deref().map(|kind| {
        let code = entry.object_code.as_deref().unwrap_or_default();
        format!("{} {code}", words("audit-object", kind, t))
    });
    EntryItem {
        number: thousands(entry.number, t.lang()),
        at: asked.time_ms(entry.at_ms, TimeStyle::Clock),
        actor: entry.actor.clone(),
        role: role.unwrap_or_else(|| words("audit-actor", &entry.actor_kind, t)),
        action: action_words(&entry.action, t),
        object: object.unwrap_or_default(),
        object_href: object_href(entry),
        detail: detail_words(&entry.detail, t),
        address: entry.address.clone().unwrap_or_default(),
        trouble: shape.map(|shape| Mark { shape, word: outcome.clone(), quiet: false }),
        outcome,
    }
}

/// The page of the object, for the kinds that have one.
fn object_href(entry: &StoredEntry) -> Option<String> {
    let code = entry.object_code.as_deref()?;
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let folder = match entry.object_kind.as_deref()? {
        "source" => "sumber",
        "run" => "penarikan",
        "indicator" => "indikator",
        _ => return None,
    };
    plain.then(|| format!("/{folder}/{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_center() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let at = |text: &str, later| {
            let ms = start_of_day(text, later, &zone).unwrap();
            Timestamp::from_millisecond(ms).unwrap().to_string()
        };
        assert_eq!(at("2026-11-24", 0), "2026-11-23T17:00:00Z");
        assert_eq!(at("2026-11-24", 1), "2026-11-24T17:00:00Z");
        assert!(start_of_day("kemarin", 0, &zone).is_err());
    }

    #[test]
    fn addresses_keep_the_filter_and_leave_empty_fields_out() {
        let query = ListQuery {
            pelaku: Some("Siti & Co".to_owned()),
            cari: Some(String::new()),
            sebelum: Some(9),
            ..ListQuery::default()
        };
        assert_eq!(query.address("/audit", Some(3)), "/audit?pelaku=Siti+%26+Co&sebelum=3");
        assert_eq!(ListQuery::default().address("/audit.csv", None), "/audit.csv");
    }

    #[test]
    fn hashes_are_shown_in_groups() {
        assert_eq!(in_groups("0123456789"), "0123 4567 89");
    }
}
