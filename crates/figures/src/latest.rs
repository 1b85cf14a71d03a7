//! `latest`: the newest value of each figure at every level, judged against its target, with what a
//! board compares it to. Made by walking back over the few periods that matter, never the history.

use crate::{
    catalog::Catalog,
    db::{DbError, Tx, Value},
    definitions::{IndicatorRow, period, region_code},
    effective::{self, Series, Slot},
    rollup::Cell,
    targets::{Bounds, TargetBook, judge},
};
use pendopo_vocab::TargetStatus;
use std::collections::HashMap;

const COLUMNS: [&str; 18] = [
    "indicator_id",
    "breakdown_id",
    "region_id",
    "period",
    "value",
    "rolled",
    "reported",
    "expected",
    "commit_no",
    "previous",
    "last_year",
    "target",
    "target_high",
    "status",
    "miss",
    "off_since",
    "off_periods",
    "level",
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
    /// What `latest` said before the newest period came.
    before: Option<Before>,
}

/// A row of `latest` that is about to be replaced by a newer period.
struct Before {
    period: i32,
    value: f64,
    off_since: Option<i32>,
    off_periods: i64,
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
            before: None,
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

/// Brings `latest` up to date after `cells` of one series changed.
pub(crate) fn refresh(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    series: Series,
    cells: &[Cell],
) -> Result<(), DbError> {
    let mut regions: Vec<i64> = cells.iter().map(|cell| cell.1).collect();
    regions.sort_unstable();
    regions.dedup();
    let mut drafts: Vec<Draft> = regions.iter().map(|region| Draft::new(*region)).collect();
    let mut walk = Walk {
        indicator: catalog.get(series.indicator_id)?,
        book: TargetBook::load(tx, series.indicator_id, catalog.get(series.indicator_id)?, None)?,
        neighbours: Neighbours::default(),
    };
    let newest = effective::period_before(tx, series, i32::MAX)?;
    if let Some(newest) = newest
        && cells.iter().all(|cell| cell.0 == newest)
    {
        recall(tx, series, newest, &mut drafts)?;
    }
    walk.back(tx, series, newest, &mut drafts)?;
    write(tx, series, &drafts)
}

/// The usual run brings one new period: then what `latest` said of the period before still holds, and
/// only the new period and the one a year before it need be read.
fn recall(tx: &mut Tx<'_>, series: Series, newest: i32, drafts: &mut [Draft]) -> Result<(), DbError> {
    let (Some(first), Some(last)) = (drafts.first(), drafts.last()) else {
        return Ok(());
    };
    let (low, high) = (first.region, last.region);
    let mut at = 0;
    tx.for_each(
        "select region_id, period, value, off_since, off_periods from latest \
         where indicator_id = $1 and breakdown_id = $2 and region_id between $3 and $4 order by region_id",
        &[series.indicator_id.into(), series.breakdown_id.into(), low.into(), high.into()],
        |row| {
            let region: i64 = row.get(0)?;
            while drafts.get(at).is_some_and(|draft| draft.region < region) {
                at += 1;
            }
            let period: i32 = row.get(1)?;
            if let Some(draft) = drafts.get_mut(at).filter(|draft| draft.region == region && period < newest)
            {
                draft.before = Some(Before {
                    period,
                    value: row.get(2)?,
                    off_since: row.get(3)?,
                    off_periods: row.get(4)?,
                });
            }
            Ok(())
        },
    )
}

/// Walks back over the periods of one series.
struct Walk<'a> {
    indicator: &'a IndicatorRow,
    book: TargetBook,
    neighbours: Neighbours,
}

impl Walk<'_> {
    fn back(
        &mut self,
        tx: &mut Tx<'_>,
        series: Series,
        newest: Option<i32>,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let mut open: Vec<usize> = (0..drafts.len()).collect();
        let mut at = newest;
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
                self.visit(&mut drafts[*index], here, slot)?;
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
        Ok(())
    }

    /// Notes what a region has in period `here`.
    fn visit(&mut self, draft: &mut Draft, here: i32, slot: Option<Slot>) -> Result<(), DbError> {
        if draft.newest.is_none() {
            return match slot {
                Some(slot) => self.begin(draft, here, slot),
                None => Ok(()),
            };
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
                let bounds = self.book.bounds(region_code(draft.region)?, here)?;
                if judge(self.indicator, slot.value, bounds).0 == TargetStatus::OffTrack {
                    draft.off_since = Some(here);
                    draft.off_periods += 1;
                    draft.want_off = Some(self.neighbours.of(here)?.0);
                }
            }
        }
        Ok(())
    }

    /// The newest period of a region is found: judges it and notes what else is wanted.
    fn begin(&mut self, draft: &mut Draft, here: i32, slot: Slot) -> Result<(), DbError> {
        let (before, year_before) = self.neighbours.of(here)?;
        draft.newest = Some((here, slot));
        draft.bounds = self.book.bounds(region_code(draft.region)?, here)?;
        (draft.status, draft.miss) = judge(self.indicator, slot.value, draft.bounds);
        draft.want_last_year = Some(year_before);
        let off = draft.status == TargetStatus::OffTrack;
        if off {
            draft.off_since = Some(here);
            draft.off_periods = 1;
        }
        match draft.before.as_ref() {
            Some(known) => {
                if known.period == before {
                    draft.previous = Some(known.value);
                    if off && known.off_periods > 0 {
                        draft.off_since = known.off_since;
                        draft.off_periods = known.off_periods + 1;
                    }
                }
                if known.period < year_before {
                    draft.want_last_year = None;
                } else if known.period == year_before {
                    draft.want_last_year = None;
                    draft.last_year = Some(known.value);
                }
            }
            None => {
                draft.want_previous = Some(before);
                draft.want_off = off.then_some(before);
            }
        }
        Ok(())
    }
}

fn write(tx: &mut Tx<'_>, series: Series, drafts: &[Draft]) -> Result<(), DbError> {
    let rows = drafts.iter().filter_map(|draft| {
        let (at, slot) = draft.newest?;
        let level = pendopo_vocab::RegionCode::from_id(draft.region)?.level();
        Some([
            series.indicator_id.into(),
            series.breakdown_id.into(),
            draft.region.into(),
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
            "delete from latest where indicator_id = $1 and breakdown_id = $2 and region_id = $3",
            &[series.indicator_id.into(), series.breakdown_id.into(), draft.region.into()],
        )?;
    }
    Ok(())
}
