//! The value that stands for a region and period: what was reported, else what rolls up.

use crate::db::{DbError, Reader, Row};

/// Up to this many regions are looked up one by one; more are read as one range.
const FEW: usize = 48;
/// How many earlier periods of an input are looked at, wherever one stands for a later period.
pub(crate) const INPUT_PERIODS: usize = 6;
/// The earliest and latest period integers there can be.
pub(crate) const ANY_PERIOD: (i32, i32) = (0, i32::MAX - 1);

/// A value in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slot {
    pub value: f64,
    /// Rolled up rather than reported.
    pub rolled: bool,
    /// Regions that reported, where there is a roll-up.
    pub reported: Option<i64>,
    /// Regions that should have.
    pub expected: Option<i64>,
    pub commit_no: i64,
}

/// One figure's series key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Series {
    pub indicator_id: i64,
    pub breakdown_id: i64,
}

fn read_slot(row: &Row<'_>, at: usize) -> Result<Slot, DbError> {
    Ok(Slot {
        value: row.get(at)?,
        rolled: row.get(at + 1)?,
        reported: row.get(at + 2)?,
        expected: row.get(at + 3)?,
        commit_no: row.get(at + 4)?,
    })
}

/// Calls `each` with region, value and commit of the newest revision not after `commit_no`, for every
/// region of a range that reported a period; in order of region.
pub(crate) fn reported(
    reader: &mut Reader<'_>,
    series: Series,
    period: i32,
    (low, high): (i64, i64),
    commit_no: i64,
    mut each: impl FnMut(i64, f64, i64),
) -> Result<(), DbError> {
    let mut params =
        vec![series.indicator_id.into(), series.breakdown_id.into(), period.into(), low.into(), high.into()];
    let mut known = "";
    if commit_no < i64::MAX {
        params.push(commit_no.into());
        known = "and commit_no <= $6";
    }
    let sql = format!(
        "select region_id, value, commit_no from observation \
         where indicator_id = $1 and breakdown_id = $2 and period = $3 and region_id between $4 and $5 {known} \
         order by region_id, commit_no"
    );
    // Revisions of a region are neighbours, the newest last: it stands when the next region comes.
    let mut standing: Option<(i64, f64, i64)> = None;
    reader.for_each(&sql, &params, |row| {
        let region = row.get(0)?;
        if let Some((before, value, commit_no)) = standing
            && before != region
        {
            each(before, value, commit_no);
        }
        standing = Some((region, row.get(1)?, row.get(2)?));
        Ok(())
    })?;
    if let Some((region, value, commit_no)) = standing {
        each(region, value, commit_no);
    }
    Ok(())
}

