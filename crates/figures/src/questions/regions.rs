//! Questions across regions: tables, rankings, completeness, differences, parts.

use super::{
    Completeness, Difference, Order, RegionFigure, SeriesOf, TableOf,
    as_of::{AsOf, commit_at},
    scoped::{
        Mark, Params, admits_indicator, hidden_from, hidden_periods, hidden_regions, indicator_visible,
        latest_hidden_from, unless, visible_part,
    },
};
use crate::{
    catalog::Catalog,
    db::{DbError, Reader, Row},
    definitions::{period, region_code},
    effective::{self, Series, Slot},
};
use pendopo_vocab::{RegionCode, RegionLevel, Scope};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashSet, btree_map::Entry},
};

fn read_region_figure(row: &Row<'_>) -> Result<RegionFigure, DbError> {
    Ok(RegionFigure {
        region: region_code(row.get(0)?)?,
        name: row.get(1)?,
        period: row.get(2)?,
        value: row.get(3)?,
        rolled: row.get(4)?,
        reported: row.get(5)?,
        expected: row.get(6)?,
    })
}

pub(super) fn region_table(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: TableOf,
    known_at: Option<i64>,
) -> Result<Vec<RegionFigure>, DbError> {
    match (of.period, known_at) {
        (None, None) => newest(reader, scope, of, "l.region_id", None),
        (at, known_at) => {
            let mut figures = past(reader, scope, of, at, known_at)?;
            name(reader, &mut figures)?;
            Ok(figures)
        }
    }
}

pub(super) fn ranking(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: TableOf,
    order: Order,
    limit: i64,
    known_at: Option<i64>,
) -> Result<Vec<RegionFigure>, DbError> {
    if let (None, None) = (of.period, known_at) {
        let order = match order {
            Order::Highest => "l.value desc, l.region_id desc",
            Order::Lowest => "l.value, l.region_id",
        };
        return newest(reader, scope, of, order, Some(limit));
    }
    let first = usize::try_from(limit).unwrap_or(0);
    let mut figures = match (of.period, known_at, of.level) {
        (Some(at), None, RegionLevel::Village) => first_villages(reader, scope, of, at, order, first)?,
        (at, known_at, _) => {
            let mut figures = past(reader, scope, of, at, known_at)?;
            // A place in the order would tell what a hidden figure lies between.
            figures.retain(|figure| figure.value.is_some());
            let key = |figure: &RegionFigure| (figure.value.unwrap_or(f64::NAN), figure.region.id());
            keep_first(&mut figures, first, |a, b| order.compare(key(a), key(b)));
            figures
        }
    };
    name(reader, &mut figures)?;
    Ok(figures)
}

impl Order {
    /// Which of two regions, each with its value, comes first.
    fn compare(self, a: (f64, i64), b: (f64, i64)) -> Ordering {
        let ascending = a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        match self {
            Order::Highest => ascending.reverse(),
            Order::Lowest => ascending,
        }
    }
}

/// Sorts the first `limit` and drops the rest, without sorting all: there are thousands of villages.
fn keep_first<T>(items: &mut Vec<T>, limit: usize, compare: impl Fn(&T, &T) -> Ordering) {
    if 0 < limit && limit < items.len() {
        items.select_nth_unstable_by(limit - 1, &compare);
    }
    items.truncate(limit);
    items.sort_unstable_by(compare);
}

/// The first villages of one period. Only those become figures.
fn first_villages(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: TableOf,
    at: i32,
    order: Order,
    limit: usize,
) -> Result<Vec<RegionFigure>, DbError> {
    let Some(place) = visible_part(scope, of.parent) else {
        return Ok(Vec::new());
    };
    if !admits_indicator(reader, scope, of.indicator_id)? {
        return Ok(Vec::new());
    }
    let hidden = hidden_regions(reader, scope, (of.indicator_id, of.breakdown_id), at)?;
    let series = Series { indicator_id: of.indicator_id, breakdown_id: of.breakdown_id };
    // Thousands pass and a few stay: sorted from time to time rather than kept one by one.
    let mut first: Vec<(RegionCode, Slot)> = Vec::new();
    let keep = |first: &mut Vec<(RegionCode, Slot)>| {
        keep_first(first, limit, |a, b| order.compare((a.1.value, a.0.id()), (b.1.value, b.0.id())));
    };
    let mut last = None;
    each_village(reader, series, at, place, |region, slot| {
        let comes_first = last.is_none_or(|last| order.compare((slot.value, region.id()), last).is_lt());
        // A place in the order would tell what a hidden figure lies between.
        if !comes_first || hidden.contains(&region.id()) {
            return;
        }
        first.push((region, slot));
        if first.len() >= 4 * limit.max(1) {
            keep(&mut first);
            last = first.last().map(|(region, slot)| (slot.value, region.id()));
        }
    })?;
    keep(&mut first);
    Ok(first.into_iter().map(|(region, slot)| figure(region, at, slot)).collect())
}

