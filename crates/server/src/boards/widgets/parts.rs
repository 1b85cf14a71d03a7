//! Widgets that put figures side by side: agencies by sectors, steps, people by sex and age.

use super::{Shown, Site, measure_of};
use crate::{
    error::AppResult,
    indicators::{
        rules,
        store::{indicator_name, sector_name},
    },
    packs::widget,
    web::figure,
    widgets::{
        AgeGroup, Cell, Framed, Funnel, Instead, Mark, Piece, Pyramid, Reason, StateCount, StatusRow,
        Statuses, Step,
    },
};
use pendopo_figures::{
    Reader, list_breakdowns,
    questions::{LatestFigure, Questions, SeriesOf},
};
use pendopo_vocab::TargetStatus;
use std::collections::BTreeMap;

/// The states in the order in which they are told, with the key of their word.
const STATES: [TargetStatus; 5] = [
    TargetStatus::OffTrack,
    TargetStatus::AtRisk,
    TargetStatus::OnTrack,
    TargetStatus::NoTarget,
    TargetStatus::NoData,
];

/// Agencies by sectors.
pub fn statuses(site: &Site<'_>) -> Framed {
    let (asked, t, material) = (site.asked, site.asked.t, site.material);
    let catalog = &material.catalog;
    let used = |code: &str| catalog.indicators.iter().any(|indicator| indicator.row.sector == code);
    let sectors: Vec<&str> =
        asked.identity.sectors.iter().map(|(code, ..)| code.as_str()).filter(|code| used(code)).collect();
    let mut agencies: Vec<_> = catalog.agencies.iter().collect();
    agencies.sort_by_key(|(_, agency)| agency.position);
    let mut off = BTreeMap::new();
    let mut rows = Vec::new();
    for (id, agency) in agencies {
        let cell = |sector: &&str| -> Vec<StateCount> {
            let of = || {
                catalog.indicators.iter().filter(|one| one.row.agency_id == *id && one.row.sector == **sector)
            };
            let status =
                |id: i64| material.latest.get(&id).map_or(TargetStatus::NoData, |figure| figure.status);
            let counted =
                STATES.into_iter().map(|state| (state, of().filter(|one| status(one.id) == state).count()));
            counted
                .filter(|(_, count)| *count > 0)
                .map(|(state, count)| StateCount { mark: Mark::status(state, t).quiet(), count })
                .collect()
        };
        let cells: Vec<Vec<StateCount>> = sectors.iter().map(cell).collect();
        if cells.iter().all(Vec::is_empty) {
            continue;
        }
        let missed = material.latest.values().filter(|figure| {
            figure.status == TargetStatus::OffTrack
                && catalog.by_id(figure.indicator_id).is_some_and(|one| one.row.agency_id == *id)
        });
        let missed = missed.count();
        if missed > 0 {
            off.insert(agency.short_name.clone(), missed);
        }
        rows.push(StatusRow {
            short: agency.short_name.clone(),
            name: agency.name.clone(),
            href: format!("/indikator?opd={}", agency.code),
            cells,
        });
    }
    let title = t.tr("widget-statuses").into_owned();
    if rows.is_empty() {
        let advice = t.tr("empty-pack-now").into_owned();
        return site.instead(title, Instead::new(Reason::Empty, &t.tr("widget-empty"), advice, None));
    }
    let summary = match off.iter().max_by_key(|(_, count)| **count) {
        Some((name, count)) => t.tr3("statuses-summary", off.values().sum::<usize>(), name.as_str(), *count),
        None => t.tr("statuses-none-off").into_owned(),
    };
    let columns = sectors.iter().map(|code| sector_name(asked, code)).collect();
    let piece = Piece::Statuses(Statuses::new(t, title.clone(), columns, rows));
    site.framed(Shown::bare(title, summary, piece))
}