/// Value and commit of the newest revision of one reported figure.
pub(crate) fn reported_one(
    reader: &mut Reader<'_>,
    series: Series,
    period: i32,
    region: i64,
) -> Result<Option<(f64, i64)>, DbError> {
    reader.query_opt(
        "select value, commit_no from observation where indicator_id = $1 and breakdown_id = $2 and period = $3 \
         and region_id = $4 order by commit_no desc limit 1",
        &[series.indicator_id.into(), series.breakdown_id.into(), period.into(), region.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What a region said itself, before what rolls up to it is known.
pub(crate) fn own_slot(value: f64, commit_no: i64) -> Slot {
    Slot { value, rolled: false, reported: None, expected: None, commit_no }
}

/// Calls `each` with every value in force of one period in a range of regions: what was reported in order of
/// region, then what only rolls up.
pub(crate) fn each_in_range(
    reader: &mut Reader<'_>,
    series: Series,
    period: i32,
    (low, high): (i64, i64),
    mut each: impl FnMut(i64, Slot),
) -> Result<(), DbError> {
    let params =
        [series.indicator_id.into(), series.breakdown_id.into(), period.into(), low.into(), high.into()];
    let rolled: Vec<(i64, Slot)> = reader.query(
        "select region_id, value, 1, reported, expected, commit_no from rollup \
         where indicator_id = $1 and breakdown_id = $2 and period = $3 and region_id between $4 and $5 \
         order by region_id",
        &params,
        |row| Ok((row.get(0)?, read_slot(row, 1)?)),
    )?;
    // Both are in order of region: what rolls up to a region is found by going along.
    let (mut next, mut only) = (0, Vec::new());
    reported(reader, series, period, (low, high), i64::MAX, |region, value, commit_no| {
        while next < rolled.len() && rolled[next].0 < region {
            only.push(rolled[next]);
            next += 1;
        }
        let mut slot = own_slot(value, commit_no);
        if let Some((_, up)) = rolled.get(next).filter(|(at, _)| *at == region) {
            (slot.reported, slot.expected) = (up.reported, up.expected);
            next += 1;
        }
        each(region, slot);
    })?;
    for (region, slot) in only.into_iter().chain(rolled[next..].iter().copied()) {
        each(region, slot);
    }
    Ok(())
}

/// All values in force of one period in a range of regions, by region.
pub(crate) fn range(
    reader: &mut Reader<'_>,
    series: Series,
    period: i32,
    low: i64,
    high: i64,
) -> Result<Vec<(i64, Slot)>, DbError> {
    let mut slots: Vec<(i64, Slot)> = Vec::new();
    let mut ascending = true;
    each_in_range(reader, series, period, (low, high), |region, slot| {
        ascending &= slots.last().is_none_or(|(last, _)| *last < region);
        slots.push((region, slot));
    })?;
    if !ascending {
        // Two ascending stretches: the stable sort merges them.
        slots.sort_by_key(|slot| slot.0);
    }
    Ok(slots)
}

/// The value in force of one region.
pub(crate) fn one(
    reader: &mut Reader<'_>,
    series: Series,
    period: i32,
    region: i64,
) -> Result<Option<Slot>, DbError> {
    let own = reported_one(reader, series, period, region)?;
    let rolled = reader.query_opt(
        "select value, 1, reported, expected, commit_no from rollup where indicator_id = $1 and breakdown_id = $2 \
         and period = $3 and region_id = $4",
        &[series.indicator_id.into(), series.breakdown_id.into(), period.into(), region.into()],
        |row| read_slot(row, 0),
    )?;
    Ok(match (own, rolled) {
        (Some((value, commit_no)), rolled) => Some(Slot {
            reported: rolled.and_then(|slot| slot.reported),
            expected: rolled.and_then(|slot| slot.expected),
            ..own_slot(value, commit_no)
        }),
        (None, rolled) => rolled,
    })
}

/// Calls `each` with the index in `regions` (ascending) of every region that has a value.
pub(crate) fn of_regions(
    reader: &mut Reader<'_>,
    series: Series,
    period: i32,
    regions: &[i64],
    mut each: impl FnMut(usize, Slot),
) -> Result<(), DbError> {
    let (Some(first), Some(last)) = (regions.first(), regions.last()) else {
        return Ok(());
    };
    if regions.len() <= FEW {
        for (index, region) in regions.iter().enumerate() {
            if let Some(slot) = one(reader, series, period, *region)? {
                each(index, slot);
            }
        }
        return Ok(());
    }
    let mut index = 0;
    for (region, slot) in range(reader, series, period, *first, *last)? {
        while index < regions.len() && regions[index] < region {
            index += 1;
        }
        if regions.get(index) == Some(&region) {
            each(index, slot);
        }
    }
    Ok(())
}

/// The newest period before `before` in which any region has a value.
pub(crate) fn period_before(
    reader: &mut Reader<'_>,
    series: Series,
    before: i32,
) -> Result<Option<i32>, DbError> {
    let params = [series.indicator_id.into(), series.breakdown_id.into(), before.into()];
    let mut newest: Option<i32> = None;
    for sql in [
        "select max(period) from observation where indicator_id = $1 and breakdown_id = $2 and period < $3",
        "select max(period) from rollup where indicator_id = $1 and breakdown_id = $2 and period < $3",
    ] {
        let found: Option<i32> = reader.query_one(sql, &params, |row| row.get(0))?;
        newest = newest.max(found);
    }
    Ok(newest)
}

/// All periods in which any region has a value, newest first, that are `<= newest` and `>= oldest`.
pub(crate) fn periods(
    reader: &mut Reader<'_>,
    series: Series,
    oldest: i32,
    newest: i32,
) -> Result<Vec<i32>, DbError> {
    let mut periods = Vec::new();
    let mut before = newest.saturating_add(1);
    while let Some(period) = period_before(reader, series, before)? {
        if period < oldest {
            break;
        }
        periods.push(period);
        before = period;
    }
    Ok(periods)
}