/// Each region's newest figure, from `latest`.
fn newest(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: TableOf,
    order: &str,
    limit: Option<i64>,
) -> Result<Vec<RegionFigure>, DbError> {
    let mut params = Params::default();
    let (indicator, breakdown) = (params.add(of.indicator_id), params.add(of.breakdown_id));
    let level = params.add(of.level.depth());
    // The top of a wide area is a walk along the index of values that soon ends; a small area is a short
    // range of the key, sorted. The plus says which.
    let wide = limit.is_some() && of.parent.level() <= RegionLevel::Province;
    let inside = params.within(if wide { "+l.region_id" } else { "l.region_id" }, of.parent);
    let level = format!("{}l.level = {level}", if wide { "" } else { "+" });
    let within = params.within("+l.region_id", scope.region);
    let visible = indicator_visible(scope, "i", &mut params);
    let hidden = latest_hidden_from(scope, "i", Mark::Value);
    // A place in the order would tell what a hidden figure lies between.
    let ranked = if limit.is_some() { format!("not {hidden}") } else { "1 = 1".to_owned() };
    let limit = limit.map(|limit| format!(" limit {}", params.add(limit))).unwrap_or_default();
    let [value, reported, expected] =
        ["l.value", "l.reported", "l.expected"].map(|column| unless(&hidden, "null", column));
    let sql = format!(
        "select l.region_id, coalesce(r.name, ''), l.period, {value}, l.rolled, {reported}, {expected} \
         from indicator i cross join latest l left join region r on r.region_id = l.region_id \
         where i.indicator_id = {indicator} and {visible} and l.indicator_id = {indicator} \
         and l.breakdown_id = {breakdown} and {level} and {inside} and {within} and {ranked} order by {order}{limit}"
    );
    reader.query(&sql, &params.0, read_region_figure)
}

/// A given period, or what was known at a time.
fn past(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: TableOf,
    at: Option<i32>,
    known_at: Option<i64>,
) -> Result<Vec<RegionFigure>, DbError> {
    let Some(place) = visible_part(scope, of.parent) else {
        return Ok(Vec::new());
    };
    if !admits_indicator(reader, scope, of.indicator_id)? {
        return Ok(Vec::new());
    }
    let series = Series { indicator_id: of.indicator_id, breakdown_id: of.breakdown_id };
    let mut figures = match (at, known_at) {
        (Some(at), None) if of.level == RegionLevel::Village => {
            let mut figures = Vec::new();
            each_village(reader, series, at, place, |region, slot| figures.push(figure(region, at, slot)))?;
            figures.sort_by_key(|figure| figure.region);
            figures
        }
        (Some(at), None) => coarse_regions_in(reader, series, at, place, of.level)?,
        (at, known_at) => known_then(reader, series, of.level, place, at, known_at)?,
    };
    let mut hidden: BTreeMap<i32, HashSet<i64>> = BTreeMap::new();
    for figure in &mut figures {
        let regions = match hidden.entry(figure.period) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let key = (of.indicator_id, of.breakdown_id);
                new.insert(hidden_regions(reader, scope, key, figure.period)?)
            }
        };
        if regions.contains(&figure.region.id()) {
            (figure.value, figure.reported, figure.expected) = (None, None, None);
        }
    }
    Ok(figures)
}

