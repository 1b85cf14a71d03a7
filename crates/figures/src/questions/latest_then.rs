//! The newest figure as it was known at a time, judged by the target of that time: what `latest` said then, made
//! from the revisions.

use super::{LatestFigure, SeriesOf, Span, history};
use crate::{
    catalog::Catalog,
    db::{DbError, Reader},
    definitions::period,
    targets::{Bounds, TargetBook, judge},
};
use pendopo_vocab::{Scope, TargetStatus};
use std::collections::HashMap;

pub(super) fn latest_then(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    known_at: i64,
) -> Result<Option<LatestFigure>, DbError> {
    let points = history::trend(reader, scope, of, Span::ALWAYS, Some(known_at))?;
    let Some(newest) = points.last() else { return Ok(None) };
    let catalog = Catalog::load(reader)?;
    let indicator = catalog.get(of.indicator_id)?;
    let mut book = TargetBook::load(reader, of.indicator_id, indicator, Some(known_at))?;
    let known: HashMap<i32, f64> =
        points.iter().filter_map(|point| Some((point.period, point.value?))).collect();
    let here = period(newest.period)?;
    let bounds: Option<Bounds> = book.bounds(of.region, newest.period)?;
    // A hidden figure has no verdict.
    let (status, miss) =
        newest.value.map_or((TargetStatus::NoData, 0.0), |value| judge(indicator, value, bounds));
    let (mut off_since, mut off_periods, mut at) = (None, 0, here);
    while let Some(value) = known.get(&at.id()) {
        let in_force = book.bounds(of.region, at.id())?;
        if judge(indicator, *value, in_force).0 != TargetStatus::OffTrack {
            break;
        }
        (off_since, off_periods) = (Some(at.id()), off_periods + 1);
        at = at.shift(-1);
    }
    let visible = |id: i32| newest.value.and_then(|_| known.get(&id).copied());
    Ok(Some(LatestFigure {
        indicator_id: of.indicator_id,
        region: of.region,
        period: newest.period,
        value: newest.value,
        rolled: newest.rolled,
        reported: newest.reported,
        expected: newest.expected,
        commit_no: newest.commit_no,
        previous: visible(here.shift(-1).id()),
        last_year: visible(here.last_year().id()),
        target: bounds.map(|bounds| bounds.0),
        target_high: bounds.and_then(|bounds| bounds.1),
        status,
        miss,
        off_since,
        off_periods,
    }))
}