/// Steps of which fewer and fewer are left. What the reader may not see is left out.
pub fn funnel(reader: &mut Reader<'_>, site: &Site<'_>, codes: &[String]) -> AppResult<Framed> {
    let (asked, t) = (site.asked, site.asked.t);
    let seen: Vec<_> = codes.iter().filter_map(|code| site.indicator(code)).collect();
    if seen.len() < 2 {
        return Ok(site.unavailable(Some(&codes.join(", "))));
    }
    let mut steps = Vec::with_capacity(seen.len());
    let mut newest = 0;
    for indicator in &seen {
        let row = &indicator.row;
        let latest = site.material.latest_in(reader, asked, indicator.id, site.region)?;
        newest = newest.max(latest.as_ref().map_or(0, |latest| latest.period));
        steps.push(Step {
            name: indicator_name(row, t).to_owned(),
            href: rules::indicator_href(&row.code, site.region),
            value: latest.as_ref().and_then(|latest| latest.value),
            text: latest.as_ref().map_or_else(
                || t.tr("no-value").into_owned(),
                |latest| rules::exact_or_hidden(row, latest.value, t),
            ),
            value_href: latest
                .as_ref()
                .map(|latest| rules::lineage_href(&row.code, site.region, latest.period, "")),
        });
    }
    if newest == 0 {
        return Ok(site.without(seen[0]));
    }
    let title = seen.iter().map(|one| indicator_name(&one.row, t)).collect::<Vec<_>>().join(" → ");
    let last = seen.last().map_or("", |one| indicator_name(&one.row, t));
    let first = indicator_name(&seen[0].row, t);
    let funnel = Funnel::new(t, rules::period_label(newest, t), steps);
    let summary = match funnel.left() {
        Some(left) => t.tr3("funnel-summary", last, left, first),
        None => t.tr("funnel-none").into_owned(),
    };
    let (origin, freshness) = site.origin_of_all(&seen, &rules::period_label(newest, t));
    Ok(site.framed(Shown { origin, freshness, ..Shown::bare(title, summary, Piece::Funnel(funnel)) }))
}

/// Words by which packs and services name the sexes, in lower case.
const MALE: [&str; 8] = ["l", "lk", "laki", "laki-laki", "laki laki", "pria", "m", "male"];
const FEMALE: [&str; 6] = ["p", "pr", "perempuan", "wanita", "f", "female"];

/// The pairs of a breakdown's key, `age=0-4;sex=f`.
fn pairs(key: &str) -> Vec<(&str, &str)> {
    key.split(';').filter_map(|pair| pair.split_once('=')).collect()
}

fn is_sex(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    MALE.contains(&value.as_str()) || FEMALE.contains(&value.as_str())
}

/// Which dimension holds the sexes and which the ages.
fn dimensions<'k>(
    keys: impl Iterator<Item = &'k str> + Clone,
    it: &widget::Pyramid,
) -> Option<(String, String)> {
    let parsed = keys.map(pairs).filter(|pairs| pairs.len() == 2);
    let mut names: Vec<&str> = parsed.clone().flatten().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let holds_sexes = |name: &&&str| {
        parsed.clone().flatten().filter(|(other, _)| *other == **name).all(|(_, value)| is_sex(value))
    };
    let sex = it.sex.clone().or_else(|| names.iter().find(holds_sexes).map(|name| (*name).to_owned()))?;
    let age =
        it.age.clone().or_else(|| names.iter().find(|name| **name != sex).map(|name| (*name).to_owned()))?;
    Some((sex, age))
}

/// The first number in an age group's name, by which groups are ordered.
fn begins_at(age: &str) -> u32 {
    let digits = age.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: u32 = digits[..end].parse().unwrap_or(0);
    // "< 1" comes before "1–4", "> 75" after "70–75".
    match age.trim_start().chars().next() {
        Some('<') => number.saturating_sub(1),
        Some('>') => number + 1,
        _ => number,
    }
}