fn known_then(
    reader: &mut Reader<'_>,
    series: Series,
    level: RegionLevel,
    place: RegionCode,
    at: Option<i32>,
    known_at: Option<i64>,
) -> Result<Vec<RegionFigure>, DbError> {
    let catalog = &Catalog::load(reader)?;
    let commit_no = match known_at {
        Some(known_at) => commit_at(reader, known_at)?,
        None => i64::MAX,
    };
    let as_of = AsOf { catalog, commit_no };
    let periods = match at {
        Some(at) => vec![at],
        None => as_of.periods(reader, series, 0, i32::MAX - 1)?,
    };
    let mut figures: BTreeMap<RegionCode, RegionFigure> = BTreeMap::new();
    for at in periods {
        for (region, slot) in range(reader, Some(&as_of), series, at, place)? {
            let region = region_code(region)?;
            if region.level() == level {
                // Newest periods come first and stand.
                figures.entry(region).or_insert_with(|| figure(region, at, slot));
            }
        }
    }
    Ok(figures.into_values().collect())
}

/// Calls `each` with every village in `place` that has a value.
fn each_village(
    reader: &mut Reader<'_>,
    series: Series,
    at: i32,
    place: RegionCode,
    mut each: impl FnMut(RegionCode, Slot),
) -> Result<(), DbError> {
    let mut broken = None;
    let each = |region, slot| match region_code(region) {
        Ok(region) if region.level() == RegionLevel::Village => each(region, slot),
        Ok(_) => {}
        Err(error) => broken = Some(error),
    };
    effective::each_in_range(reader, series, at, (*place.subtree().start(), *place.subtree().end()), each)?;
    broken.map_or(Ok(()), Err)
}

/// The regions of a level above the villages: few, so that each is looked up by key.
fn coarse_regions_in(
    reader: &mut Reader<'_>,
    series: Series,
    at: i32,
    place: RegionCode,
    level: RegionLevel,
) -> Result<Vec<RegionFigure>, DbError> {
    let mut params = Params::default();
    let (indicator, breakdown) = (params.add(series.indicator_id), params.add(series.breakdown_id));
    let (period, depth) = (params.add(at), params.add(level.depth()));
    let within = params.within("r.region_id", place);
    let key = |table: &str| {
        format!(
            "{table}.indicator_id = {indicator} and {table}.breakdown_id = {breakdown} \
             and {table}.period = {period} and {table}.region_id = r.region_id"
        )
    };
    let sql = format!(
        "select region_id, name, coalesce(own, rolled), case when own is null then 1 else 0 end, reported, expected \
         from (select r.region_id, r.name, u.value as rolled, u.reported, u.expected, \
         (select o.value from observation o where {} order by o.commit_no desc limit 1) as own \
         from region r left join rollup u on {} where r.level = {depth} and {within}) t \
         where coalesce(own, rolled) is not null order by region_id",
        key("o"),
        key("u"),
    );
    reader.query(&sql, &params.0, |row| {
        Ok(RegionFigure {
            region: region_code(row.get(0)?)?,
            name: row.get(1)?,
            period: at,
            value: Some(row.get(2)?),
            rolled: row.get(3)?,
            reported: row.get(4)?,
            expected: row.get(5)?,
        })
    })
}

fn figure(region: RegionCode, period: i32, slot: Slot) -> RegionFigure {
    RegionFigure {
        region,
        name: String::new(),
        period,
        value: Some(slot.value),
        rolled: slot.rolled,
        reported: slot.reported,
        expected: slot.expected,
    }
}

/// Gives the figures their regions' names.
fn name(reader: &mut Reader<'_>, figures: &mut [RegionFigure]) -> Result<(), DbError> {
    for figure in figures.iter_mut().filter(|figure| figure.name.is_empty()) {
        let sql = "select name from region where region_id = $1";
        let found = reader.query_opt(sql, &[figure.region.id().into()], |row| row.get(0))?;
        figure.name = found.unwrap_or_default();
    }
    Ok(())
}

fn range(
    reader: &mut Reader<'_>,
    as_of: Option<&AsOf<'_>>,
    series: Series,
    at: i32,
    place: RegionCode,
) -> Result<Vec<(i64, Slot)>, DbError> {
    let (low, high) = (*place.subtree().start(), *place.subtree().end());
    match as_of {
        None => effective::range(reader, series, at, low, high),
        Some(as_of) => as_of.range(reader, series, at, low, high),
    }
}

