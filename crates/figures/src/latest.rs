//! `latest`: the newest value of each figure at every level, judged against its target, with what a
//! board compares it to. Made by walking back over the few periods that matter, never the history.

use crate::{
    catalog::Catalog,
    db::{DbError, Tx, Value},
    definitions::{IndicatorRow, period, region_code},
    effective::{self, Series, Slot},
    targets::{Bounds, TargetBook, judge},
};
use pendopo_vocab::TargetStatus;
use std::collections::HashMap;

const COLUMNS: [&str; 18] = [
    "breakdown_id", "region_id", "indicator_id", "period", "value", "rolled", "reported", "expected", "commit_no",
    "previous", "last_year", "target", "target_high", "status", "miss", "off_since", "off_periods", "level",
];

/// One region on the way to its row.
struct Draft {
    region: i64,
    newest: Option<(i32, Slot)>,
    bounds: Option<Bounds>,
    status: TargetStatus,
    miss: f64,
    previous: Option<f64>,
    last_year: Option<f64>,
    off_since: Option<i32>,
    off_periods: i64,
    /// Periods still wanted: the one before the newest, a year before it, the next one off target.
    want_previous: Option<i32>,
    want_last_year: Option<i32>,
    want_off: Option<i32>,
}

impl Draft {
    fn new(region: i64) -> Draft {
        Draft {
            region,
            newest: None,
            bounds: None,
            status: TargetStatus::NoData,
            miss: 0.0,
            previous: None,
            last_year: None,
            off_since: None,
            off_periods: 0,
            want_previous: None,
            want_last_year: None,
            want_off: None,
        }
    }

    fn wanted(&self) -> Option<i32> {
        self.want_previous.max(self.want_last_year).max(self.want_off)
    }
}

/// A period's neighbours, asked once per period.
#[derive(Default)]
struct Neighbours(HashMap<i32, (i32, i32)>);

impl Neighbours {
    /// The period before and the one a year before.
    fn of(&mut self, id: i32) -> Result<(i32, i32), DbError> {
        if let Some(found) = self.0.get(&id) {
            return Ok(*found);
        }
        let at = period(id)?;
        let found = (at.shift(-1).id(), at.last_year().id());
        self.0.insert(id, found);
        Ok(found)
    }
}

/// Brings `latest` up to date for `regions` (ascending, once each) of one series.
pub(crate) fn refresh(tx: &mut Tx<'_>, catalog: &Catalog, series: Series, regions: &[i64]) -> Result<(), DbError> {
    let indicator = catalog.get(series.indicator_id)?;
    let mut book = TargetBook::load(tx, series.indicator_id, indicator)?;
    let mut neighbours = Neighbours::default();
    let mut drafts: Vec<Draft> = regions.iter().map(|region| Draft::new(*region)).collect();
    let mut open: Vec<usize> = (0..drafts.len()).collect();
    let mut at = effective::period_before(tx, series, i32::MAX)?;
    while let Some(here) = at {
        let asked: Vec<usize> = open
            .iter()
            .copied()
            .filter(|index| drafts[*index].newest.is_none() || drafts[*index].wanted() == Some(here))
            .collect();
        let asked_regions: Vec<i64> = asked.iter().map(|index| drafts[*index].region).collect();
        let mut found: Vec<Option<Slot>> = vec![None; asked.len()];
        effective::of_regions(tx, series, here, &asked_regions, |index, slot| found[index] = Some(slot))?;
        for (index, slot) in asked.iter().zip(found) {
            visit(&mut drafts[*index], here, slot, indicator, &mut book, &mut neighbours)?;
        }
        open.retain(|index| drafts[*index].newest.is_none() || drafts[*index].wanted().is_some());
        let wanted = open.iter().filter_map(|index| drafts[*index].wanted()).max();
        let missing = open.iter().any(|index| drafts[*index].newest.is_none());
        let before = if missing { effective::period_before(tx, series, here)? } else { None };
        if missing && before.is_none() {
            open.retain(|index| drafts[*index].newest.is_some());
        }
        at = wanted.max(before);
    }
    write(tx, series, &drafts)
}

/// Notes what a region has in period `here`.
fn visit(
    draft: &mut Draft,
    here: i32,
    slot: Option<Slot>,
    indicator: &IndicatorRow,
    book: &mut TargetBook,
    neighbours: &mut Neighbours,
) -> Result<(), DbError> {
    let region = region_code(draft.region)?;
    if draft.newest.is_none() {
        if let Some(slot) = slot {
            let (before, year_before) = neighbours.of(here)?;
            draft.newest = Some((here, slot));
            draft.bounds = book.bounds(region, here)?;
            (draft.status, draft.miss) = judge(indicator, slot.value, draft.bounds);
            draft.want_previous = Some(before);
            draft.want_last_year = Some(year_before);
            if draft.status == TargetStatus::OffTrack {
                draft.off_since = Some(here);
                draft.off_periods = 1;
                draft.want_off = Some(before);
            }
        }
        return Ok(());
    }
    if draft.want_previous == Some(here) {
        draft.want_previous = None;
        draft.previous = slot.map(|slot| slot.value);
    }
    if draft.want_last_year == Some(here) {
        draft.want_last_year = None;
        draft.last_year = slot.map(|slot| slot.value);
    }
    if draft.want_off == Some(here) {
        draft.want_off = None;
        if let Some(slot) = slot {
            let (status, _) = judge(indicator, slot.value, book.bounds(region, here)?);
            if status == TargetStatus::OffTrack {
                draft.off_since = Some(here);
                draft.off_periods += 1;
                draft.want_off = Some(neighbours.of(here)?.0);
            }
        }
    }
    Ok(())
}

fn write(tx: &mut Tx<'_>, series: Series, drafts: &[Draft]) -> Result<(), DbError> {
    let rows = drafts.iter().filter_map(|draft| {
        let (at, slot) = draft.newest?;
        let level = pendopo_vocab::RegionCode::from_id(draft.region)?.level();
        Some([
            series.breakdown_id.into(),
            draft.region.into(),
            series.indicator_id.into(),
            at.into(),
            slot.value.into(),
            slot.rolled.into(),
            slot.reported.into(),
            slot.expected.into(),
            slot.commit_no.into(),
            draft.previous.into(),
            draft.last_year.into(),
            draft.bounds.map(|bounds| bounds.0).into(),
            draft.bounds.and_then(|bounds| bounds.1).into(),
            draft.status.rank().into(),
            draft.miss.into(),
            draft.off_since.into(),
            draft.off_periods.into(),
            level.depth().into(),
        ] as [Value; 18])
    });
    tx.bulk_upsert("latest", 3, COLUMNS, rows)?;
    for draft in drafts.iter().filter(|draft| draft.newest.is_none()) {
        // The only value it had was a roll-up that is no more.
        tx.execute(
            "delete from latest where breakdown_id = $1 and region_id = $2 and indicator_id = $3",
            &[series.breakdown_id.into(), draft.region.into(), series.indicator_id.into()],
        )?;
    }
    Ok(())
}