/// People by sex and age group.
pub fn pyramid(reader: &mut Reader<'_>, site: &Site<'_>, it: &widget::Pyramid) -> AppResult<Framed> {
    let (asked, t) = (site.asked, site.asked.t);
    let Some(indicator) = site.indicator(&it.indicator) else {
        return Ok(site.unavailable(Some(&it.indicator)));
    };
    let row = &indicator.row;
    let Some(newest) = newest_of_parts(reader, site, indicator.id, |key| pairs(key).len() == 2)? else {
        let advice = t.tr1("pyramid-none-now", indicator_name(row, t));
        let instead = Instead::new(Reason::Empty, &t.tr("pyramid-none"), advice, None);
        return Ok(site.instead(site.title_of(indicator), instead));
    };
    let period = newest.period;
    let parts = reader.breakdown_split(&asked.scope, indicator.id, site.region, period, None)?;
    let keys = parts.iter().map(|(_, key, _)| key.as_str());
    let Some((sex, age)) = dimensions(keys, it) else {
        let advice = t.tr1("pyramid-none-now", indicator_name(row, t));
        let instead = Instead::new(Reason::Empty, &t.tr("pyramid-none"), advice, None);
        return Ok(site.instead(site.title_of(indicator), instead));
    };
    let missing = || Cell { value: None, text: t.tr("no-value").into_owned() };
    let mut groups: BTreeMap<(u32, String), AgeGroup> = BTreeMap::new();
    for (_, key, value) in &parts {
        let pairs = pairs(key);
        let of = |name: &str| pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let (Some(side), Some(name)) = (of(&sex), of(&age)) else { continue };
        if pairs.len() != 2 {
            continue;
        }
        let group = groups.entry((begins_at(name), name.to_owned())).or_insert_with(|| AgeGroup {
            name: name.replace('-', "–"),
            male: missing(),
            female: missing(),
        });
        let text = match value {
            Some(value) => figure(*value, "", row.decimals, false, t.lang()).text(),
            None => rules::hidden_words(row, t),
        };
        let cell = Cell { value: *value, text };
        if MALE.contains(&side.trim().to_lowercase().as_str()) {
            group.male = cell;
        } else {
            group.female = cell;
        }
    }
    let groups: Vec<AgeGroup> = groups.into_values().rev().collect();
    let both =
        |group: &AgeGroup| group.male.value.zip(group.female.value).map(|(male, female)| male + female);
    let largest =
        groups.iter().filter_map(|group| Some((both(group)?, group))).max_by(|a, b| a.0.total_cmp(&b.0));
    let summary = largest.map_or_else(String::new, |(count, group)| {
        t.tr2("pyramid-summary", group.name.as_str(), rules::exact(row, count, t))
    });
    let origin = site.origin(indicator, period);
    let caption = format!("{}, {}", site.title_of(indicator), rules::period_label(period, t));
    Ok(site.framed(Shown {
        href: Some(rules::indicator_href(&row.code, site.region)),
        freshness: site.material.freshness(asked, row),
        origin: crate::widgets::Origin { unit: row.unit.clone(), ..origin },
        measure: measure_of(row),
        ..Shown::bare(site.title_of(indicator), summary, Piece::Pyramid(Pyramid::new(t, caption, groups)))
    }))
}

/// The newest figure of any part whose key is `wanted`: of some indicators only the parts are reported.
pub fn newest_of_parts(
    reader: &mut Reader<'_>,
    site: &Site<'_>,
    indicator_id: i64,
    wanted: impl Fn(&str) -> bool,
) -> AppResult<Option<LatestFigure>> {
    let mut newest: Option<LatestFigure> = None;
    for (breakdown_id, key) in list_breakdowns(reader)? {
        if breakdown_id != 0 && wanted(&key) {
            let of = SeriesOf { indicator_id, region: site.region, breakdown_id };
            let latest = reader.latest_of_series(&site.asked.scope, of)?;
            newest = newest.into_iter().chain(latest).max_by_key(|latest| latest.period);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_groups_are_in_order_of_age() {
        let mut ages = ["75+", "5-9", "< 1", "0-4", "10-14", "> 75", "1-4"];
        ages.sort_by_key(|age| begins_at(age));
        assert_eq!(ages, ["< 1", "0-4", "1-4", "5-9", "10-14", "75+", "> 75"]);
    }

    #[test]
    fn the_sexes_are_recognised_by_their_words() {
        let it = widget::Pyramid {
            title: None,
            title_en: None,
            span: None,
            surfaces: Vec::new(),
            indicator: "penduduk".to_owned(),
            sex: None,
            age: None,
            region: None,
        };
        let named = |sex: &str, age: &str| Some((sex.to_owned(), age.to_owned()));
        let keys = ["jk=L;umur=0-4", "jk=P;umur=0-4", "pendidikan=SD"];
        assert_eq!(dimensions(keys.into_iter(), &it), named("jk", "umur"));
        assert_eq!(dimensions(["a=1;b=2"].into_iter(), &it), None);
        let said = widget::Pyramid { sex: Some("b".to_owned()), ..it };
        assert_eq!(dimensions(["a=1;b=2"].into_iter(), &said), named("b", "a"));
    }
}