pub(super) fn completeness(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    at: i32,
    known_at: Option<i64>,
) -> Result<Completeness, DbError> {
    let Some(place) = visible_part(scope, of.region) else {
        return Ok(Completeness::default());
    };
    if !admits_indicator(reader, scope, of.indicator_id)? {
        return Ok(Completeness::default());
    }
    let catalog = &Catalog::load(reader)?;
    let level = catalog.get(of.indicator_id)?.level;
    let commit_no = match known_at {
        Some(known_at) => commit_at(reader, known_at)?,
        None => i64::MAX,
    };
    let as_of = AsOf { catalog, commit_no };
    let as_of = known_at.map(|_| &as_of);
    let mut reported: Vec<i64> =
        range(reader, as_of, of.series(), at, place)?.into_iter().map(|slot| slot.0).collect();
    reported.sort_unstable();
    let (first, last) = (period(at)?.first_day().to_string(), period(at)?.last_day().to_string());
    let mut params = Params::default();
    let depth = params.add(level.depth());
    let within = params.within("region_id", place);
    let (first, last) = (params.add(first), params.add(last));
    let sql = format!(
        "select region_id, name from region where level = {depth} and {within} \
         and (valid_from is null or valid_from <= {last}) and (valid_to is null or valid_to >= {first}) \
         order by region_id"
    );
    let mut complete = Completeness::default();
    reader.for_each(&sql, &params.0, |row| {
        let region: i64 = row.get(0)?;
        complete.expected += 1;
        if reported.binary_search(&region).is_ok() {
            complete.reported += 1;
        } else {
            complete.missing.push((region_code(region)?, row.get(1)?));
        }
        Ok(())
    })?;
    Ok(complete)
}

pub(super) fn differences(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    at: i32,
) -> Result<Vec<Difference>, DbError> {
    let mut params = Params::default();
    let (indicator, breakdown) = (params.add(of.indicator_id), params.add(of.breakdown_id));
    let at = params.add(at);
    let inside = params.within("u.region_id", of.region);
    let within = params.within("u.region_id", scope.region);
    let visible = indicator_visible(scope, "i", &mut params);
    let hidden = hidden_from(scope, "i", "u");
    let sql = format!(
        "select u.indicator_id, u.region_id, u.period, c.value, u.value, u.reported, u.expected from rollup u \
         join current_value c on c.indicator_id = u.indicator_id and c.breakdown_id = u.breakdown_id \
         and c.period = u.period and c.region_id = u.region_id \
         join indicator i on i.indicator_id = u.indicator_id \
         where u.indicator_id = {indicator} and u.breakdown_id = {breakdown} and u.period = {at} and {inside} \
         and {within} and {visible} and not {hidden} and c.value <> u.value order by u.region_id"
    );
    reader.query(&sql, &params.0, |row| {
        Ok(Difference {
            indicator_id: row.get(0)?,
            region: region_code(row.get(1)?)?,
            period: row.get(2)?,
            own: row.get(3)?,
            rolled: row.get(4)?,
            reported: row.get(5)?,
            expected: row.get(6)?,
        })
    })
}

pub(super) fn breakdown_split(
    reader: &mut Reader<'_>,
    scope: &Scope,
    indicator_id: i64,
    region: RegionCode,
    at: i32,
    known_at: Option<i64>,
) -> Result<Vec<(i64, String, Option<f64>)>, DbError> {
    if !scope.region.contains(region) || !admits_indicator(reader, scope, indicator_id)? {
        return Ok(Vec::new());
    }
    let breakdowns: Vec<(i64, String)> = reader.query(
        "select breakdown_id, key from breakdown where breakdown_id <> 0 order by key",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let catalog = Catalog::load(reader)?;
    let as_of = match known_at {
        Some(known_at) => Some(AsOf { catalog: &catalog, commit_no: commit_at(reader, known_at)? }),
        None => None,
    };
    let mut parts = Vec::new();
    for (breakdown_id, key) in breakdowns {
        let series = Series { indicator_id, breakdown_id };
        let found = match &as_of {
            Some(as_of) => as_of.one(reader, series, at, region.id())?,
            None => effective::one(reader, series, at, region.id())?,
        };
        if let Some(slot) = found {
            let of = SeriesOf { indicator_id, region, breakdown_id };
            let hidden = hidden_periods(reader, scope, of)?.contains(&at);
            parts.push((breakdown_id, key, (!hidden).then_some(slot.value)));
        }
    }
    Ok(parts)
}
